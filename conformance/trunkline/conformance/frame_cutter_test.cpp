#include <trunkline/conformance/frame_cutter.hpp>

#include <trunkline/conformance/frame_peer.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

// All messages in these bytes, which come one by one.
std::vector<std::string> messages_in(std::string const& bytes, frame::layout of) {
    frame_cutter cutter(of);
    message_joiner joined;
    std::vector<std::string> all;
    for (char const& each : bytes) {
        bytes_view left = as_bytes({&each, 1});
        for (auto next = cutter.next(left).value(); next; next = cutter.next(left).value()) {
            if (auto message = joined.take(*next)) {
                all.push_back(std::move(*message));
            }
        }
    }
    return all;
}

TEST(frame_cutter, gives_messages_of_both_layouts_however_their_frames_come) {
    for (auto const of : {frame::layout::a, frame::layout::b}) {
        auto const one = [of](frame::kind what, std::uint32_t stream, std::uint32_t sequence,
                              std::string_view payload = {}) {
            return frame_of(what, stream, sequence, payload, of, 7);
        };
        std::string const bytes =
            one(frame::kind::open, 1, 0, "fir") + one(frame::kind::open, 2, 0, "given up") +
            one(static_cast<frame::kind>(99), 1, 1, "nothing") +
            one(frame::kind::data, 1, 1, "st") + one(frame::kind::cancel, 2, 1) +
            one(frame::kind::end, 1, 2) + one(frame::kind::open, 2, 0, "second") +
            one(frame::kind::end, 2, 1);
        EXPECT_EQ(messages_in(bytes, of), (std::vector<std::string>{"first", "second"}));
    }
}

TEST(frame_cutter, fails_at_a_frame_that_no_session_takes) {
    frame_cutter cutter(frame::layout::b);
    std::string bytes = frame_of(frame::kind::open, 1, 0);
    bytes.replace(frame::payload_size_offset, 4, "\xff\xff\xff\xff");
    bytes_view left = as_bytes(bytes);
    EXPECT_FALSE(cutter.next(left));
    EXPECT_FALSE(cutter.next(left));
}

TEST(message_of, tells_heads_from_what_is_none) {
    auto const whole = head_of(rpc::message_type::response, 5, 7, "\x03") + "payload";
    auto const read = message_of(9, whole);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is(rpc::message_type::response));
    EXPECT_EQ(read->stream_id, 9U);
    EXPECT_EQ(read->head.request_id, 5U);
    EXPECT_EQ(read->status(), rpc::status::method_not_found);
    EXPECT_EQ(read->payload, "payload");
    for (std::size_t size = 0; size < rpc::header_size + 1; ++size) {
        EXPECT_FALSE(message_of(9, whole.substr(0, size))) << size;
    }
    auto strange = whole;
    strange[rpc::type_offset] = 3;
    EXPECT_FALSE(message_of(9, strange));
}

}  // namespace
}  // namespace trunkline::conformance
