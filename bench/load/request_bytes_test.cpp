#include "request_bytes.hpp"

#include <trunkline/rpc/wire_text.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::load {
namespace {

constexpr std::uint64_t method = 0x3ec2ad5c308c53da;

/// The messages that a server finds in a request.
std::vector<std::string> received(request_bytes const& sent, std::uint32_t id) {
    std::vector<std::byte> wire(sent.size());
    sent.write(id, wire.data());
    websocket::protocol server(websocket::role::server);
    std::vector<std::string> messages;
    mutable_bytes left = wire;
    for (;;) {
        auto const event = server.next(left, {});
        if (event.type == websocket::event_type::none) {
            return messages;
        }
        EXPECT_EQ(event.type, websocket::event_type::data);
        EXPECT_TRUE(event.begins && event.ends);
        messages.emplace_back(as_text(event.bytes));
    }
}

class request_bytes_in : public ::testing::TestWithParam<frame::layout> {};

TEST_P(request_bytes_in, are_a_call_with_the_id_that_was_asked_for) {
    websocket::mask_generator masks(1);
    auto const sent =
        request_bytes::call(method, as_bytes("arguments"), {GetParam(), false}, masks);
    for (std::uint32_t const id : {1U, 0x7fff'fffeU}) {
        auto const messages = received(sent, id);
        ASSERT_EQ(messages.size(), 2U);
        std::string const all = messages[0] + messages[1];
        auto const frames = rpc::testing::wire_text(GetParam()).frames(as_bytes(all));
        ASSERT_EQ(frames.size(), 2U);
        EXPECT_EQ(frames[0].stream_id, id);
        EXPECT_EQ(frames[1].stream_id, id);
        EXPECT_EQ(frames[1].sequence, 1U);
        auto const head = rpc::decode_header(as_bytes(frames[0].payload));
        EXPECT_EQ(head.request_id, id);
        EXPECT_EQ(head.method_id, method);
        EXPECT_EQ(frames[0].payload.substr(rpc::header_size), "arguments");
    }
}

TEST_P(request_bytes_in, are_one_message_when_they_are_joined) {
    websocket::mask_generator masks(1);
    std::string const large(200'000, 'v');
    auto const split = request_bytes::call(method, as_bytes(large), {GetParam(), false}, masks);
    auto const joined = request_bytes::call(method, as_bytes(large), {GetParam(), true}, masks);
    auto const messages = received(split, 9);
    EXPECT_EQ(messages.size(), 5U);  // four chunks and the end
    auto const one = received(joined, 9);
    ASSERT_EQ(one.size(), 1U);
    auto const frames = rpc::testing::wire_text(GetParam()).frames(as_bytes(one[0]));
    ASSERT_EQ(frames.size(), 5U);
    std::string payload;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].sequence, i);
        EXPECT_EQ(frames[i].stream_id, 9U);
        payload += frames[i].payload;
    }
    EXPECT_EQ(payload.substr(rpc::header_size), large);
}

INSTANTIATE_TEST_SUITE_P(layouts, request_bytes_in,
                         ::testing::Values(frame::layout::a, frame::layout::b),
                         [](auto const& of) { return of.param == frame::layout::a ? "a" : "b"; });

TEST(request_bytes, of_a_message_are_its_bytes) {
    websocket::mask_generator masks(1);
    auto const messages = received(request_bytes::message(as_bytes("hello"), masks), 0);
    EXPECT_EQ(messages, std::vector<std::string>{"hello"});
}

}  // namespace
}  // namespace trunkline::load
