// What few connections need, and only for a while. For the connection alone.
#pragma once

#include <trunkline/websocket/connection.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace trunkline::websocket {

/// Kept apart because an idle connection needs none of it.
struct connection::extra {
    std::vector<std::byte> leftover;  // own bytes that the link has begun to take or must take next
    std::size_t leftover_sent = 0;
    std::vector<std::byte> early;  // received before there was room for what it means
    std::size_t early_read = 0;
    bool early_again = false;  // counted when it was read from the link
    bool owes_output = false;  // there is more to tell, with or without further input
    std::unique_ptr<transport::timer> notice;
    websocket_error failure{};
    peer_close close;
};

}  // namespace trunkline::websocket
