// The inside of a session, shared by its source files; not for users.
#pragma once

#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/base/heap_cost.hpp>
#include <trunkline/extension/control_frames.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/id_table.hpp>
#include <trunkline/frame/layout_detector.hpp>
#include <trunkline/frame/reassembly.hpp>
#include <trunkline/frame/stream_encoder.hpp>
#include <trunkline/rpc/agreed_extension.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/id_sequence.hpp>
#include <trunkline/rpc/outgoing_stream.hpp>
#include <trunkline/rpc/output_share.hpp>
#include <trunkline/rpc/session.hpp>
#include <trunkline/rpc/slab.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace trunkline::rpc {

inline constexpr std::uint32_t no_slot = frame::no_tag;

/// One message on its way in. Its bytes are one run: borrowed from the input as long as one piece
/// is all there is, else held.
struct message {
    enum class stage : std::uint8_t {
        head,            ///< the head is not complete
        request,         ///< collected until its End
        request_parts,   ///< handed over frame by frame
        response,        ///< collected until its End
        response_parts,  ///< handed over frame by frame
    };

    std::uint64_t serial = 0;  ///< tells uses of one slot apart
    std::uint32_t stream_id = 0;
    stage at = stage::head;
    header head;
    call_id call{};
    bytes_view borrowed;
    growing_buffer held;
    std::unique_ptr<received_fields> fields;  ///< what came before it in a header frame

    [[nodiscard]] std::size_t memory_taken() const noexcept {
        return held.memory_taken() + (fields ? fields->cost() : 0);
    }
    [[nodiscard]] bytes_view view() const noexcept {
        return held.size() > 0 ? held.view() : borrowed;
    }
};

/// The bytes of a message after it has left its slot: valid as long as this lives, or as the input.
struct detached_bytes {
    growing_buffer owner;
    bytes_view view;
};

/// A whole request that has come to its end while the output was full.
struct waiting_request {
    call_id id{};
    header head;
    growing_buffer bytes;
    std::unique_ptr<received_fields> fields;

    [[nodiscard]] std::size_t cost() const noexcept {
        return sizeof(waiting_request) + bytes.memory_taken() + (fields ? fields->cost() : 0);
    }
};

/// A call of the peer, from its head until it has been both received and answered.
struct incoming_call {
    call_id id{};
    std::uint64_t method_id = 0;
    std::uint32_t request_id = 0;
    std::uint32_t message = no_slot;            ///< until it has been received
    std::optional<std::uint32_t> first_credit;  ///< of an answer in parts, where that is agreed
    bool received = false;
    bool answered = false;                    ///< also for events, which get no answer
    bool forced = false;                      ///< goes on although answers fill the output
    std::unique_ptr<outgoing_stream> answer;  ///< while it is answered in parts
};

/// A call of ours that awaits its response.
struct pending_call {
    delivery want = delivery::whole;
    std::uint32_t response = no_slot;          ///< its message, once begun
    std::unique_ptr<outgoing_stream> request;  ///< while its parts are being written
    std::uint64_t begin = not_queued;          ///< of its first byte, in the output

    static constexpr std::uint64_t not_queued = std::numeric_limits<std::uint64_t>::max();
};

/// Something of ours to send that waits for the layout: one stream, as far as it has been written.
struct deferred_stream {
    std::uint32_t stream_id = 0;
    std::uint32_t request_id = 0;
    std::vector<std::byte> bytes;
    bool ended = false;
    bool event = false;

    [[nodiscard]] std::size_t cost() const noexcept {
        return sizeof(deferred_stream) + heap_cost(bytes.capacity());
    }
};

class session::state {
public:
    state(session_options const& options, session_events& events);

    // session_incoming.cpp
    result<std::size_t> receive(bytes_view input, bool ends_message, std::uint64_t now_us);
    result<void> settle();
    void disconnect(error_code why);
    bool start_waiting(std::uint64_t now_us);
    [[nodiscard]] bool wants_input() const noexcept;
    [[nodiscard]] std::size_t held_size() const noexcept;
    [[nodiscard]] std::size_t memory_left() const noexcept;
    [[nodiscard]] bool mid_message() const noexcept;
    [[nodiscard]] bool mid_frame() const noexcept;
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] std::optional<folded_session> fold() const noexcept;

    // session_outgoing.cpp
    result<std::uint32_t> call(std::uint64_t method_id, std::span<slice> arguments, delivery want,
                               std::uint64_t now_us, extension::call_fields const* fields);
    result<std::uint32_t> begin_call(std::uint64_t method_id, bytes_view metadata, delivery want,
                                     std::uint64_t now_us, extension::call_fields const* fields);
    result<void> write_call(std::uint32_t request_id, std::span<slice> part, std::uint64_t now_us);
    [[nodiscard]] bool event_awaits_layout() const noexcept;
    result<void> end_call(std::uint32_t request_id, std::uint64_t now_us);
    void cancel_call(std::uint32_t request_id, std::uint64_t now_us, extension::code why);
    [[nodiscard]] bool call_was_sent(std::uint32_t request_id) const noexcept;
    result<void> send_event(std::uint64_t method_id, std::span<slice> arguments,
                            std::uint64_t now_us);
    void announce(std::uint64_t now_us);
    void answer(call_id id, status code, std::span<slice> body, std::uint64_t now_us,
                extension::call_fields const* fields);
    void begin_answer(call_id id, std::uint64_t now_us, extension::call_fields const* fields);
    void write_answer(call_id id, std::span<slice> part, std::uint64_t now_us);
    void end_answer(call_id id, std::uint64_t now_us);

    // session_extension.cpp
    void extend(bool checks);
    void await_checks();
    void agree(call_id id, std::span<slice> text, bool checks, std::uint64_t now_us);
    [[nodiscard]] bool has_credit(std::uint32_t request_id) noexcept;
    [[nodiscard]] bool has_credit(call_id id) noexcept;
    [[nodiscard]] open_window* window_of(call_id id) noexcept;
    [[nodiscard]] open_window* window_of(std::uint32_t request_id) noexcept;
    void let_go_of(open_window* of, std::size_t bytes, std::uint64_t now_us);
    void reset_answer(call_id id, extension::code why, std::uint64_t now_us);
    bool ping(bytes_view payload, std::uint64_t now_us);
    void go_away(extension::code why, std::string_view text, std::uint64_t now_us);
    void end_input(std::uint64_t now_us);

    [[nodiscard]] session_limits const& limits() const noexcept { return limits_; }
    [[nodiscard]] incoming_call* find_call(call_id id) noexcept;

    std::unique_ptr<agreed_extension> agreed;  // null until both sides have agreed to it
    fair_queue output;
    mutable output_share calls_queued;  // forgets what has gone whenever it is asked
    std::optional<frame::layout> layout;
    bool checked = false;  // frames of ours; of the peer since it has agreed
    session_counters counters;
    std::size_t unanswered = 0;
    std::size_t kept = 0;         // bytes, by handlers
    std::size_t parts_held = 0;   // bytes, by who joins parts
    std::size_t input_stops = 0;  // handlers that want nothing more

private:
    void resume(folded_session const& from) noexcept;

    // Bytes in
    result<std::size_t> take(bytes_view input, bool ends_message);
    error_code detect(bytes_view input, bool ends_message);
    result<std::size_t> consume(bytes_view input, bool from_backlog);
    error_code accept(frame::fragment const& part, bool from_backlog);
    error_code handle(frame::arrived const& what, bool may_borrow);
    error_code take_piece(frame::arrived const& piece, bool may_borrow);
    void take_cancel(frame::stream_tag tag);
    error_code count_protocol_error();
    [[nodiscard]] error_code check_held() noexcept;

    // Messages
    std::uint32_t make_message(std::uint32_t stream_id);
    error_code store(std::uint32_t slot, bytes_view bytes, bool may_borrow);
    error_code hold(message& into, bytes_view bytes);
    detached_bytes detach_bytes(message& from) noexcept;
    void put_message(std::uint32_t slot);
    std::unique_ptr<received_fields> take_fields(std::uint32_t slot) noexcept;
    void drop_message(std::uint32_t slot);
    error_code frame_done(std::uint32_t slot, bool is_end);
    error_code read_head(std::uint32_t slot);
    void begin_request(std::uint32_t slot);
    void begin_response(std::uint32_t slot);
    void hand_over_part(std::uint32_t slot, std::size_t skip);
    void finish(std::uint32_t slot);
    void finish_request(std::uint32_t slot);
    [[nodiscard]] bool take_whole(std::uint32_t slot);
    void tell_request(call_id id, header const& head, bytes_view whole,
                      received_fields const* fields);
    void finish_response(std::uint32_t slot);
    void forget_incoming();

    // The extension
    error_code take_extension(frame::fragment const& part);
    error_code take_extension_frame(frame::header const& head, bytes_view payload);
    error_code take_header(std::uint32_t stream_id, bytes_view payload);
    error_code take_credit(std::uint32_t stream_id, bytes_view payload);
    error_code take_reset(bytes_view payload);
    error_code take_ping(bytes_view payload);
    error_code take_pong(bytes_view payload);
    error_code take_go_away(bytes_view payload);
    void adopt_fields(std::uint32_t slot);
    void forget_fields(std::uint32_t stream_id);
    [[nodiscard]] bool must_read() const noexcept;
    [[nodiscard]] std::optional<rpc_error> refuse_fields(message const& of) const noexcept;
    void open_window_of(std::uint32_t slot);
    void close_window(std::uint32_t stream_id);
    [[nodiscard]] bool count_credit(std::uint32_t stream_id, std::size_t bytes) noexcept;
    void give_credit(open_window& of);
    void grant(std::uint32_t stream_id);
    error_code refuse_beyond_credit(std::uint32_t slot);
    void give_up(call_id id, error_code why);
    void send_reset(extension::reset_fields const& what);
    void reset_call(extension::reset_by by, std::uint32_t request_id, extension::code why);
    void put_under_credit(outgoing_stream& stream, std::uint32_t first, credited_stream const& of);
    void forget_credit(outgoing_stream const& stream);
    [[nodiscard]] error_code encode_call_fields(extension::call_fields const* fields, bool in_parts,
                                                delivery want);
    void encode_answer_fields(extension::call_fields const* fields, bool under_credit);
    void send_fields(std::uint32_t stream_id, frame::frame_sink const& to);
    [[nodiscard]] extension::control_sink control() noexcept {
        return {output.urgent(), *layout, now_us_, checked};
    }

    // Refusals (FORMAT.md, "Limits")
    [[nodiscard]] std::optional<rpc_error> refuse_request() const noexcept;
    [[nodiscard]] bool output_has_room() const noexcept;
    void refuse_message(std::uint32_t slot, rpc_error why);
    void refuse_head(header const& head, rpc_error why);
    void begin_refusal(bytes_view known, rpc_error why);
    void go_on_refusing(frame::fragment const& part);

    // Calls of the peer and of ours
    void cancel_incoming(call_id id, error_code why);
    void mark_answered(incoming_call& of);
    void release_call(incoming_call& of);
    void lose(std::uint32_t request_id, error_code why);
    void end_request(pending_call& of);
    [[nodiscard]] std::uint64_t output_end() const noexcept {
        return output.in_order().consumed() + output.in_order().size();
    }
    [[nodiscard]] bool was_sent(pending_call const& of) const noexcept {
        return output.in_order().sent_end() > of.begin;
    }
    void drop_response(pending_call& of);

    // Bytes out
    [[nodiscard]] error_code refuse_new_call() const noexcept;
    [[nodiscard]] error_code refuse_to_queue(std::size_t waiting) const noexcept;
    std::uint32_t take_request_id();
    std::uint32_t take_stream_id();
    result<std::uint32_t> send_call(message_type type, std::uint64_t method_id,
                                    std::span<slice> arguments);
    void send_whole(bytes_view head, std::span<slice> body, frame::frame_sink const& to);
    void send_response(std::uint32_t request_id, std::uint64_t method_id, status code,
                       std::span<slice> body, bool forced);
    void end_answer_now(incoming_call& of);
    void finish_answer(incoming_call& of);
    deferred_stream& defer(std::uint32_t request_id, bytes_view head, std::span<slice> body);
    deferred_stream* find_deferred(std::uint32_t request_id) noexcept;
    void append_deferred(deferred_stream& to, std::span<slice> body);
    void send_deferred();
    [[nodiscard]] frame::frame_sink sink() noexcept {
        return {output.in_order(), *layout, now_us_, checked};
    }
    // For whole answers of more than one frame: others may overtake them.
    [[nodiscard]] frame::frame_sink large_sink() noexcept {
        return {output.large(), *layout, now_us_, checked};
    }

    session_events& events_;
    session_limits limits_;
    bool message_borders_;
    std::size_t kept_mark_;
    std::uint32_t id_bit_;
    id_sequence stream_ids_;
    std::uint32_t next_request_id_;

    std::optional<frame::layout_detector> detector_;
    std::optional<frame::decoder> decoder_;
    frame::reassembly reassembly_;
    slab<message> messages_;
    std::size_t most_held_ = 0;      // since memory was last given back
    std::size_t messages_held_ = 0;  // memory of their buffers
    std::uint64_t next_serial_ = 1;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> borrowing_;  // slot and serial

    slab<incoming_call> calls_;
    std::size_t unfinished_ = 0;
    std::vector<waiting_request> waiting_;  // in order; all of them begun
    std::size_t waiting_size_ = 0;          // what they cost
    frame::id_table<std::uint32_t, pending_call> pending_;
    std::vector<std::uint32_t> lost_unsent_;  // in order; while disconnect() tells of what is lost
    std::vector<deferred_stream> deferred_;
    std::size_t deferred_size_ = 0;  // what they cost
    output_share events_queued_;
    mutable output_share forced_;  // refusals, and answers to forced calls

    // A message that is being refused although its head has not all come: its first bytes.
    std::array<std::byte, header_size> refused_head_{};
    std::size_t refused_head_size_ = 0;
    std::optional<rpc_error> refusing_;  // why

    std::vector<std::byte> fields_;  // of the call or answer that is being sent, encoded
    std::uint64_t now_us_ = 0;
    std::uint64_t protocol_errors_ = 0;
    error_code failure_;
    bool connected_ = true;
    bool receiving_ = false;
};

}  // namespace trunkline::rpc
