// When a client that has lost its connection dials again.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/transport/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace trunkline {

/// How a client comes back. The defaults fit a server that is restarted: back within a second or
/// two, gone for good after about half an hour.
struct reconnect_options {
    /// The longest wait before the first try.
    std::chrono::milliseconds first_wait{500};
    /// The longest wait at all.
    std::chrono::milliseconds wait_max{30'000};
    /// From one try to the next the longest wait grows by this factor; 1 or more.
    double growth = 2;
    /// The part of each wait that is drawn at random, from 0 to 1. With 1 it is anything from
    /// nothing to the longest: clients that were cut off together come back evenly spread.
    double jitter = 1;
    /// Tries until the client gives up, counted since the connection was last healthy.
    std::size_t budget = 128;
    /// How long a connection has to last to be healthy. Then waits and budget begin anew.
    std::chrono::milliseconds healthy_after{10'000};
    /// Of the random waits; empty: a different one for each client.
    std::optional<std::uint64_t> seed = std::nullopt;

    /// Calls made in the meantime wait for the next connection, within their deadline; else they
    /// fail at once with not_connected.
    bool calls_wait = true;
    std::size_t waiting_calls_max = 1024;     ///< one more fails with queue_full
    std::size_t waiting_size_max = 16 * mib;  ///< bytes of their requests; the same
};

namespace peers {

/// The waits between the tries of one client. Single-threaded.
class reconnect_waits {
public:
    explicit reconnect_waits(reconnect_options const& options);

    /// How long to wait before the next try; empty once the budget has been spent.
    [[nodiscard]] std::optional<transport::runtime::duration> next();

    /// From the beginning again.
    void reset() noexcept;

private:
    reconnect_options options_;
    std::uint64_t random_;
    double longest_ = 0;  // microseconds
    std::size_t tries_ = 0;
};

/// Whether it makes sense to dial again after such an end, or such a try. Not so when we closed it
/// ourselves, when one side broke the rules or was refused, and when the address is wrong.
[[nodiscard]] bool may_reconnect_after(error_code why) noexcept;

}  // namespace peers
}  // namespace trunkline
