// What decodes is one message: said again it is the same bytes, in either layout of the fast server
// and as an object of the plain one. A client's text comes out as UTF-8, whatever it was.
#include "check.hpp"

#include <trunkline/base/utf8.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/chat_wire/name_command.hpp>
#include <trunkline/chat_wire/testing.hpp>
#include <trunkline/chat_wire/utf8_repair.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace trunkline;
using namespace trunkline::chat_wire;

void check_binary(bytes_view bytes) {
    for (auto const layout : {binary_layout::published, binary_layout::document}) {
        auto const decoded = decode_binary(bytes, layout);
        if (!decoded) {
            continue;
        }
        bytes_view const own = bytes.first(decoded->size);
        TRUNKLINE_FUZZ_CHECK(is_utf8(as_bytes(decoded->message.username)));
        TRUNKLINE_FUZZ_CHECK(!decode_binary(own.first(own.size() - 1), layout));
        auto const again = testing::encoded(decoded->message);
        auto const same =
            layout == binary_layout::published ? again : testing::in_document_layout(again);
        TRUNKLINE_FUZZ_CHECK(std::equal(own.begin(), own.end(), same.begin(), same.end()));
        TRUNKLINE_FUZZ_CHECK(recognise_layout(own).has_value());
    }
}

void check_json(bytes_view bytes) {
    auto const decoded = decode_json(as_text(bytes));
    if (!decoded) {
        return;
    }
    auto const again =
        decode_json(testing::encoded(json_message{.username = decoded->username,
                                                  .content = decoded->content,
                                                  .time_of_day = decoded->time_of_day,
                                                  .type = decoded->type}));
    TRUNKLINE_FUZZ_CHECK(again.has_value());
    TRUNKLINE_FUZZ_CHECK(again->username == decoded->username);
    TRUNKLINE_FUZZ_CHECK(again->content == decoded->content);
    TRUNKLINE_FUZZ_CHECK(again->time_of_day == decoded->time_of_day);
    TRUNKLINE_FUZZ_CHECK(again->type == decoded->type);
}

// Any text can be said by the plain server, and is read as it was.
void check_text(bytes_view bytes) {
    std::string text(repaired_size(bytes), '\0');
    repair_utf8(bytes, std::as_writable_bytes(std::span(text)));
    TRUNKLINE_FUZZ_CHECK(is_utf8(as_bytes(text)));
    TRUNKLINE_FUZZ_CHECK(!is_utf8(bytes) || text == as_text(bytes));
    auto const said = decode_json(testing::encoded(
        json_message{.username = text, .content = text, .time_of_day = {}, .type = {}}));
    TRUNKLINE_FUZZ_CHECK(said.has_value() && said->content == text && said->username == text);
    if (auto const name = asked_name(text)) {
        TRUNKLINE_FUZZ_CHECK(is_utf8(as_bytes(*name)) && trimmed(*name) == *name);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    bytes_view const bytes = std::as_bytes(std::span(data, size));
    check_binary(bytes);
    check_json(bytes);
    check_text(bytes);
    return 0;
}
