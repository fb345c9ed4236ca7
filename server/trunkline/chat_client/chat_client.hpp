// The client of the chat: a conversation, a connection for it, and lines that are typed.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/chat_client/conversation.hpp>
#include <trunkline/chat_client/input_lines.hpp>
#include <trunkline/chat_client/message_link.hpp>
#include <trunkline/websocket/ws_dialer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::chat_client {

struct chat_client_options {
    std::string url;                    ///< "ws://host:port/path?room=NAME", or "wss:" with `trust`
    std::optional<dialect> spoken;      ///< empty: shows in what the server says first
    std::chrono::milliseconds stay{0};  ///< so long behind the end of what is typed
    int input = 0;                      ///< a descriptor, which is not closed
    /// The other side of a terminal: lines are edited there, while the view writes to it. None:
    /// they are read as they are.
    std::optional<int> terminal = {};
};

/// What a person sees. The functions are called from the loop.
struct chat_view {
    std::function<void(heard const&, std::string_view here)> show;  ///< from the server
    std::function<void(std::string_view)> hint;                     ///< of the program's own
};

/// Why it has ended. Empty where it was to.
struct chat_end {
    error_code why;
    bool was_connected = false;
    std::string words;  ///< one line for a person; empty where all is well
};

/// Single-threaded.
class chat_client final : private outside {
public:
    /// `loop` outlives it. Without `encrypt` there is no "wss:".
    chat_client(transport::asio_runtime& loop, chat_client_options options, chat_view view,
                websocket::ws_dialer::encryption encrypt = {});
    ~chat_client();
    chat_client(chat_client const&) = delete;
    chat_client& operator=(chat_client const&) = delete;

    /// Connects, and runs the loop until the end. Once.
    [[nodiscard]] chat_end run();

    /// Ends it in order, as `/quit` does. On the thread of the loop.
    void quit() override;

private:
    void send(websocket::message_kind kind, bytes_view message) override;
    void show(heard const& what, std::string_view here) override;
    void hint(std::string_view words) override;
    void move_to(std::string_view room) override;

    void dial();
    void connected(std::unique_ptr<websocket::connection> made);
    void want_lines();
    void on_input_end();
    void on_end(std::uint64_t of, link_end const& how);
    void finish(chat_end end);

    transport::asio_runtime& loop_;
    chat_client_options options_;
    chat_view view_;
    websocket::context websockets_;
    websocket::ws_dialer dialer_;
    conversation talk_;
    std::unique_ptr<input_lines> input_;  // there while it runs
    std::unique_ptr<message_link> link_;
    std::uint64_t link_number_ = 0;  // of the last connection
    std::map<std::uint64_t, std::unique_ptr<message_link>> leaving_links_;
    std::unique_ptr<transport::timer> stay_;
    std::optional<chat_end> end_;
    bool was_connected_ = false;
    bool quits_ = false;
};

}  // namespace trunkline::chat_client
