// One thread of a chat: its loop, its listening socket, its connections, and how they end.
#pragma once

#include <trunkline/chat/house.hpp>
#include <trunkline/chat/visitors.hpp>
#include <trunkline/serving/connection_gate.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_acceptor.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace trunkline::chat {

/// How a chat server upgrades: any path, no Host needed, three fields, no word to others but the
/// page.
[[nodiscard]] websocket::upgrade_options upgrade_options_of(house const& of);

/// Its limits and times.
[[nodiscard]] websocket::context_options context_options_of(chat_options const& options);

class worker {
public:
    /// What it is given outlives it. Throws boost::system::system_error when the system has no
    /// descriptors left.
    worker(house& of, server::connection_gate& gate, transport::listening_socket socket);
    ~worker();
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// Serves on the calling thread until stop() and until every connection has ended.
    void run();

    /// From any thread, at any time: no new connections, goodbye to those that are there.
    void stop();

    /// Calls `work` on its thread each `span`, while it runs. Before run().
    void repeat(std::chrono::milliseconds span, std::function<void()> work);

    /// Messages times members so far. Any thread.
    [[nodiscard]] std::uint64_t deliveries() const { return shard_.counters().deliveries; }

private:
    [[nodiscard]] std::unique_ptr<transport::byte_stream> admit(
        std::unique_ptr<transport::byte_stream> link);
    [[nodiscard]] socket_keeper keeper();
    void begin_stop();
    void wind_down();

    house& house_;
    server::connection_gate& gate_;
    transport::asio_runtime loop_;
    rooms::shard shard_;
    websocket::context websockets_;
    visitors visitors_;
    websocket::acceptor doorman_;
    transport::socket_acceptor socket_;
    std::unique_ptr<transport::timer> next_look_;
    std::unique_ptr<transport::timer> repeating_;
    std::unique_ptr<transport::timer> deadline_;
    bool stopping_ = false;
};

}  // namespace trunkline::chat
