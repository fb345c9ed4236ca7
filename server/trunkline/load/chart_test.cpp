#include <trunkline/load/chart.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;
using time_point = transport::runtime::time_point;

/// What keeps `text` from being well-formed XML of elements, attributes in double quotes, and the
/// entities that XML itself has; empty where nothing does.
std::string fault_of(std::string_view text) {
    std::vector<std::string> open;
    bool had_root = false;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '&') {
            auto const rest = text.substr(at);
            if (!rest.starts_with("&amp;") && !rest.starts_with("&lt;") &&
                !rest.starts_with("&gt;")) {
                return "a stray &";
            }
        }
        if (text[at] != '<') {
            if (open.empty() && std::isspace(static_cast<unsigned char>(text[at])) == 0) {
                return "text outside of the root";
            }
            ++at;
            continue;
        }
        auto const end = text.find('>', at);
        if (end == text.npos) {
            return "a tag without an end";
        }
        std::string_view tag = text.substr(at + 1, end - at - 1);
        at = end + 1;
        if (tag.find('<') != tag.npos) {
            return "a tag within a tag";
        }
        if (tag.starts_with('/')) {
            if (open.empty() || open.back() != tag.substr(1)) {
                return "an end of what was not begun: " + std::string(tag);
            }
            open.pop_back();
            continue;
        }
        bool const alone = tag.ends_with('/');
        if (alone) {
            tag.remove_suffix(1);
        }
        if (open.empty() && std::exchange(had_root, true)) {
            return "a second root";
        }
        std::size_t quotes = 0;
        for (char const c : tag) {
            quotes += c == '"' ? 1 : 0;
        }
        if (quotes % 2 != 0) {
            return "an attribute without an end";
        }
        if (!alone) {
            open.emplace_back(tag.substr(0, tag.find(' ')));
        }
    }
    return open.empty() && had_root ? "" : "something is open at the end";
}

struct charts : ::testing::Test {
    charts() {
        counts.opened = 5;
        for (int i = 1; i <= 2000; ++i) {
            counts.answered(time_point(), time_point(std::chrono::microseconds(i * i)));
        }
        for (std::uint64_t i = 0; i < 30; ++i) {
            counts.sent.add(100 + i, 1);
            counts.received.add(100, 1);
            counts.end_second();
        }
    }

    findings of{.url = "ws://h/?a=1&b=<2>\"", .mode = "echo", .of = {}};
    tally counts;
};

TEST(well_formed_xml, is_told_from_what_is_not) {
    EXPECT_EQ(fault_of("<a b=\"c\"><d/>x &amp; y</a>"), "");
    for (auto const* bad : {"", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", "<a b=\"c></a>",
                            "<a", "<a><b</a>", "<a></a>x"}) {
        EXPECT_NE(fault_of(bad), "") << bad;
    }
}

TEST_F(charts, are_well_formed) {
    EXPECT_EQ(fault_of(to_svg(of, counts)), "");
    EXPECT_EQ(fault_of(to_svg({}, tally())), "");
}

TEST_F(charts, need_nothing_from_outside) {
    auto svg = to_svg(of, counts);
    auto const name = svg.find("http://www.w3.org/2000/svg");
    ASSERT_NE(name, svg.npos);
    svg.erase(name, 26);
    EXPECT_EQ(svg.find("http"), svg.npos);
    EXPECT_EQ(svg.find("url("), svg.npos);
    EXPECT_EQ(svg.find("@import"), svg.npos);
}

TEST_F(charts, have_both_curves_within_the_picture) {
    auto const svg = to_svg(of, counts);
    std::size_t curves = 0;
    for (auto at = svg.find("points=\""); at != svg.npos; at = svg.find("points=\"", at)) {
        ++curves;
        at += 8;
        while (svg[at] != '"') {
            std::size_t size = 0;
            double const x = std::stod(svg.substr(at, 20), &size);
            at += size + 1;
            double const y = std::stod(svg.substr(at, 20), &size);
            at += size + 1;
            EXPECT_GE(x, 80);
            EXPECT_LE(x, 730.1);
            EXPECT_GE(y, 89.9);
            EXPECT_LE(y, 560.1);
        }
    }
    EXPECT_EQ(curves, 3U);
    EXPECT_NE(svg.find(">99.9 %<"), svg.npos);
    EXPECT_NE(svg.find(">sent<"), svg.npos);
    EXPECT_NE(svg.find("prefers-color-scheme: dark"), svg.npos);
}

TEST_F(charts, show_what_the_server_is_called_as_text) {
    EXPECT_NE(to_svg(of, counts).find("ws://h/?a=1&amp;b=&lt;2&gt;\""), std::string::npos);
}

}  // namespace
}  // namespace trunkline::load
