#include <trunkline/websocket/beast_peer.hpp>

#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::beast_outcome;
using testing::difference_from_beast;
using testing::frame;
using testing::verdict;

/// Frames that make sense more often than not.
std::string gen_payload(opcode code) {
    if (code == opcode::close && *rc::gen::arbitrary<bool>()) {
        return testing::close_payload(*rc::gen::inRange(995U, 1020U),
                                      *rc::gen::arbitrary<std::string>());
    }
    if (code == opcode::text) {
        static std::string const texts[] = {"plain",
                                            "gr\xc3\xbc\xc3\x9f",
                                            "\xe2\x82\xac",
                                            "\xf0\x9f\x98\x80",
                                            "\xe2\x82",
                                            "\xc0\x80",
                                            ""};
        return *rc::gen::elementOf(std::vector<std::string>(std::begin(texts), std::end(texts)));
    }
    auto const size = *rc::gen::element<std::size_t>(0, 1, 5, 125, 126, 127, 300);
    return std::string(size, *rc::gen::arbitrary<char>());
}

std::string gen_frame(role sender) {
    auto const code = *rc::gen::element(opcode::text, opcode::text, opcode::binary, opcode::binary,
                                        opcode::continuation, opcode::continuation, opcode::ping,
                                        opcode::pong, opcode::close);
    bool const fin = is_control(code) || *rc::gen::arbitrary<bool>();
    auto payload = gen_payload(code);
    if (is_control(code) && payload.size() > 125) {
        payload.resize(125);
    }
    return frame(sender, code, payload, fin, *rc::gen::arbitrary<mask_key>());
}

RC_GTEST_PROP(beast_prop, random_frames_mean_the_same, (bool serving)) {
    role const us = serving ? role::server : role::client;
    std::string bytes;
    auto const count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
        bytes += gen_frame(testing::other(us));
    }
    if (*rc::gen::inRange(0, 3) == 0) {
        auto const at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        bytes[at] = *rc::gen::arbitrary<char>();
    }
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
    auto const step = *rc::gen::inRange<std::size_t>(1, 30);
    auto const difference = difference_from_beast(us, bytes, 500, step);
    if (!difference.empty()) {
        RC_FAIL(rc::toString(bytes) + difference);
    }
}

TEST(beast_peer, tells_messages_control_frames_and_ends) {
    for (role const us : {role::server, role::client}) {
        role const peer = testing::other(us);
        auto const good = frame(peer, opcode::text, "a", false) + frame(peer, opcode::ping, "p") +
                          frame(peer, opcode::continuation, "b") + frame(peer, opcode::binary, "c");
        auto made = beast_outcome(us, good, 100);
        EXPECT_EQ(made.lines, (std::vector<std::string>{"ping p", "text ab", "binary c"}));
        EXPECT_EQ(made.end, verdict::open);
        made = beast_outcome(
            us, good + frame(peer, opcode::close, testing::close_payload(1000, "x")), 100);
        EXPECT_EQ(made.lines.back(), "close 1000 x");
        EXPECT_EQ(made.end, verdict::closed);
        made = beast_outcome(us, frame(peer, opcode::text, "\xff"), 100);
        EXPECT_EQ(made.refused_with, 1007U);
        made = beast_outcome(us, frame(peer, opcode::binary, std::string(101, 'x')), 100);
        EXPECT_EQ(made.refused_with, 1009U);
        made = beast_outcome(us, "\xff\xff", 100);
        EXPECT_EQ(made.end, verdict::open);
    }
}

TEST(beast_peer, rules_allow_no_more_than_they_say) {
    for (role const us : {role::server, role::client}) {
        role const peer = testing::other(us);
        EXPECT_EQ(difference_from_beast(us, "\xff", 100, 1), "");
        EXPECT_EQ(difference_from_beast(
                      us, frame(peer, opcode::close, testing::close_payload(1014)), 100, 1),
                  "");
        EXPECT_EQ(difference_from_beast(us, frame(peer, opcode::text, "cut \xe2"), 100, 1), "");
        // Two runs that differ are told apart.
        EXPECT_NE(beast_outcome(us, frame(peer, opcode::text, "a"), 100).lines,
                  testing::our_outcome(us, frame(peer, opcode::text, "b"), 100, 1).lines);
    }
}

}  // namespace
}  // namespace trunkline::websocket
