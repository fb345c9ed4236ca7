// Waits for a call, and looks meanwhile at how its bytes travel.
#pragma once

#include <trunkline/peer/peer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>

namespace trunkline::cli {

/// What a connection holds, in bytes.
struct traffic {
    std::uint64_t to_send = 0;   ///< queued, and not yet taken by the transport
    std::uint64_t received = 0;  ///< of messages that are not complete
};

/// Asks the thread of the connection, and waits for it; nothing when the connection has ended. Not
/// on that thread.
[[nodiscard]] std::optional<traffic> traffic_of(peer const& far);

/// The outcome of `call`, which goes to `far`. Until it is there `look` is told again and again,
/// each time `pause` after the last, on this thread.
template <class Outcome>
[[nodiscard]] Outcome watch(peer const& far, std::future<Outcome> call,
                            std::function<void(traffic const&)> const& look,
                            std::chrono::milliseconds pause = std::chrono::milliseconds(50)) {
    while (call.wait_for(pause) != std::future_status::ready) {
        if (auto const seen = traffic_of(far)) {
            look(*seen);
        }
    }
    return call.get();
}

}  // namespace trunkline::cli
