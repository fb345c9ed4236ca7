// What all lines of one client or server have in common.
#pragma once

#include <trunkline/base/limits.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace trunkline::peers {

class handler_pool;

/// The pool that a client or server is to have.
struct pool_settings {
    std::size_t threads = 4;
    std::size_t waiting_max = handlers_waiting_max;
    bool wanted = false;  ///< some handler runs there
};

/// Filled before the first connection, then only read, by any number of threads.
struct line_services {
    std::chrono::milliseconds request_timeout{};  ///< of handlers; zero: none
    std::weak_ptr<handler_pool> pool;             ///< of the client or server, while it lives
};

}  // namespace trunkline::peers
