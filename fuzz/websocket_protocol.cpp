// However bytes are cut, the WebSocket protocol tells the same messages, control frames and
// errors; what it gives and answers stays within its bounds; and what it answers is well formed.
#include "check.hpp"

#include <trunkline/websocket/test_frames.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace trunkline;
using namespace trunkline::websocket;
using testing::transcript;

constexpr std::uint64_t message_size_max = 1000;

websocket_limits small_limits() {
    websocket_limits limits;
    limits.frame_size_max = 700;
    limits.message_size_max = message_size_max;
    return limits;
}

void run(transcript& made, std::string_view bytes, std::size_t step) {
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        made.feed(bytes.substr(at, step));
    }
}

// Our answers, read by the other role: pongs and at most one Close at the end.
void check_answers(role us, transcript& made) {
    std::string const control = made.control();
    TRUNKLINE_FUZZ_CHECK(control.size() <= control_wire_size_max);
    transcript peer(testing::other(us));
    peer.feed(control);
    TRUNKLINE_FUZZ_CHECK(!peer.failure());
    bool const ended = made.machine().input_ended();
    std::size_t closes = 0;
    for (auto const& line : peer.lines()) {
        TRUNKLINE_FUZZ_CHECK(line.starts_with("pong ") || line.starts_with("close "));
        closes += line.starts_with("close ") ? 1 : 0;
    }
    TRUNKLINE_FUZZ_CHECK(closes == (ended ? 1 : 0));
    TRUNKLINE_FUZZ_CHECK(!ended || peer.lines().back().starts_with("close "));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    role const us = (data[0] & 1) != 0 ? role::client : role::server;
    std::size_t const step = 1 + data[0] / 2;
    std::string_view const bytes(reinterpret_cast<char const*>(data + 1), size - 1);
    transcript whole(us, small_limits());
    transcript cut(us, small_limits());
    transcript single(us, small_limits());
    run(whole, bytes, bytes.size() + 1);
    run(cut, bytes, step);
    run(single, bytes, 1);
    TRUNKLINE_FUZZ_CHECK(whole.lines() == cut.lines());
    TRUNKLINE_FUZZ_CHECK(whole.lines() == single.lines());
    for (auto const& line : whole.lines()) {
        TRUNKLINE_FUZZ_CHECK(line != "border lost" && line.size() <= message_size_max + 10);
    }
    check_answers(us, whole);
    check_answers(us, cut);
    return 0;
}
