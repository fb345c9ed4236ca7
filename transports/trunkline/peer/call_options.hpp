// What a caller can ask of one call.
#pragma once

#include <chrono>
#include <optional>

namespace trunkline {

/// A value; what is left out is as the client or server was built.
struct call_options {
    /// From the moment the connection's thread takes the call. Then it fails with deadline_passed
    /// and the peer is told that nobody waits. Zero: no deadline.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
};

}  // namespace trunkline
