// Compressed messages mean the same however they are cut, whatever room there is, broken or not.
#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::frame;
using testing::transcript;

constexpr std::uint64_t size_max = 2000;

std::string gen_text() {
    std::string out;
    auto const runs = *rc::gen::container<std::vector<std::pair<char, std::uint8_t>>>(
        rc::gen::pair(rc::gen::arbitrary<char>(), rc::gen::arbitrary<std::uint8_t>()));
    for (auto const& [letter, count] : runs) {
        out.append(count, letter);
    }
    return out;
}

RC_GTEST_PROP(deflate_prop, messages_survive_fragments_cuts_and_small_room, (bool serving)) {
    role const us = serving ? role::server : role::client;
    role const peer = testing::other(us);
    std::string bytes;
    std::vector<std::string> expected;
    bool refused = false;
    auto const count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
        auto const text = gen_text();
        auto const payload = testing::deflated(text, *rc::gen::inRange(0, 10));
        auto const cut = *rc::gen::inRange<std::size_t>(0, payload.size() + 1);
        bytes += frame(peer, opcode::binary, payload.substr(0, cut), false,
                       *rc::gen::arbitrary<mask_key>(), true);
        bytes += frame(peer, opcode::continuation, payload.substr(cut), true,
                       *rc::gen::arbitrary<mask_key>());
        if (!refused) {
            refused = text.size() > size_max;
            expected.push_back(refused ? "failed: " +
                                             std::string(describe(websocket_error::message_too_big))
                                       : "binary " + text);
        }
    }
    websocket_limits limits;
    limits.message_size_max = size_max;
    transcript made(us, limits, testing::with_deflate, *rc::gen::inRange<std::size_t>(1, 300));
    std::string_view left = bytes;
    while (!left.empty()) {
        auto const size = *rc::gen::inRange<std::size_t>(1, 100);
        made.feed(left.substr(0, size));
        left.remove_prefix(std::min(size, left.size()));
    }
    RC_ASSERT(made.lines() == expected);
}

RC_GTEST_PROP(deflate_prop, any_bytes_mean_the_same_however_cut, (bool serving, bool text)) {
    role const us = serving ? role::server : role::client;
    std::string payload = testing::deflated(gen_text());
    if (!payload.empty()) {
        payload[*rc::gen::inRange<std::size_t>(0, payload.size())] = *rc::gen::arbitrary<char>();
    }
    auto const bytes = frame(testing::other(us), text ? opcode::text : opcode::binary, payload,
                             *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<mask_key>(), true);
    websocket_limits limits;
    limits.message_size_max = size_max;
    transcript whole(us, limits, testing::with_deflate, 3 * size_max);
    whole.feed(bytes);
    transcript cut(us, limits, testing::with_deflate, *rc::gen::inRange<std::size_t>(1, 300));
    auto const step = *rc::gen::inRange<std::size_t>(1, 100);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        cut.feed(std::string_view(bytes).substr(at, step));
    }
    RC_ASSERT(cut.lines() == whole.lines());
}

}  // namespace
}  // namespace trunkline::websocket
