// The transports of Trunkline over simulated pipes: the same code as over sockets, on virtual time.
#pragma once

#include <trunkline/conformance/pipe_network.hpp>
#include <trunkline/conformance/subject.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace trunkline::conformance {

/// What runs over a simulated pipe.
enum class stack : std::uint8_t {
    plain,              ///< frames as they are: "tcp:" and "unix:"
    websocket,          ///< "ws:"
    tls,                ///< "tls:"
    websocket_tls,      ///< "wss:"
    websocket_deflate,  ///< "ws:" with permessage-deflate
};

/// Frames as they are on `loop`.
[[nodiscard]] std::unique_ptr<language> plain_speech(transport::runtime& loop);
/// WebSocket on `loop`; the masks are those of `seed`.
[[nodiscard]] std::unique_ptr<language> websocket_speech(transport::runtime& loop,
                                                         std::uint64_t seed);

/// One of them as a transport under test; its links can be disturbed.
[[nodiscard]] subject simulated(stack which);

/// Links in memory (memory/hub.hpp).
[[nodiscard]] subject in_memory();

/// in_memory(), and all that run over simulated pipes.
[[nodiscard]] std::vector<subject> simulated_subjects();

}  // namespace trunkline::conformance
