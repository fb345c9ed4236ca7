// The same bytes mean the same to our WebSocket protocol and to Boost.Beast, in both roles and
// however they are cut, but for the rules in beast_peer.cpp.
#include "check.hpp"

#include <trunkline/websocket/beast_peer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace trunkline::websocket;
    constexpr std::uint64_t message_size_max = 1000;
    if (size < 1) {
        return 0;
    }
    role const us = (data[0] & 1) != 0 ? role::client : role::server;
    std::size_t const step = 1 + data[0] / 2;
    std::string_view const bytes(reinterpret_cast<char const*>(data + 1), size - 1);
    auto const difference = testing::difference_from_beast(us, bytes, message_size_max, step);
    if (!difference.empty()) {
        std::fputs(difference.c_str(), stderr);
    }
    TRUNKLINE_FUZZ_CHECK(difference.empty());
    return 0;
}
