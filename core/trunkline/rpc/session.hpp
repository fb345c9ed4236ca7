// The protocol state of one connection: bytes in, events and bytes out. No socket, clock, thread,
// exception or log.
#pragma once

#include <trunkline/base/fair_queue.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/folded_session.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace trunkline::rpc {

/// Which side of the connection we are: decides the high bit of the ids we allocate (FORMAT.md,
/// "Ids").
enum class side : std::uint8_t { dialer, acceptor };

/// How the body of a message is handed over: whole at its End, or part by part as frames arrive.
enum class delivery : std::uint8_t { whole, parts };

/// Names one incoming call within its session; never reused while the session lives.
enum class call_id : std::uint64_t {};

/// The head of an RPC message. `metadata` is valid until the event returns.
struct message_head {
    message_type type = message_type::call;  ///< call, response or event
    std::uint32_t request_id = 0;            ///< of who made the call
    std::uint64_t method_id = 0;             ///< hash of the name of the method
    bytes_view metadata;                     ///< valid until the event returns
    /// What came with it, from a peer that has agreed to the extension; null without any. Valid
    /// until the event returns.
    extension::call_fields const* fields = nullptr;
};

/// What a session tells its owner, in wire order. Views are valid until the call returns. The owner
/// may call back into the session (answer, call, cancel) from inside any of these.
class session_events {
public:
    /// An incoming call (or event: no answer may be given) whose head is complete. The returned
    /// value says how its body is wanted.
    virtual delivery on_call(call_id id, message_head const& head) = 0;

    /// The whole call, for delivery::whole. `arguments` is the payload when there is one, else the
    /// metadata.
    virtual void on_request(call_id id, message_head const& head, bytes_view arguments) = 0;

    /// A part of the payload, one per frame (possibly empty), for delivery::parts.
    virtual void on_call_part(call_id id, bytes_view part) = 0;

    /// No more parts will come, for delivery::parts.
    virtual void on_call_end(call_id id) = 0;

    /// The call is gone: its caller cancelled it, a limit dropped it, or the connection ended
    /// (`why` says which). Reported once for every call that was begun and not yet both received to
    /// its end and answered.
    virtual void on_call_cancelled(call_id id, error_code why) = 0;

    /// The whole response to a call of ours, for delivery::whole. Also the form of every error
    /// status.
    virtual void on_response(std::uint32_t request_id, status code, bytes_view body) = 0;

    /// A response begins, continues, ends, for delivery::parts and success.
    virtual void on_response_begin(std::uint32_t request_id) = 0;
    /// Bytes of an answer, in order, cut anywhere; valid until it returns.
    virtual void on_response_part(std::uint32_t request_id, bytes_view part) = 0;
    /// An answer is complete. Nothing follows for this call.
    virtual void on_response_end(std::uint32_t request_id) = 0;

    /// A call of ours will get no (further) response: the connection ended, the peer cancelled, or
    /// a limit was hit.
    virtual void on_call_lost(std::uint32_t request_id, error_code why) = 0;

    // Of the extension (extension/FORMAT.md), told only between peers that have agreed to it
    // --------------------------------------------------------------------------------------------

    /// What came with the answer to a call of ours, before anything else of the answer.
    virtual void on_response_fields(std::uint32_t /*request_id*/,
                                    extension::call_fields const& /*fields*/) {}

    /// Nothing of a call of ours waits for credit any more: more of it may be written.
    virtual void on_call_room(std::uint32_t /*request_id*/) {}
    /// The same for an answer in parts.
    virtual void on_answer_room(call_id /*id*/) {}

    /// The answer to session::ping().
    virtual void on_pong(bytes_view /*payload*/) {}

    /// The peer takes no more calls; closes, where `why` is a close code (extension::
    /// is_close_code). `text` is for people: what came, UTF-8 or not.
    virtual void on_go_away(extension::code /*why*/, std::string_view /*text*/) {}

protected:
    ~session_events() = default;
};

/// Bytes that a ping of ours may carry.
inline constexpr std::size_t ping_payload_max = extension::ping_size_max - 1;

/// What a session counts about its peer; for logs and metrics.
struct session_counters {
    std::uint64_t frames_received = 0;    ///< whole ones
    std::uint64_t frames_skipped = 0;     ///< unknown kind, duplicates, frames of dropped streams
    std::uint64_t requests_received = 0;  ///< calls and events that were not refused
    std::uint64_t responses_dropped = 0;  ///< for no pending call
    std::uint64_t calls_refused = 0;      ///< by a limit
};

/// What a session is made with.
struct session_options {
    side local_side = side::acceptor;  ///< decides which half of the ids is ours
    /// Empty: detect from the peer's first bytes (acceptor) or stay with layout b (dialer).
    std::optional<frame::layout> layout;
    /// The transport keeps message borders: detection then waits for the end of the first message.
    bool message_borders = false;
    /// Both sides have agreed to the extension before the first frame; the layout is b then.
    bool extended = false;
    /// Agree to the extension when the peer asks for it by a call: what an endpoint does.
    bool extensible = false;
    session_limits limits;               ///< what the peer can make us hold
    std::uint32_t first_stream_id = 0;   ///< the high bit is set or cleared by `local_side`
    std::uint32_t first_request_id = 1;  ///< of the calls of this side
    /// Go on where another session was folded, of the same side and limits. The layout and the
    /// first ids above mean nothing then.
    std::optional<folded_session> resumed = {};
};

/// One session per connection. Single-threaded. `events` outlives it.
/// `now_us` arguments are microseconds since 1970 UTC and are only written into headers of layout
/// a.
class session {
public:
    /// `events` outlives the session.
    session(session_options const& options, session_events& events);
    ~session();
    session(session const&) = delete;
    session& operator=(session const&) = delete;

    /// Takes bytes as they came, of any size; gives events. `ends_message` tells that the transport
    /// kept a message border after these bytes (used by layout detection only). Returns how many
    /// bytes were taken: fewer at a mark (output, unanswered requests), and after output that is
    /// worth a write (fair_queue.hpp): give the rest again once you have begun to send and while
    /// `wants_input()` holds.
    /// Fails with an rpc_error when the connection must end: frame_too_large, held_too_much,
    /// too_many_protocol_errors, bad_check. Bytes may be borrowed from `input` until settle() is
    /// called.
    [[nodiscard]] result<std::size_t> receive(bytes_view input, bool ends_message,
                                              std::uint64_t now_us);

    /// Copies what is still borrowed from earlier receive() calls: call it before the input buffer
    /// is reused. Fails with held_too_much or out_of_memory.
    [[nodiscard]] result<void> settle();

    /// False while answers in the output, unanswered requests or what handlers keep are above their
    /// marks, or a handler wants nothing more. While a call of ours waits, or an answer of ours is
    /// under credit, none of the three stops the input: the first lets whole requests wait, the
    /// others refuse them. So handlers get the answers and the credit that they wait for, and two
    /// peers that answer each other both go on reading. What the peer makes us say meanwhile stops
    /// it, above the mark on output.
    [[nodiscard]] bool wants_input() const noexcept;

    /// Starts requests that have waited for answers in the output to go, as far as there is room
    /// now; true when there were any. By the owner, whenever output has gone.
    bool start_waiting(std::uint64_t now_us);

    /// The peer has ended its direction, and all of it has been taken. Nothing where the extension
    /// has not been agreed to; else answers that wait for credit are given up, as none can come:
    /// their callers get a reset with the code `flow`, their handlers
    /// session_events::on_call_cancelled() with beyond_credit. Again after each further output.
    void end_input(std::uint64_t now_us);

    /// The connection ended: every pending call of ours is lost and every incoming one cancelled,
    /// with `why`. Output that is queued stays: the owner sends it or clears it.
    void disconnect(error_code why);

    // Calls of ours
    // --------------------------------------------------------------------------------------------

    /// A complete call; the arguments travel as FORMAT.md "Arguments" says. Returns its request id.
    /// Fails with not_connected after disconnect(), message_too_large, too_many_calls, and with
    /// queue_full while more than events_queued_size_max waits for the layout. `fields` travel with
    /// it to a peer that has agreed to the extension, and to no other: metadata then fails with
    /// not_extended. Fails with metadata_too_large as extension::encode_fields(), and with
    /// peer_going_away after on_go_away().
    [[nodiscard]] result<std::uint32_t> call(std::uint64_t method_id, std::span<slice> arguments,
                                             delivery want, std::uint64_t now_us,
                                             extension::call_fields const* fields = nullptr);

    /// A call whose payload follows in parts. Fails as call(), and with metadata_too_large above
    /// 65535 bytes.
    [[nodiscard]] result<std::uint32_t> begin_call(std::uint64_t method_id, bytes_view metadata,
                                                   delivery want, std::uint64_t now_us,
                                                   extension::call_fields const* fields = nullptr);
    /// What there is no credit for waits until there is. Fails with unknown_call, and with
    /// queue_full as call(): the part is then not written.
    [[nodiscard]] result<void> write_call(std::uint32_t request_id, std::span<slice> part,
                                          std::uint64_t now_us);
    /// The end of the parts of a call. Fails with unknown_call.
    [[nodiscard]] result<void> end_call(std::uint32_t request_id, std::uint64_t now_us);

    /// Gives up a call: its request stream is cancelled if unfinished, and otherwise the peer is
    /// told by a reset where that has been agreed on. Later responses are dropped. No event
    /// follows.
    void cancel_call(std::uint32_t request_id, std::uint64_t now_us,
                     extension::code why = extension::code::cancelled);

    /// Whether any byte of a call of ours has left the output. Of a pending one, and inside
    /// session_events::on_call_lost(); true where nothing is known.
    [[nodiscard]] bool call_was_sent(std::uint32_t request_id) const noexcept;

    /// A message of type event: never answered. Fails as call(), and with queue_full while more
    /// than events_queued_size_max of events waits in the output.
    [[nodiscard]] result<void> send_event(std::uint64_t method_id, std::span<slice> arguments,
                                          std::uint64_t now_us);

    /// A sign of life that means nothing (FORMAT.md, "Layout"), so that an accepting side may begin
    /// to call us before we have called it. Nothing while the layout is not known.
    void announce(std::uint64_t now_us);

    // Answers
    // --------------------------------------------------------------------------------------------

    /// The whole answer. Unknown, already answered or cancelled ids are ignored: the caller may
    /// have gone. `fields` travel with it where that has been agreed on; those that are too large
    /// do not.
    void answer(call_id id, status code, std::span<slice> body, std::uint64_t now_us,
                extension::call_fields const* fields = nullptr);

    /// An answer in parts: status success, then parts (each at least one frame), then its end.
    void begin_answer(call_id id, std::uint64_t now_us,
                      extension::call_fields const* fields = nullptr);
    /// A part of an answer that was begun; takes the slices. What there is no credit for waits
    /// until there is.
    void write_answer(call_id id, std::span<slice> part, std::uint64_t now_us);
    /// The end of an answer that was begun.
    void end_answer(call_id id, std::uint64_t now_us);

    /// No (further) answer: the caller is told by a reset. Nothing where the peer has not agreed to
    /// the extension, and for ids that answer() ignores.
    void reset_answer(call_id id, extension::code why, std::uint64_t now_us);

    /// True while an answer to this call, or a further part of it, would still be sent.
    [[nodiscard]] bool answerable(call_id id) const noexcept;

    // The extension
    // --------------------------------------------------------------------------------------------

    /// Both sides have agreed to the extension: from now on its frames are sent and taken. The
    /// layout is known. `checked`: and to checks, so every frame that is sent or comes from now on
    /// is a checked one. Nothing that is queued from now on leaves before what is queued already.
    void extend(bool checked = false);
    /// Whether they have.
    [[nodiscard]] bool extended() const noexcept;
    /// Whether frames are checked.
    [[nodiscard]] bool checked() const noexcept;

    /// By the connecting side, right behind the call that asks for checks: every frame from now on
    /// is a checked one, and leaves after extend() only.
    void await_checks();
    /// By the other side: answers that call and extends. The answer leaves behind all that was
    /// queued before, and before all that is queued later.
    void agree(call_id id, std::span<slice> answer, bool checked, std::uint64_t now_us);

    /// Whether a part of this call of ours would go out now, as far as its credit is concerned.
    [[nodiscard]] bool has_credit(std::uint32_t request_id) const noexcept;
    /// The same for the answer to a call of the peer.
    [[nodiscard]] bool has_credit(call_id id) const noexcept;

    /// Whether what the peer sends on this call is under credit: then hold() and let_go_of() say
    /// how much of it nobody has read. Otherwise they do nothing.
    [[nodiscard]] bool is_under_credit(call_id id) const noexcept;
    /// The same for the answer to a call of ours.
    [[nodiscard]] bool is_under_credit(std::uint32_t request_id) const noexcept;
    /// So many bytes that came on this call have been kept for a reader.
    void hold(call_id id, std::size_t bytes) noexcept;
    /// The same for the answer to a call of ours.
    void hold(std::uint32_t request_id, std::size_t bytes) noexcept;
    /// The reader has taken so many of them: the peer may send more.
    void let_go_of(call_id id, std::size_t bytes, std::uint64_t now_us);
    /// The same for the answer to a call of ours.
    void let_go_of(std::uint32_t request_id, std::size_t bytes, std::uint64_t now_us);

    /// Asks the peer for a sign of life: on_pong() gives `payload` back, of which there are at most
    /// ping_payload_max bytes. False, and nothing is sent, where the peer has not agreed to it, and
    /// while the peer takes nothing.
    [[nodiscard]] bool ping(bytes_view payload, std::uint64_t now_us);

    /// Tells the peer that no call is taken any more; those that come all the same are refused.
    /// What has begun goes on. Nothing where the peer has not agreed to it; once, and once more
    /// with a close code.
    void go_away(extension::code why, std::string_view text, std::uint64_t now_us);

    /// Whether the peer has said so.
    [[nodiscard]] bool peer_goes_away() const noexcept;

    // What handlers keep
    // --------------------------------------------------------------------------------------------

    /// Counts `bytes` that somebody else keeps for a request among what is held for the peer, until
    /// let_go(). False, and nothing counted, when that is more than may be held. Above half of what
    /// may be held beside the largest message no further request is started.
    [[nodiscard]] bool keep(std::size_t bytes) noexcept;
    /// Bytes that were kept are no longer.
    void let_go(std::size_t bytes) noexcept;

    /// The same for the bytes of a message that is still on its way, which must go on: they do not
    /// hold up further requests.
    [[nodiscard]] bool hold_part(std::size_t bytes) noexcept;
    /// Bytes of hold_part() are held no longer.
    void let_part_go(std::size_t bytes) noexcept;

    /// No further request is started between the two; they nest.
    void stop_input() noexcept;
    /// Reads on after stop_input().
    void resume_input() noexcept;

    // State
    // --------------------------------------------------------------------------------------------

    /// Bytes to be sent, frame by frame; whole answers of more than one frame may be overtaken by
    /// what is smaller, between two of their frames. The owner peeks, writes and consumes. What one
    /// peek gives may go out in one write; it ends after a Cancel frame, which must be the last of
    /// its write.
    [[nodiscard]] fair_queue& output() noexcept;
    /// Bytes that wait to be written.
    [[nodiscard]] std::size_t output_size() const noexcept;

    /// Empty until known.
    [[nodiscard]] std::optional<frame::layout> layout() const noexcept;

    /// Whether an event of ours waits for the layout: the peer has to speak before it can be sent.
    [[nodiscard]] bool event_awaits_layout() const noexcept;

    /// Bytes held for the peer: partial frames, reassembly, unfinished requests, their bookkeeping,
    /// and what handlers keep.
    [[nodiscard]] std::size_t held_size() const noexcept;

    /// How much more may be held before the connection ends.
    [[nodiscard]] std::size_t memory_left() const noexcept;

    /// Bytes of one message at most: session_limits::message_size_max.
    [[nodiscard]] std::size_t message_size_max() const noexcept;

    /// Requests received to their end and not yet answered.
    [[nodiscard]] std::size_t unanswered_requests() const noexcept;

    /// True while the peer has begun something, a frame or a message, whose rest has not come.
    [[nodiscard]] bool mid_message() const noexcept;

    /// True while the peer has begun a frame, or what may become one, whose rest has not come.
    [[nodiscard]] bool mid_frame() const noexcept;

    /// True when nothing is open, pending, held or queued.
    [[nodiscard]] bool idle() const noexcept;

    /// What another session needs to go on in place of this one (session_options::resumed), which
    /// is to be destroyed then. Empty unless idle(), with nothing kept by handlers, and as long as
    /// its counts are small enough.
    [[nodiscard]] std::optional<folded_session> fold() const noexcept;

    /// What has been counted so far.
    [[nodiscard]] session_counters const& counters() const noexcept;

private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace trunkline::rpc
