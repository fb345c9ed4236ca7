// For tests and fuzz targets: what Boost.Beast makes of the same bytes. The only place that knows
// Beast's WebSocket.
#pragma once

#include <trunkline/websocket/deflate_agreement.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket::testing {

/// How a conversation ended.
enum class verdict : std::uint8_t {
    open,     ///< more input is wanted
    closed,   ///< by a Close frame
    refused,  ///< with the close code of the error
};

/// Whole messages and control frames, one line each, in the words of transcript.
struct outcome {
    std::vector<std::string> lines;
    verdict end = verdict::open;
    unsigned refused_with = 0;   ///< 1002, 1007 or 1009
    deflate_agreement agreed{};  ///< what our side of the handshake came to
};

/// Feeds all of `bytes` to a Beast stream that is in the role `us`, after a handshake with our code
/// on the other side; `compressing`: both sides want permessage-deflate.
[[nodiscard]] outcome beast_outcome(role us, std::string_view bytes, std::uint64_t message_size_max,
                                    bool compressing = false);

/// The same for our protocol, `step` bytes at a time.
[[nodiscard]] outcome our_outcome(role us, std::string_view bytes, std::uint64_t message_size_max,
                                  std::size_t step, bool compressing = false);

/// Empty when both mean the same, or differ only as the rules in beast_peer.cpp allow; else what is
/// different.
[[nodiscard]] std::string difference_from_beast(role us, std::string_view bytes,
                                                std::uint64_t message_size_max, std::size_t step,
                                                bool compressing = false);

}  // namespace trunkline::websocket::testing
