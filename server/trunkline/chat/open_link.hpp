// A connection of a chat on which something goes on: messages in and out, until it is idle again.
#pragma once

#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/chat/visitor.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/websocket/connection.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace trunkline::chat {

/// Why a connection ends by our will.
struct ending {
    transport::close_code code = transport::close_code::going_away;
    std::string_view reason;
};

/// Single-threaded, of one table, which destroys it when it says that it is over.
class open_link final : private transport::readiness_sink {
public:
    using time_point = transport::runtime::time_point;

    /// `index`: its place among the open ones of the table.
    open_link(visitors& owner, visitor& slot, std::unique_ptr<websocket::connection> link,
              std::size_t index);
    ~open_link();
    open_link(open_link const&) = delete;
    open_link& operator=(open_link const&) = delete;

    /// As rooms::member::offer. One gather write for 190 messages.
    [[nodiscard]] std::size_t send(std::span<rooms::shared_message const> messages);

    /// The link has taken less than it was given: no more before it says so.
    void wait_for_link();

    /// Watches for what there is to be done.
    void rewatch();

    /// Reads what has come, for at most one turn's share. False when it is over.
    [[nodiscard]] bool read_turn();

    /// No room holds it back any more.
    void read_again();

    /// Says goodbye, and waits for the peer to end it.
    void close(ending const& why);

    /// False when its time is up: it goes, with a reset where it has one.
    [[nodiscard]] bool check_time(time_point now);

    /// The stream below, when nothing goes on; else null.
    [[nodiscard]] std::unique_ptr<transport::byte_stream> fold();

private:
    friend class visitors;

    void on_ready(bool readable, bool writable) override;
    [[nodiscard]] bool read_batch(std::size_t& taken, bool& more);
    [[nodiscard]] bool take(websocket::message_piece const& piece);
    [[nodiscard]] std::size_t send_some(std::span<rooms::shared_message const> messages);
    [[nodiscard]] std::size_t segments_of(rooms::shared_message const& message,
                                          std::span<websocket::message_segment> out) const;
    [[nodiscard]] bool push();
    [[nodiscard]] bool has_output() const noexcept {
        return is_full_ || sending_ || link_->wants_write();
    }
    void note_progress();

    visitors& owner_;
    visitor& slot_;
    std::unique_ptr<websocket::connection> link_;
    std::size_t index_;
    growing_buffer partial_;         // of the message that is coming in
    rooms::shared_message sending_;  // begun, and not taken to its end
    std::size_t sent_ = 0;           // of that, in bytes
    time_point heard_;
    time_point progress_;  // of the output, while there is any
    std::optional<time_point> closing_since_;
    std::uint64_t messages_ = 0;  // of the peer, since it was opened
    bool is_full_ = false;        // the link
    bool is_held_ = false;        // not read: a room waits for somebody
    bool in_message_ = false;
};

}  // namespace trunkline::chat
