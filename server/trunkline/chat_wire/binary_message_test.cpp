#include <trunkline/chat_wire/binary_message.hpp>

#include <trunkline/chat_wire/error.hpp>
#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;

constexpr std::string_view hello =
    "0500000000000000 00000000 0100000000000000 0600000000000000 757365725f31"
    "0500000000000000 68656c6c6f f5095dfca1010000 0700000000000000 67656e6572616c";

binary_message said(std::string_view payload) {
    return {.id = 5,
            .type = message_type::chat,
            .user = 1,
            .username = "user_1",
            .payload = as_bytes(payload),
            .time_ms = 1'795'235'318'261,
            .room = general_room};
}

/// Has `value` in place of the byte at `at`.
byte_string with(byte_string bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = std::byte{value};
    return bytes;
}

// Offsets in hello: where the fields begin.
constexpr std::size_t type_at = 8;
constexpr std::size_t username_at = 20;
constexpr std::size_t payload_at = username_at + 14;
constexpr std::size_t room_at = payload_at + 13 + 8;

TEST(binary_message, is_what_the_published_server_sends) {
    EXPECT_EQ(encoded(said("hello")), from_hex(hello));
}

TEST(binary_message, comes_back) {
    byte_string const bytes = from_hex(hello);
    auto const decoded = decode_binary(bytes, binary_layout::published);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->size, bytes.size());
    EXPECT_EQ(decoded->message.id, 5U);
    EXPECT_EQ(decoded->message.type, message_type::chat);
    EXPECT_EQ(decoded->message.user, 1U);
    EXPECT_EQ(decoded->message.username, "user_1");
    EXPECT_EQ(as_text(decoded->message.payload), "hello");
    EXPECT_EQ(decoded->message.time_ms, 1'795'235'318'261);
    EXPECT_EQ(decoded->message.room, "general");
}

TEST(binary_message, takes_a_time_before_1970) {
    binary_message message = said("");
    message.time_ms = -1;
    EXPECT_EQ(decode_binary(encoded(message), binary_layout::published)->message.time_ms, -1);
}

TEST(binary_message, ignores_what_follows_it) {
    byte_string bytes = from_hex(hello);
    std::size_t const size = bytes.size();
    bytes.resize(size + 3, std::byte{0xff});
    EXPECT_EQ(decode_binary(bytes, binary_layout::published)->size, size);
}

TEST(binary_message, is_cut_off_at_every_earlier_end) {
    byte_string const bytes = from_hex(hello);
    byte_string const other = in_document_layout(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(decode_binary(bytes_view(bytes).first(size), binary_layout::published).error(),
                  chat_error::cut_off)
            << size;
    }
    for (std::size_t size = 0; size < other.size(); ++size) {
        EXPECT_EQ(decode_binary(bytes_view(other).first(size), binary_layout::document).error(),
                  chat_error::cut_off)
            << size;
    }
}

TEST(binary_message, says_what_is_wrong_with_it) {
    byte_string const good = from_hex(hello);
    struct {
        char const* name;
        byte_string bytes;
        chat_error error;
    } const cases[] = {
        {"type above the last", with(good, type_at, 7), chat_error::unknown_type},
        {"type in the fourth byte", with(good, type_at + 3, 1), chat_error::unknown_type},
        {"name", with(good, username_at + 8, 0xff), chat_error::bad_name},
        {"cut off character in the name", with(good, username_at + 13, 0xc3), chat_error::bad_name},
        {"room", with(good, room_at + 8, 0xff), chat_error::bad_room},
        {"length of the name", with(good, username_at, 0xff), chat_error::cut_off},
        {"length of the payload", with(good, payload_at, 0xff), chat_error::cut_off},
        {"length of the payload, 2^63 and more", with(good, payload_at + 7, 0xff),
         chat_error::cut_off},
        {"length of the room", with(good, room_at, 8), chat_error::cut_off},
    };
    for (auto const& each : cases) {
        EXPECT_EQ(decode_binary(each.bytes, binary_layout::published).error(), each.error)
            << each.name;
    }
    byte_string const other = in_document_layout(good);
    for (std::uint8_t const type : {std::uint8_t{0}, std::uint8_t{8}, std::uint8_t{255}}) {
        EXPECT_EQ(decode_binary(with(other, type_at, type), binary_layout::document).error(),
                  chat_error::unknown_type);
    }
}

TEST(binary_message, has_the_types_of_both_layouts) {
    for (std::uint8_t i = 0; i < message_types; ++i) {
        binary_message message = said("x");
        message.type = static_cast<message_type>(i);
        byte_string const bytes = encoded(message);
        byte_string const other = in_document_layout(bytes);
        EXPECT_EQ(bytes[type_at], std::byte{i});
        EXPECT_EQ(other[type_at], std::byte(i + 1));
        EXPECT_EQ(other.size() + 3, bytes.size());
        EXPECT_EQ(decode_binary(bytes, binary_layout::published)->message.type, message.type);
        auto const decoded = decode_binary(other, binary_layout::document);
        EXPECT_EQ(decoded->message.type, message.type);
        EXPECT_EQ(decoded->message.room, "general");
        EXPECT_EQ(decoded->size, other.size());
    }
}

TEST(binary_message, is_of_the_layout_that_takes_all_of_it) {
    byte_string const published = from_hex(hello);
    byte_string const document = in_document_layout(published);
    EXPECT_EQ(recognise_layout(published), binary_layout::published);
    EXPECT_EQ(recognise_layout(document), binary_layout::document);
    for (byte_string bytes : {published, document}) {
        bytes.push_back(std::byte{0});
        EXPECT_EQ(recognise_layout(bytes), std::nullopt);
        bytes.resize(bytes.size() - 2);
        EXPECT_EQ(recognise_layout(bytes), std::nullopt);
    }
    EXPECT_EQ(recognise_layout({}), std::nullopt);
}

}  // namespace
}  // namespace trunkline::chat_wire
