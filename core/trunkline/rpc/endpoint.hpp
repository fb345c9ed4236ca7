// Joins one session to a dispatcher and to the callbacks of our own calls: all of RPC on one
// connection, without I/O.
#pragma once

#include <trunkline/frame/id_table.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/session.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace trunkline::rpc {

/// How one call of ours ended. `body` is valid until the callback returns.
struct response {
    error_code error;  ///< set when no answer came (connection_lost, cancelled_by_peer, ...); the
                       ///< rest is then empty
    status code = status::success;  ///< what the peer says of the call
    bytes_view body;                ///< the answer; valid until the handler returns
    /// What came with it from a peer that has agreed to the extension; null without any, and valid
    /// until the handler returns.
    extension::call_fields const* fields = nullptr;
    bool was_sent = true;  ///< false where the peer can have done nothing of the call: no byte of
                           ///< it has left this side, or the peer has refused it
};

/// Given the answer to a call, or why there is none; what it views is valid until it returns.
using response_callback = std::function<void(response const&)>;

/// Receives a streamed response. Destroyed by its owner, after on_end or on_failed, or after
/// endpoint::cancel.
class response_stream {
public:
    /// What came with the answer, before its first part; valid until it returns.
    virtual void on_fields(extension::call_fields const& /*fields*/) {}
    /// Bytes of the answer, in order, cut anywhere; valid until it returns.
    virtual void on_part(bytes_view part) = 0;
    /// The answer is complete. Nothing follows.
    virtual void on_end() = 0;
    /// `code` is success when `error` is set.
    virtual void on_failed(error_code error, status code, bytes_view body) = 0;

protected:
    ~response_stream() = default;
};

/// Pings of ours that may be on their way at once.
inline constexpr std::size_t pings_at_once_max = 64;

/// Somebody with more to write than there is room for.
class room_waiter {
public:
    /// There is room: write as long as endpoint::has_room().
    virtual void on_room() = 0;

protected:
    ~room_waiter() = default;
};

/// Single-threaded. `methods` outlives it. `clock` gives microseconds since 1970 UTC.
class endpoint final : private session_events {
public:
    /// Microseconds since 1970 UTC.
    using clock_function = std::uint64_t (*)(void* context) noexcept;

    /// `methods` and what `clock_context` points at outlive the endpoint.
    endpoint(session_options const& options, dispatcher const& methods, clock_function clock,
             void* clock_context);
    ~endpoint();
    endpoint(endpoint const&) = delete;
    endpoint& operator=(endpoint const&) = delete;

    /// The protocol state: the driver feeds it and drains its output.
    [[nodiscard]] session& protocol() noexcept;
    /// The protocol below it, to be looked at.
    [[nodiscard]] session const& protocol() const noexcept;

    /// What its clock says, in microseconds since 1970 UTC.
    [[nodiscard]] std::uint64_t now_us() const noexcept;

    /// A whole call with a whole answer. The callback is called exactly once, also at disconnect;
    /// after an immediate failure (returned) it is not called.
    /// `fields`: as session::call().
    [[nodiscard]] result<std::uint32_t> call(std::uint64_t method_id, std::span<slice> arguments,
                                             response_callback on_answer,
                                             extension::call_fields const* fields = nullptr);

    /// A call in parts with an answer in parts; `receiver` outlives the call.
    [[nodiscard]] result<std::uint32_t> open(std::uint64_t method_id, bytes_view metadata,
                                             response_stream& receiver,
                                             extension::call_fields const* fields = nullptr);
    /// A part of a call that was begun; takes the slices. Fails with unknown_call.
    [[nodiscard]] result<void> write(std::uint32_t request_id, std::span<slice> part);
    /// The end of the parts. Fails with unknown_call.
    [[nodiscard]] result<void> end(std::uint32_t request_id);
    /// Gives a call up: the peer is told, and no answer comes.
    void cancel(std::uint32_t request_id, extension::code why = extension::code::cancelled);

    // The extension (extension/FORMAT.md)
    // --------------------------------------------------------------------------------------------

    /// By the connecting side, as its first call: asks the peer to agree to the extension, and
    /// calls `done` once with what came of it. `checked`: and to check all frames; then nothing
    /// else is sent before the answer, and nothing ever where the peer does not: the connection is
    /// to be ended. Fails as call().
    [[nodiscard]] result<void> hello(std::function<void(bool agreed)> done, bool checked = false);

    /// Calls `done` once the peer has given a sign of life; never when the connection ends first.
    /// False, and nothing is sent, where the peer has not agreed to it, while it takes nothing, and
    /// above pings_at_once_max.
    [[nodiscard]] bool ping(std::function<void()> done);

    /// Tells the peer that no call is taken any more, as session::go_away().
    void go_away(extension::code why, std::string_view text);

    /// What a go-away of the peer said.
    struct parting {
        extension::code why = extension::code::none;  ///< the reason, or a close code
        std::string text;                             ///< for people: what came, UTF-8 or not
    };

    /// What the last one said; null before the first.
    [[nodiscard]] parting const* peer_parting() const noexcept { return parting_.get(); }

    // The flow of parts
    // --------------------------------------------------------------------------------------------

    /// Whether a further part would go out soon: little waits in the output, and the layout is
    /// known. Who writes parts in any number waits for it. After disconnect() there is nothing to
    /// wait for: who writes is told by what a write says.
    [[nodiscard]] bool has_room() const noexcept;

    /// Tells `who` once there is room, those who waited longest first, and all at disconnect().
    void await_room(std::weak_ptr<room_waiter> who);

    /// Whether a further part of this call of ours would go out soon: as has_room(), and what was
    /// written before does not wait for credit.
    [[nodiscard]] bool has_room(std::uint32_t request_id) const noexcept {
        return disconnected_ || (has_room() && session_.has_credit(request_id));
    }
    /// Tells `who` once has_room(request_id) may have become true. One at a time for each call.
    void await_room(std::uint32_t request_id, std::weak_ptr<room_waiter> who);

    /// Those who wait, and some who have gone meanwhile.
    [[nodiscard]] std::size_t waiting_for_room() const noexcept { return room_waiters_.size(); }

    /// Whether calls of the peer are being served in parts.
    [[nodiscard]] bool serves_streams() const noexcept { return !streams_.empty(); }
    /// Whether disconnect() has been called.
    [[nodiscard]] bool is_disconnected() const noexcept { return disconnected_; }

    /// By the owner, when output has gone: tells who waits as long as there is room. Returns
    /// whether somebody was told.
    bool offer_room();

    /// Counts `bytes` of parts that somebody joins or keeps for a reader among what is held for the
    /// peer, until let_part_go(). False, and nothing counted, when that is more than may be held.
    [[nodiscard]] bool hold_part(std::size_t bytes) noexcept { return session_.hold_part(bytes); }
    /// As session::let_part_go().
    void let_part_go(std::size_t bytes) noexcept { session_.let_part_go(bytes); }

    /// Bytes that wait for a reader and for nothing else. While there are more than
    /// stream_input_size_mark nothing more is read from the peer.
    void queue_for_reader(std::size_t bytes) noexcept;
    /// The reader has taken so many of them; below the mark the peer is read from again.
    void taken_by_reader(std::size_t bytes);

    /// Whether what comes of the answer to a call of ours is under credit: then what a reader has
    /// not taken yet holds up that answer alone, by the two functions below in place of the two
    /// above. The same until the answer has ended.
    [[nodiscard]] bool is_under_credit(std::uint32_t request_id) const noexcept {
        return session_.is_under_credit(request_id);
    }
    /// Bytes of the answer that wait for their reader.
    void queue_for_reader(std::uint32_t request_id, std::size_t bytes) noexcept {
        session_.hold(request_id, bytes);
    }
    /// The reader has taken so many of them.
    void taken_by_reader(std::uint32_t request_id, std::size_t bytes);

    /// A message that is never answered. Fails as call(), and with queue_full while the peer is
    /// too slow for the events before it: this one is not sent then.
    [[nodiscard]] result<void> send(std::uint64_t method_id, std::span<slice> message);

    /// As session::announce().
    void announce();

    /// What handlers are told of the connection they serve (request::owner).
    void set_owner(void* owner) noexcept { owner_ = owner; }

    /// As session::fold(); empty also while a handler may still answer, or somebody waits for room.
    [[nodiscard]] std::optional<folded_session> fold() const noexcept;

    /// Fails everything that is pending and tells every handler; later calls fail with
    /// not_connected.
    void disconnect(error_code why);

    /// Called whenever output was queued outside of session::receive, so that the owner flushes.
    void on_output(std::function<void()> notify);

private:
    friend class responder;
    delivery on_call(call_id id, message_head const& head) override;
    void on_request(call_id id, message_head const& head, bytes_view arguments) override;
    void on_call_part(call_id id, bytes_view part) override;
    void on_call_end(call_id id) override;
    void on_call_cancelled(call_id id, error_code why) override;
    void on_response(std::uint32_t request_id, status code, bytes_view body) override;
    void on_response_begin(std::uint32_t request_id) override;
    void on_response_part(std::uint32_t request_id, bytes_view part) override;
    void on_response_end(std::uint32_t request_id) override;
    void on_call_lost(std::uint32_t request_id, error_code why) override;
    void on_response_fields(std::uint32_t request_id,
                            extension::call_fields const& fields) override;
    void on_call_room(std::uint32_t request_id) override;
    void on_answer_room(call_id id) override;
    void on_pong(bytes_view payload) override;
    void on_go_away(extension::code why, std::string_view text) override;

    struct pending_call {
        response_callback on_answer;          // of a whole call
        response_stream* receiver = nullptr;  // of a call in parts
    };
    struct open_stream {
        std::unique_ptr<call_stream> receiver;  // null when its handler wants to hear nothing
        bool in_callback = false;
        error_code cancelled;  // reported once the callback under way has returned
    };
    class event_scope;

    pending_call take_pending(std::uint32_t request_id);
    void close_stream_if_cancelled(call_id id);
    void output_queued();
    void answer_hello(call_id id, bytes_view arguments);
    [[nodiscard]] bool is_hello(message_head const& head) const noexcept;
    void await_room(call_id id, std::weak_ptr<room_waiter> who);

    // Who waits for credit, by the number of a call. One of ours and one of the peer may share it.
    using credit_waiters = frame::id_table<std::uint64_t, std::weak_ptr<room_waiter>>;
    void tell_gone(std::uint64_t key, error_code why);
    void tell_room(credit_waiters& among, std::uint64_t key);

    dispatcher const& methods_;
    clock_function clock_;
    void* clock_context_;
    void* owner_ = nullptr;
    std::function<void()> notify_;
    frame::id_table<std::uint32_t, pending_call> pending_;
    std::unordered_map<call_id, open_stream> streams_;  // references survive inserts
    responder* responders_ = nullptr;                   // all that live, for our destructor
    std::deque<std::weak_ptr<room_waiter>> room_waiters_;
    std::size_t room_waiters_crowded_ = 64;
    credit_waiters calls_waiting_;
    credit_waiters answers_waiting_;
    frame::id_table<std::uint64_t, call_watch*> watched_;  // calls of the peer, by their number
    std::deque<std::pair<std::uint64_t, std::function<void()>>> pings_;
    std::uint64_t next_ping_ = 0;
    std::unique_ptr<parting> parting_;
    extension::call_fields const* response_fields_ = nullptr;  // of the answer that is being told
    bool extensible_ = false;
    bool disconnected_ = false;
    std::size_t queued_for_readers_ = 0;
    unsigned events_under_way_ = 0;
    session session_;
};

}  // namespace trunkline::rpc
