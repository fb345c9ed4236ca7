// The echo endpoint: every text and binary message comes back whole, over the same connection code
// that carries RPC.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>

#include <list>
#include <memory>

namespace trunkline::websocket {

/// Single-threaded. Replies of one read batch leave in one write. A peer that does not take its
/// replies is not read from; one connection holds at most one message in the making and the
/// replies of one read. Silent and stalled peers are closed as connection_limits say.
class echo_room {
public:
    /// `shared` outlives it.
    echo_room(context& shared, connection_limits const& limits);
    ~echo_room();
    echo_room(echo_room const&) = delete;
    echo_room& operator=(echo_room const&) = delete;

    void add(std::unique_ptr<connection> link);

    /// Says goodbye (1001) to everybody; they are gone within close_timeout.
    void close();

    [[nodiscard]] std::size_t size() const noexcept { return guests_.size(); }

private:
    class guest;
    struct desk;
    void sweep();
    void sweep_later();

    context& shared_;
    connection_limits limits_;
    std::unique_ptr<desk> desk_;
    std::unique_ptr<transport::timer> sweeping_;
    std::list<guest> guests_;
};

}  // namespace trunkline::websocket
