#include <trunkline/chat_wire/testing.hpp>

#include <trunkline/chat_wire/name_command.hpp>
#include <trunkline/chat_wire/utf8_repair.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;

/// Any bytes, mostly such as leads and continuations of UTF-8.
rc::Gen<std::string> bytes_like_text() {
    return rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::inRange<char>(0, 127),
        rc::gen::element('\x80', '\xa0', '\xbf', '\xc3', '\xe0', '\xed', '\xf0', '\xf4', '\xff')));
}

std::string repaired(std::string_view text) {
    std::string made(repaired_size(as_bytes(text)), '\0');
    repair_utf8(as_bytes(text), std::as_writable_bytes(std::span(made)));
    return made;
}

RC_GTEST_PROP(utf8_repair, gives_text_and_leaves_text_alone, ()) {
    std::string const once = repaired(*bytes_like_text());
    RC_ASSERT(is_utf8(as_bytes(once)));
    RC_ASSERT(repaired(once) == once);
}

// Nothing of the text is lost, and no bad part is longer than a character.
RC_GTEST_PROP(utf8_repair, keeps_what_stands_around_a_bad_byte, ()) {
    std::string const before = repaired(*bytes_like_text());
    std::string const after = repaired(*bytes_like_text());
    RC_ASSERT(repaired(before + "\xff" + after) == before + "\xef\xbf\xbd" + after);
}

RC_GTEST_PROP(binary_message, comes_back_in_both_layouts, ()) {
    std::string const username = repaired(*bytes_like_text());
    std::string const payload = *bytes_like_text();
    std::string const room = repaired(*bytes_like_text());
    binary_message const message{
        .id = *rc::gen::arbitrary<std::uint64_t>(),
        .type = static_cast<message_type>(*rc::gen::inRange<std::uint8_t>(0, message_types)),
        .user = *rc::gen::arbitrary<std::uint64_t>(),
        .username = username,
        .payload = as_bytes(payload),
        .time_ms = *rc::gen::arbitrary<std::int64_t>(),
        .room = room};
    byte_string const published = encoded(message);
    byte_string const document = in_document_layout(published);
    RC_ASSERT(recognise_layout(published) == binary_layout::published);
    for (auto const layout : {binary_layout::published, binary_layout::document}) {
        byte_string const& bytes = layout == binary_layout::published ? published : document;
        auto const decoded = decode_binary(bytes, layout);
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(decoded->size == bytes.size());
        RC_ASSERT(encoded(decoded->message) == published);
    }
}

RC_GTEST_PROP(json_message, comes_back, ()) {
    std::string const username = repaired(*bytes_like_text());
    std::string const content = repaired(*bytes_like_text());
    std::string const text = encoded(json_message{
        .username = username, .content = content, .time_of_day = "04:26:12", .type = {}});
    auto const decoded = decode_json(text);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->username == username);
    RC_ASSERT(decoded->content == content);
}

RC_GTEST_PROP(name_command, gives_what_was_asked_for, ()) {
    std::string const name = repaired(*bytes_like_text());
    std::string const text = "/name " + name;
    auto const asked = asked_name(text);
    RC_ASSERT(asked.has_value());
    RC_ASSERT(!asked->starts_with(' '));
    RC_ASSERT(name.find(*asked) != std::string::npos);
    RC_ASSERT(name.starts_with("/name ") || trimmed(name) == *asked);
}

}  // namespace
}  // namespace trunkline::chat_wire
