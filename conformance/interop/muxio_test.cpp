#include <interop/muxio_sides.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <unistd.h>

namespace trunkline::interop {
namespace {

std::size_t lines_of(std::string const& who, std::vector<std::string> const& lines) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](auto const& line) { return line.starts_with(who); }));
}

std::vector<std::string> const& urls() {
    static std::vector<std::string> const all{
        "ws://127.0.0.1:0/ws", "tcp://127.0.0.1:0",
        "unix:@trunkline-interop-test-" + std::to_string(::getpid())};
    return all;
}

std::string transport_of(std::string const& url) {
    return url.substr(0, url.find(':'));
}

// What ci/interop does with published programs, with ours on both sides and without cargo.
class muxio_turns : public ::testing::TestWithParam<std::tuple<frame::layout, std::string>> {
protected:
    [[nodiscard]] static frame::layout layout() { return std::get<0>(GetParam()); }
    [[nodiscard]] static std::string const& url() { return std::get<1>(GetParam()); }
};

std::string name_of(::testing::TestParamInfo<muxio_turns::ParamType> const& each) {
    auto const& [layout, url] = each.param;
    return (layout == frame::layout::a ? "a_" : "b_") + transport_of(url);
}

INSTANTIATE_TEST_SUITE_P(layouts, muxio_turns,
                         ::testing::Combine(::testing::Values(frame::layout::a, frame::layout::b),
                                            ::testing::ValuesIn(urls())),
                         name_of);

TEST_P(muxio_turns, both_sides_call_and_stream_alone_and_at_once) {
    muxio_server const server(url());
    auto const lines = take_turns(server.url(), layout(), true);
    EXPECT_GE(lines_of("the client|", lines), 10U);
    EXPECT_EQ(lines_of("the server|", lines), lines_of("the client|", lines));
    EXPECT_EQ(lines_of("both at once|", lines), 1U);
}

TEST_P(muxio_turns, a_stream_fails_when_its_server_goes) {
    auto server = std::make_unique<muxio_server>(url());
    lose_stream(server->url(), layout(), [&server] { server.reset(); });
}

class muxio_layout : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(transports, muxio_layout, ::testing::ValuesIn(urls()),
                         [](auto const& each) { return transport_of(each.param); });

// Both guesses are right here; published servers know one layout each.
TEST_P(muxio_layout, is_found_out_and_a_turn_is_taken) {
    muxio_server const server(GetParam());
    auto const line = find_layout(server.url());
    EXPECT_EQ(lines_of("the client|header found out", {line}), 1U);
}

}  // namespace
}  // namespace trunkline::interop
