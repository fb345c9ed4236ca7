#include <trunkline/chat/intent.hpp>

#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat {
namespace {

using chat_wire::binary_layout;
using chat_wire::message_type;
using chat_wire::testing::byte_string;
using websocket::message_kind;

byte_string message(message_type type) {
    chat_wire::binary_message made;
    made.type = type;
    made.payload = as_bytes("said");
    made.room = "tea";
    return chat_wire::testing::encoded(made);
}

TEST(intent, of_a_text_is_chat_or_a_rename) {
    known_layout layout;
    for (protocol const each : {protocol::binary, protocol::json}) {
        auto const said = understand(each, message_kind::text, as_bytes("hello"), layout);
        EXPECT_EQ(said.what, wish::say);
        EXPECT_EQ(as_text(said.text), "hello");
        EXPECT_EQ(said.room, "");
        auto const named = understand(each, message_kind::text, as_bytes("/name Bob"), layout);
        EXPECT_EQ(named.what, wish::rename);
        EXPECT_EQ(as_text(named.text), "Bob");
    }
    EXPECT_EQ(understand(protocol::binary, message_kind::text, as_bytes("/name "), layout).what,
              wish::rename);
    EXPECT_EQ(understand(protocol::json, message_kind::text, as_bytes("/name "), layout).what,
              wish::nothing);
    EXPECT_FALSE(layout.has_value());
}

TEST(intent, of_a_binary_message_follows_its_type) {
    struct {
        message_type type;
        wish what;
    } const cases[] = {{message_type::chat, wish::say},    {message_type::join, wish::join},
                       {message_type::leave, wish::leave}, {message_type::system, wish::nothing},
                       {message_type::ping, wish::ping},   {message_type::pong, wish::nothing},
                       {message_type::ack, wish::nothing}};
    for (auto const& each : cases) {
        known_layout layout;
        byte_string const bytes = message(each.type);
        auto const wanted = understand(protocol::binary, message_kind::binary, bytes, layout);
        EXPECT_EQ(wanted.what, each.what);
        EXPECT_EQ(wanted.room, each.what == wish::nothing ? "" : "tea");
        EXPECT_EQ(layout, binary_layout::published);
        EXPECT_EQ(understand(protocol::json, message_kind::binary, bytes, layout).what,
                  wish::nothing);
    }
}

TEST(intent, is_read_in_the_layout_of_the_first_whole_message) {
    known_layout layout;
    byte_string const published = message(message_type::chat);
    byte_string const document = chat_wire::testing::in_document_layout(published);
    byte_string more = published;
    more.push_back(std::byte{0});
    auto const read = [&](byte_string const& bytes) {
        return understand(protocol::binary, message_kind::binary, bytes, layout).what;
    };
    EXPECT_EQ(read(more), wish::say);  // decides nothing
    EXPECT_FALSE(layout.has_value());
    EXPECT_EQ(read({}), wish::nothing);
    EXPECT_EQ(read(document), wish::say);
    EXPECT_EQ(layout, binary_layout::document);
    EXPECT_EQ(read(published), wish::nothing);
    more = document;
    more.push_back(std::byte{0});
    EXPECT_EQ(read(more), wish::say);
}

}  // namespace
}  // namespace trunkline::chat
