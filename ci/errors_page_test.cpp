// docs/errors.md has every error that the installed libraries give, with the text of the code.
#include <trunkline/base/format_page.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/error.hpp>
#include <trunkline/frame/error.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/typed/record.hpp>
#include <trunkline/websocket/error.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline {
namespace {

using names = std::vector<std::string>;

/// What a value of each enumeration makes: the category, told from any of them.
boost::system::error_category const& category_of(std::string const& enumeration) {
    std::map<std::string, error_code> const one{
        {"bitcode_error", bitcode::bitcode_error::end_of_input},
        {"call_error", call_error::refused},
        {"frame_error", frame::frame_error::out_of_memory},
        {"record_error", typed::record_error::too_large},
        {"rpc_error", rpc::rpc_error::out_of_memory},
        {"store_error", store::store_error::locked},
        {"transport_error", transport::transport_error::closed},
        {"upgrade_error", websocket::upgrade_error::not_switching},
        {"websocket_error", websocket::websocket_error::reserved_bits},
    };
    return one.at(enumeration).category();
}

/// The error enumerations of all headers that may be installed, with their values in order.
std::map<std::string, names> enumerations() {
    std::map<std::string, names> found;
    std::regex const head(R"(enum class (\w+_error) \{([^}]*)\})");
    std::regex const comment("//[^\n]*");
    std::regex const value(R"((\w+)(?: = 1)?,)");
    for (auto const* const place : {"core", "transports", "server/trunkline/store_service",
                                    "server/trunkline/store_client"}) {
        auto const folder = std::filesystem::path(TRUNKLINE_SOURCE_DIR) / place;
        for (auto const& file : std::filesystem::recursive_directory_iterator(folder)) {
            if (file.path().extension() != ".hpp") {
                continue;
            }
            std::string const text = read_file(file.path().string());
            std::smatch one;
            if (!std::regex_search(text, one, head)) {
                continue;
            }
            std::string const body = std::regex_replace(one[2].str(), comment, "");
            names& values = found[one[1]];
            for (std::sregex_iterator each(body.begin(), body.end(), value), end; each != end;
                 ++each) {
                values.push_back((*each)[1]);
            }
        }
    }
    return found;
}

/// The headings of the page that name an enumeration.
std::set<std::string> headings(format_page const& page) {
    std::set<std::string> found;
    std::istringstream lines(page.text());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) {
            found.insert(line.substr(3));
        }
    }
    return found;
}

TEST(errors_page, has_a_section_for_each_enumeration) {
    std::set<std::string> ours;
    for (auto const& [name, values] : enumerations()) {
        ours.insert(name);
    }
    EXPECT_GE(ours.size(), 9u);
    EXPECT_EQ(headings(format_page(TRUNKLINE_SOURCE_DIR "/docs/errors.md")), ours);
}

TEST(errors_page, has_each_value_with_its_text) {
    format_page const page(TRUNKLINE_SOURCE_DIR "/docs/errors.md");
    for (auto const& [enumeration, values] : enumerations()) {
        auto const& category = category_of(enumeration);
        std::string const unknown = category.message(0);
        auto const rows = page.table(enumeration).rows;
        ASSERT_EQ(rows.size(), values.size() + 1) << enumeration;
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::string const text = category.message(static_cast<int>(i + 1));
            EXPECT_NE(text, unknown) << enumeration << "::" << values[i];
            EXPECT_EQ(rows[i + 1].at(0), values[i]) << enumeration;
            EXPECT_EQ(rows[i + 1].at(1), text) << enumeration << "::" << values[i];
            EXPECT_FALSE(rows[i + 1].at(2).empty()) << enumeration << "::" << values[i];
        }
        EXPECT_EQ(category.message(static_cast<int>(values.size() + 1)), unknown) << enumeration;
    }
}

}  // namespace
}  // namespace trunkline
