// The frames of RFC 6455 without I/O, for both roles: bytes in, events and control frames out.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/utf8.hpp>
#include <trunkline/websocket/deflate_agreement.hpp>
#include <trunkline/websocket/error.hpp>
#include <trunkline/websocket/frame_header.hpp>
#include <trunkline/websocket/inflater.hpp>
#include <trunkline/websocket/mask.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace trunkline::websocket {

enum class message_kind : std::uint8_t { text = 1, binary = 2 };

enum class event_type : std::uint8_t {
    none,    ///< the input is used up
    data,    ///< a piece of a message
    ping,    ///< already answered (a pong is queued)
    pong,    ///< a sign of life
    close,   ///< the peer's Close; nothing follows; the owner answers with queue_close()
    failed,  ///< the peer broke the protocol; nothing follows; the owner answers with queue_close()
    full,    ///< the room for what is inflated is used up: to be called again with more of it
};

/// What the bytes meant. `bytes` is a view into the input, of a compressed message into the room
/// for it, or, for a control frame that came in several reads, into the protocol: valid until its
/// next call.
struct event {
    event_type type = event_type::none;
    message_kind kind = message_kind::binary;  ///< data
    bool begins = false;                       ///< data: the first piece of its message
    bool ends = false;                         ///< data: the last piece of its message
    std::uint16_t code =
        0;  ///< close: the peer's code, 1005 when it gave none; failed by a Close: too
    websocket_error error{};  ///< failed
    bytes_view bytes;         ///< data, ping, pong: the payload; close: the reason
};

/// The code that stands for "the Close frame had none" and never travels.
inline constexpr std::uint16_t no_close_code = 1005;

/// All control frames that can wait at once, as they travel: pongs, one ping, one close.
inline constexpr std::size_t control_wire_size_max =
    pending_pongs_size_max * 7 + 6 + 6 + control_payload_size_max;

/// State of one connection in 64 bytes; a control payload takes memory only while it waits to be
/// completed or sent, an inflater only while a compressed message is coming in. Single-threaded;
/// never fails except for want of memory (which ends the process).
///
/// Text is checked as it comes. Nothing is kept of data: pieces are handed on as they arrive, and
/// masked input is unmasked where it lies.
class protocol {
public:
    explicit protocol(role side, deflate_agreement agreed = {}) noexcept;
    ~protocol();
    protocol(protocol const&) = delete;
    protocol& operator=(protocol const&) = delete;

    /// Takes bytes from the front of `input` until something is to be told or all are taken. After
    /// close and failed everything is taken and nothing told.
    [[nodiscard]] event next(mutable_bytes& input, websocket_limits const& limits,
                             inflation& into) noexcept;

    /// The same where compression was not agreed on.
    [[nodiscard]] event next(mutable_bytes& input, websocket_limits const& limits) noexcept {
        inflation nothing;
        return next(input, limits, nothing);
    }

    /// True when next() may have more to tell without further input, given room.
    [[nodiscard]] bool owes_output() const noexcept { return owes_output_; }

    /// Queues an empty ping, unless one waits already or a Close is queued.
    void queue_ping() noexcept;

    /// Queues our Close, once; `reason` is cut to 123 bytes at a character's border, and
    /// no_close_code makes it empty. Pongs and a ping that wait go first.
    void queue_close(std::uint16_t code, std::string_view reason) noexcept;

    /// Queues the Close that `error` calls for, unless a Close is queued.
    void queue_close(websocket_error error) noexcept;

    /// Takes no more input, for a reason that the owner found.
    void end_input() noexcept;

    /// True while control frames wait to be sent.
    [[nodiscard]] bool has_control() const noexcept;

    /// Writes all waiting control frames to `to`; returns their size on the wire. To be sent at a
    /// frame border. They go on waiting: the link may not get as far as to them. A client takes a
    /// key per frame from `masks`.
    [[nodiscard]] std::size_t encode_control(std::span<std::byte, control_wire_size_max> to,
                                             mask_generator& masks) const noexcept;

    /// What encode_control() gave is on its way, from the first byte on: nothing of it waits any
    /// more. Called before anything else is queued.
    void control_taken() noexcept;

    [[nodiscard]] role side() const noexcept { return side_; }

    /// What the handshake brought.
    [[nodiscard]] deflate_agreement agreed() const noexcept {
        return {.window_bits = window_bits_};
    }

    /// True once our Close is queued: no data may follow.
    [[nodiscard]] bool close_queued() const noexcept { return close_queued_; }

    /// True once our Close is on its way.
    [[nodiscard]] bool close_taken() const noexcept { return close_taken_; }

    /// True once the peer's Close came, or the peer failed: input means nothing any more.
    [[nodiscard]] bool input_ended() const noexcept { return stage_ == stage::ended; }

    /// True between two messages, with nothing to be sent and no Close either way: a new protocol
    /// is in the same state.
    [[nodiscard]] bool at_rest() const noexcept;

private:
    enum class stage : std::uint8_t { header, data, control, ended };
    struct control_state;

    event fail_event(websocket_error error) noexcept;
    bool take_header(mutable_bytes& input, websocket_limits const& limits,
                     websocket_error& error) noexcept;
    websocket_error check_header(std::byte const* bytes, std::size_t size,
                                 websocket_limits const& limits) const noexcept;
    websocket_error check_length(frame_header const& header,
                                 websocket_limits const& limits) const noexcept;
    void begin_frame(frame_header const& header) noexcept;
    bool take_data(mutable_bytes& input, event& out) noexcept;
    bool take_compressed(mutable_bytes& input, websocket_limits const& limits, inflation& into,
                         event& out) noexcept;
    bool tell_data(bytes_view piece, bool ends, event& out) noexcept;
    inflate_state inflate_some(mutable_bytes& input, mutable_bytes& room) noexcept;
    bool take_control_payload(mutable_bytes& input, event& out) noexcept;
    event on_control(bytes_view payload) noexcept;
    event on_close(bytes_view payload) noexcept;
    void queue_pong(bytes_view payload) noexcept;
    control_state& control() noexcept;
    void release_control() noexcept;

    std::unique_ptr<control_state> control_;
    std::unique_ptr<inflater> inflater_;  // of the compressed message being received
    std::uint64_t payload_left_ = 0;      // of the frame being received
    std::uint64_t message_size_ = 0;      // of the message being received: what its headers say so
                                          // far, or what was inflated so far
    mask_key mask_ = 0;                   // rotated to the next byte; 0 on a client
    std::array<std::byte, header_size_max> header_{};
    std::uint8_t header_size_ = 0;
    role side_;
    stage stage_ = stage::header;
    opcode code_ = opcode::binary;  // of the frame being received, continuation resolved
    message_kind kind_ = message_kind::binary;
    utf8_validator text_;
    bool fin_ : 1 = false;
    bool in_message_ : 1 = false;
    bool message_told_ : 1 = false;  // its first piece was given
    bool ping_queued_ : 1 = false;
    bool close_queued_ : 1 = false;
    bool close_taken_ : 1 = false;
    std::uint8_t window_bits_ : 4;  // as agreed
    bool compressed_ : 1 = false;   // the message being received
    bool owes_output_ : 1 = false;  // the inflater was short of room
};

}  // namespace trunkline::websocket
