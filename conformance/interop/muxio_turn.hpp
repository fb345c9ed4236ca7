// Calls a peer through everything that the service has (muxio_service.hpp), whole and in parts.
#pragma once

#include <interop/muxio_service.hpp>
#include <trunkline/peer/peer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace trunkline::interop {

struct turn {
    peer on;
    std::uint64_t seed = 0;
    std::function<void(words)> tell;  ///< sends method::news to it
};

/// Waits for every answer, so not to be called on the thread of the connection. Gives a line for
/// each kind of exchange; throws std::runtime_error with what differed.
[[nodiscard]] std::vector<std::string> play(turn const& what);

}  // namespace trunkline::interop
