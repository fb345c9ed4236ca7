#include <trunkline/websocket/protocol.hpp>

#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::frame;
using testing::transcript;

std::vector<std::string> told_in_pieces(role us, std::string const& bytes) {
    transcript made(us);
    std::size_t at = 0;
    while (at < bytes.size()) {
        auto const size = *rc::gen::inRange<std::size_t>(1, 40);
        made.feed(std::string_view(bytes).substr(at, size));
        at += size;
    }
    return made.lines();
}

RC_GTEST_PROP(protocol_prop, messages_survive_fragments_masks_and_cuts, (bool serving)) {
    role const us = serving ? role::server : role::client;
    role const peer = testing::other(us);
    auto const payloads = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
    std::string bytes;
    std::vector<std::string> expected;
    for (auto const& payload : payloads) {
        std::string_view left = payload;
        opcode code = opcode::binary;
        while (*rc::gen::arbitrary<bool>()) {
            auto const size = *rc::gen::inRange<std::size_t>(0, left.size() + 1);
            bytes +=
                frame(peer, code, left.substr(0, size), false, *rc::gen::arbitrary<mask_key>());
            left.remove_prefix(size);
            code = opcode::continuation;
            if (*rc::gen::arbitrary<bool>()) {
                bytes += frame(peer, opcode::pong, "between");
                expected.emplace_back("pong between");
            }
        }
        bytes += frame(peer, code, left, true, *rc::gen::arbitrary<mask_key>());
        expected.push_back("binary " + payload);
    }
    RC_ASSERT(told_in_pieces(us, bytes) == expected);
}

RC_GTEST_PROP(protocol_prop, any_bytes_mean_the_same_however_cut,
              (bool serving, std::string tail)) {
    role const us = serving ? role::server : role::client;
    // Often begin validly, so that the garbage meets every state.
    std::string bytes;
    if (*rc::gen::arbitrary<bool>()) {
        bytes = frame(testing::other(us), opcode::text, "begun", *rc::gen::arbitrary<bool>());
    }
    bytes += tail;
    transcript whole(us);
    whole.feed(bytes);
    RC_ASSERT(told_in_pieces(us, bytes) == whole.lines());
}

}  // namespace
}  // namespace trunkline::websocket
