// What the machine has for a server: cores and descriptors.
#pragma once

#include <cstddef>
#include <string>

namespace trunkline::server {

/// What the machine offers.
struct machine {
    std::size_t cores = 1;
    std::size_t descriptors = 1024;  ///< RLIMIT_NOFILE in effect
};

/// Descriptors kept for everything but connections: the store, listeners, epoll sets, logs.
inline constexpr std::size_t reserved_descriptors = 64;

/// Asks the machine, after raising the soft limit on descriptors to the hard one.
[[nodiscard]] machine raise_and_read_machine();

/// Makes 0 as many as the machine has descriptors for. Gives one line that says what is wrong when
/// more are asked for, else nothing.
[[nodiscard]] std::string fit_connections(std::size_t& connections_max, machine const& on);

}  // namespace trunkline::server
