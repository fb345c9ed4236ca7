// Two connections inside one process, joined by bounded queues in memory.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <memory>

namespace trunkline::memory {

/// How two ends in one process are joined.
struct link_options {
    bool message_borders = false;      ///< each frame is a message, as on a transport of messages
    std::size_t capacity = 256 * kib;  ///< per direction, in bytes: written and not yet read
};

/// Both ends of one link.
struct link_pair {
    std::unique_ptr<transport::connection> dialer;    ///< the end of who dialled
    std::unique_ptr<transport::connection> acceptor;  ///< the end of who accepted
};

/// Each end lives on the thread of its own runtime, which may be the same for both and outlives
/// that end. With half_close, without probe and close reason: a peer in the same process cannot be
/// lost, and its end is seen at once. After a close the other side reads what was written, then
/// end; abort() loses what is on its way.
[[nodiscard]] link_pair make_link(transport::runtime& dialer_loop,
                                  transport::runtime& acceptor_loop, link_options const& options);

}  // namespace trunkline::memory
