// Our side of the service: what a server and a client of ours answer to a published peer.
#pragma once

#include <trunkline/rpc/dispatcher.hpp>

#include <atomic>
#include <cstdint>

namespace trunkline::interop {

/// What the handlers saw, on whatever thread. Outlives them.
struct sightings {
    std::atomic<std::uint64_t> cancelled = 0;
    std::atomic<std::uint64_t> news = 0;
};

/// Everything but take_turn and done. Throws std::logic_error when a method has a handler already.
void add_service(rpc::dispatcher& methods, sightings& seen);

}  // namespace trunkline::interop
