// Holds the tables of FORMAT.md to the code.
#include <trunkline/store_service/methods.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/typed/handler.hpp>

#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/error.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

namespace trunkline::store_service {
namespace {

/// The first two columns of the table under a heading.
std::map<std::string, std::string> table_under(std::string const& heading) {
    std::ifstream page(TRUNKLINE_SOURCE_DIR "/server/trunkline/store_service/FORMAT.md");
    std::string line;
    while (std::getline(page, line) && line != "## " + heading) {
    }
    while (std::getline(page, line) && !line.starts_with('|')) {
    }
    std::getline(page, line);  // the rule below the head
    std::map<std::string, std::string> rows;
    while (std::getline(page, line) && line.starts_with('|')) {
        std::size_t const middle = line.find(" | ");
        std::size_t const end = std::min(line.find(" | ", middle + 1), line.rfind(" |"));
        rows[line.substr(2, middle - 2)] = line.substr(middle + 3, end - middle - 3);
    }
    return rows;
}

std::string hex_id(std::uint64_t id) {
    std::ostringstream text;
    text << std::hex << std::setw(16) << std::setfill('0') << id;
    return text.str();
}

TEST(store_service_page, methods) {
    std::map<std::string, std::string> ids;
    auto const add = [&](auto const&... of) { (ids.emplace(of.name, hex_id(of.id)), ...); };
    add(write, batch_write, read, batch_read, remove, exists, len, is_empty, file_size);
    EXPECT_EQ(table_under("Methods"), ids);
}

TEST(store_service_page, refusals) {
    auto const quoted = [](std::string_view text) { return "`" + std::string(text) + "`"; };
    auto const refused = [&](error_code why) { return quoted(why.message()); };
    auto const undecoded = [&](error_code why) { return quoted(typed::refusal_text(why)); };
    std::map<std::string, std::string> const expected = {
        {"payload of no bytes", refused(store::store_error::empty_payload)},
        {"payload of exactly one zero byte", refused(store::store_error::null_payload)},
        {"arguments that cannot be decoded", undecoded(bitcode::bitcode_error::end_of_input)},
        {"list above the limit of elements", undecoded(bitcode::bitcode_error::too_many_elements)},
        {"arguments that unpack to more than the limit",
         undecoded(bitcode::bitcode_error::too_large)},
        {"batch that needs more memory than one connection may hold", quoted(batch_refusal_text)},
        {"answer that needs more memory than one connection may hold", quoted(answer_refusal_text)},
        {"write that would wait for the disk behind more than the server has memory for",
         quoted(waiting_refusal_text)},
    };
    EXPECT_EQ(table_under("Refusals"), expected);
}

TEST(store_service_page, example) {
    write_request const request{as_bytes("k"), as_bytes("v")};
    EXPECT_EQ(bitcode::encode(request).to_vector(),
              (std::vector{std::byte{0x01}, std::byte{0x6b}, std::byte{0x01}, std::byte{0x76}}));
    EXPECT_EQ(bitcode::encode(tail_response{93}).to_vector(),
              (std::vector{std::byte{0x06}, std::byte{0x5d}}));
}

}  // namespace
}  // namespace trunkline::store_service
