// What all lines of one client or server have in common.
#pragma once

#include <trunkline/base/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace trunkline {
class interceptor;
}

namespace trunkline::peers {

class handler_pool;

/// Handlers of one connection that run on at once, as coroutines or on the pool, unless a builder
/// says otherwise; one more is not begun, and its call answered with status 2. As many as there may
/// be calls that somebody waits for: it bounds those that run on when nobody does any more.
inline constexpr std::size_t handlers_running_max =
    session_limits{}.unanswered_requests_max + session_limits{}.unfinished_requests_max;

/// Never empty.
using interceptor_list = std::vector<std::shared_ptr<interceptor>>;

/// The pool that a client or server is to have.
struct pool_settings {
    std::size_t threads = 4;
    std::size_t waiting_max = handlers_waiting_max;
    bool wanted = false;  ///< some handler runs there
};

/// Filled before the first connection, then only read, by any number of threads.
struct line_services {
    std::chrono::milliseconds request_timeout{};  ///< of handlers; zero: none
    std::size_t running_max = handlers_running_max;
    /// Bytes of one message of ours at most.
    std::size_t message_size_max = session_limits{}.message_size_max;
    std::weak_ptr<handler_pool> pool;  ///< of the client or server, while it lives
    /// Of the client or server, while it lives, which is why what they keep may hold peers.
    std::weak_ptr<interceptor_list const> interceptors;
    std::unordered_map<std::uint64_t, std::string_view> method_names;  ///< of handlers
};

}  // namespace trunkline::peers
