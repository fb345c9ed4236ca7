// Frames under permessage-deflate, in both roles: however bytes are cut and whatever room there is,
// they tell the same; nothing above the limit is inflated; and they mean the same to Boost.Beast,
// but for the rules in beast_peer.cpp.
#include "check.hpp"

#include <trunkline/websocket/beast_peer.hpp>
#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace {

using namespace trunkline;
using namespace trunkline::websocket;

constexpr std::uint64_t message_size_max = 1000;

std::vector<std::string> told(role us, std::string_view bytes, std::size_t step, std::size_t room) {
    websocket_limits limits;
    limits.message_size_max = message_size_max;
    testing::transcript made(us, limits, testing::with_deflate, room);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        made.feed(bytes.substr(at, step));
    }
    return made.lines();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    role const us = (data[0] & 1) != 0 ? role::client : role::server;
    std::size_t const step = 1 + data[0] / 2;
    std::string_view const bytes(reinterpret_cast<char const*>(data + 1), size - 1);
    auto const whole = told(us, bytes, bytes.size() + 1, 5000);
    TRUNKLINE_FUZZ_CHECK(whole == told(us, bytes, step, 1 + step * 3));
    TRUNKLINE_FUZZ_CHECK(whole == told(us, bytes, 1, 1));
    for (auto const& line : whole) {
        TRUNKLINE_FUZZ_CHECK(line != "border lost" && line.size() <= message_size_max + 10);
    }
    auto const difference = testing::difference_from_beast(us, bytes, message_size_max, step, true);
    if (!difference.empty()) {
        std::fputs(difference.c_str(), stderr);
    }
    TRUNKLINE_FUZZ_CHECK(difference.empty());
    return 0;
}
