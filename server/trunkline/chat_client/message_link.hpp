// A WebSocket connection as a client without RPC uses it: whole messages in and out.
#pragma once

#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::chat_client {

/// Bytes that wait to be sent from which on nothing more should be.
inline constexpr std::size_t link_output_mark = 1 * mib;

/// How a link has ended.
struct link_end {
    error_code why;      ///< of a link that broke, or whose peer broke the protocol; else empty
    std::uint16_t code;  ///< that of the peer's Close; 1005 where it told none, 1006 without one
    std::string reason;  ///< likewise
};

/// Single-threaded.
class message_link final : private transport::readiness_sink {
public:
    /// Those told, from the loop. `on_drained`: what waits has fallen below the mark again.
    /// `on_end`: once, as the last; it alone may destroy the link.
    struct told {
        std::function<void(websocket::message_kind, bytes_view)> on_message;
        std::function<void()> on_drained;
        std::function<void(link_end)> on_end;
    };

    /// `shared` outlives it. A peer that says nothing is asked for a sign of life, and given up, as
    /// connection_limits say.
    message_link(websocket::context& shared, std::unique_ptr<websocket::connection> link,
                 told whom);
    ~message_link();

    /// Queues it. Text must be UTF-8. Dropped behind close().
    void send(websocket::message_kind kind, bytes_view message);

    /// Whether enough waits to be sent.
    [[nodiscard]] bool is_full() const noexcept { return waiting_size_ >= link_output_mark; }

    /// Ends it in order: what was queued goes first.
    void close();

private:
    struct queued {
        std::vector<std::byte> bytes;
        websocket::message_kind kind;
        std::size_t sent = 0;
    };

    void on_ready(bool readable, bool writable) override;
    [[nodiscard]] bool read();
    void take(websocket::message_piece const& piece);
    void write();
    void look();
    void look_later();
    void end(error_code why);

    websocket::context& shared_;
    std::unique_ptr<websocket::connection> link_;
    told whom_;
    growing_buffer partial_;  // of a message that comes in pieces
    std::deque<queued> waiting_;
    std::size_t waiting_size_ = 0;
    error_code broken_;
    transport::runtime::time_point heard_;
    std::optional<transport::runtime::time_point> closing_since_;
    std::unique_ptr<transport::timer> sweep_;
    bool has_probed_ = false;
    bool is_busy_ = false;  // inside on_ready(): what is queued goes at its end
};

}  // namespace trunkline::chat_client
