// A chat over WebSocket: all of `trunkline chat` but the command line.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/chat/options.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/rooms/history.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace trunkline::chat {

/// Goes through listen() and run(), in this order, once, on one thread.
class chat_server {
public:
    /// `settled` options have passed settle(). `log` outlives the server, and so does `history`,
    /// where what is said is kept.
    chat_server(chat_options const& settled, logging::journal const& log,
                rooms::history* history = nullptr);
    ~chat_server();
    chat_server(chat_server const&) = delete;
    chat_server& operator=(chat_server const&) = delete;

    /// Takes the endpoint. Fails with what the system says.
    [[nodiscard]] result<void> listen();

    /// Serves on the threads of the options, the calling one among them, until request_stop().
    /// Then: no new connections, and each is closed as going away; all are gone within a second.
    /// Fails when the system has no threads left.
    [[nodiscard]] result<void> run();

    /// From any thread, at any time, any number of times.
    void request_stop();

    /// "127.0.0.1:8080": with the real port after listen(), and as asked for when that has failed.
    [[nodiscard]] std::string const& endpoint() const noexcept;

    /// The real one, after listen().
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::chat
