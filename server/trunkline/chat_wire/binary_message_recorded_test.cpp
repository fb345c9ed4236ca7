// Every message that the published servers and clients were heard to say: read and said again, it
// is the same to the byte.
#include <trunkline/chat_wire/testing.hpp>

#include <trunkline/chat_wire/wording.hpp>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <fstream>
#include <functional>
#include <string>

namespace trunkline::chat_wire {
namespace {

using namespace testing;
namespace json = boost::json;

std::string string_of(json::value const& text) {
    return std::string(text.as_string());
}

/// Calls `check` for each frame in the file that has `key`.
std::size_t for_each_frame(char const* file, char const* key,
                           std::function<void(json::object const&)> const& check) {
    std::ifstream lines(std::string(TRUNKLINE_SOURCE_DIR "/conformance/vectors/chat/") + file);
    std::size_t checked = 0;
    for (std::string line; std::getline(lines, line);) {
        json::value const record = json::parse(line);
        for (char const* const list : {"received", "frames"}) {
            auto const* const frames = record.as_object().if_contains(list);
            if (frames == nullptr) {
                continue;
            }
            for (json::value const& frame : frames->as_array()) {
                auto const* const object = frame.if_object();
                if (object != nullptr && object->contains(key)) {
                    check(*object);
                    ++checked;
                }
            }
        }
    }
    return checked;
}

void check_binary(json::object const& frame) {
    json::object const& fields = frame.at("decoded").as_object();
    byte_string const bytes = from_hex(string_of(frame.at("payload_hex")));
    auto const decoded = decode_binary(bytes, binary_layout::published);
    ASSERT_TRUE(decoded.has_value()) << json::serialize(frame);
    binary_message const& message = decoded->message;
    EXPECT_EQ(decoded->size + fields.at("rest").to_number<std::size_t>(), bytes.size());
    EXPECT_EQ(message.id, fields.at("id").to_number<std::uint64_t>());
    EXPECT_EQ(static_cast<int>(message.type), fields.at("type").to_number<int>());
    EXPECT_EQ(message.user, fields.at("user_id").to_number<std::uint64_t>());
    EXPECT_EQ(message.username, string_of(fields.at("username")));
    EXPECT_EQ(as_text(message.payload), string_of(fields.at("payload")));
    EXPECT_EQ(message.time_ms, fields.at("timestamp").to_number<std::int64_t>());
    EXPECT_EQ(message.room, string_of(fields.at("room")));
    EXPECT_EQ(encoded(message), bytes);
}

TEST(recorded, messages_of_the_fast_server) {
    EXPECT_GE(for_each_frame("hp_exchange.jsonl", "decoded", check_binary), 40U);
}

TEST(recorded, messages_of_the_published_clients) {
    EXPECT_GE(for_each_frame("clients.jsonl", "decoded", check_binary), 5U);
}

TEST(recorded, messages_of_the_plain_server) {
    EXPECT_GE(for_each_frame("json_exchange.jsonl", "text",
                             [](json::object const& frame) {
                                 std::string const text = string_of(frame.at("text"));
                                 auto const decoded = decode_json(text);
                                 ASSERT_TRUE(decoded.has_value()) << text;
                                 EXPECT_EQ(encoded(json_message{.username = decoded->username,
                                                                .content = decoded->content,
                                                                .time_of_day = decoded->time_of_day,
                                                                .type = decoded->type}),
                                           text);
                             }),
              30U);
}

}  // namespace
}  // namespace trunkline::chat_wire
