#include <replay/vector_set.hpp>
#include <replay/wire_model.hpp>
#include <trunkline/base/limits.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::replay {
namespace {

/// What a record of RPC events says was received, in the words of the model.
struct outline {
    std::vector<std::string> headers;
    std::vector<std::string> ends;
    std::string payload;
};

outline recorded_outline(record const& each) {
    outline seen;
    for (json::value const& feed : each.fields.at("feeds").as_array()) {
        for (json::value const& value : feed.at("events").as_array()) {
            json::object const& event = value.as_object();
            if (event.at("event") == "Header") {
                seen.headers.push_back(std::string(event.at("method_id").as_string()) + " " +
                                       std::string(event.at("metadata").as_string()));
            } else if (event.at("event") == "PayloadChunk") {
                seen.payload += event.at("bytes").as_string();
            } else if (event.at("event") == "End") {
                seen.ends.push_back(std::to_string(number_of(event.at("request_id"))));
            }
        }
    }
    return seen;
}

std::string method_text(std::uint64_t id) {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) {
        text += "0123456789abcdef"[(id >> shift) & 15U];
    }
    return text;
}

// With every rule off the model is the original: its headers, ends and bytes.
TEST(wire_model, without_rules_it_reads_as_the_original_did) {
    check_wire_records(wire_kind::rpc_events, [](record const& each) {
        message_reader reader(layout_of(each.fields.at("rev")), {});
        for (json::value const& feed : each.fields.at("feeds").as_array()) {
            reader.read(bytes_of(feed.at("bytes")));
        }
        outline const recorded = recorded_outline(each);
        outline ours;
        std::size_t payload_size = 0;
        for (wire_message const& message : reader.messages()) {
            ours.headers.push_back(method_text(message.method_id) + " " + to_hex(message.metadata));
            payload_size += message.payload().size();
        }
        for (std::size_t const index : reader.completed()) {
            ours.ends.push_back(std::to_string(reader.messages()[index].request_id));
        }
        EXPECT_EQ(ours.headers, recorded.headers);
        EXPECT_EQ(ours.ends, recorded.ends);
        EXPECT_EQ(2 * payload_size, recorded.payload.size());
    });
}

TEST(wire_model, rules_change_what_they_name) {
    // A call whose argument travels in its End frame.
    auto const bytes = from_hex(
        "0f000000190000000000000000001900000086c08919821c47cb0000"
        "020000001900000001000000020170");
    message_reader published(frame::layout::b, {});
    message_reader ours(frame::layout::b, our_rules());
    published.read(bytes);
    ours.read(bytes);
    ASSERT_EQ(published.completed().size(), 1U);
    ASSERT_EQ(ours.completed().size(), 1U);
    EXPECT_TRUE(published.messages()[0].arguments().empty());
    EXPECT_EQ(to_hex(ours.messages()[0].arguments()), "0170");
    EXPECT_TRUE(published.touched().has(rule::end_payload_delivered));
}

TEST(wire_model, a_message_is_cut_at_the_chunk_size) {
    wire_message message;
    message.type = 1;
    message.metadata = byte_string(1);
    message.parts.emplace_back(chunk_size - 16);
    EXPECT_EQ(frames_of_message(message).size(), 2U);
    message.parts.emplace_back(1);
    auto const frames = frames_of_message(message);
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[1].payload.size(), 1U);
    EXPECT_EQ(frames[2].kind, 2);
}

}  // namespace
}  // namespace trunkline::replay
