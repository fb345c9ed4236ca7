// Memory that two processes share: two lanes, and how one process hands it to the other.
#pragma once

#include "ring.hpp"

#include <trunkline/base/result.hpp>
#include <trunkline/transport/file_descriptor.hpp>

#include <memory>

namespace ring {

/// Both directions of a link.
struct lanes {
    lane from_dialler;
    lane from_acceptor;
};

struct unmap {
    void operator()(lanes* mapped) const noexcept;
};
using shared_lanes = std::unique_ptr<lanes, unmap>;

/// New memory, and the descriptor that stands for it. Fails with what the system says.
[[nodiscard]] trunkline::result<shared_lanes> make_memory(
    trunkline::transport::file_descriptor& handle);

/// Sends the descriptor over a Unix socket, with one byte. Does not block.
[[nodiscard]] trunkline::error_code send_memory(
    int socket, trunkline::transport::file_descriptor const& handle);

/// The memory that was sent. Fails with what the system says, and with handshake_refused where no
/// memory comes, or memory that its sender could take away later.
[[nodiscard]] trunkline::result<shared_lanes> receive_memory(int socket);

}  // namespace ring
