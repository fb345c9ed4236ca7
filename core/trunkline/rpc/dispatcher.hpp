// Method id to handler. Both sides of a connection have one, so a server calls its client as a
// client calls its server.
#pragma once

#include <trunkline/rpc/session.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace trunkline::rpc {

class endpoint;
class room_waiter;
struct received_fields;

/// Told when a call is given up that has been received and not been answered.
class call_watch {
public:
    /// Nobody waits for the answer any more: its caller has given it up, where the two have agreed
    /// to the extension, or the connection has ended. At most once; its responder is of no use any
    /// more. May destroy it.
    virtual void on_call_gone(error_code why) = 0;

protected:
    ~call_watch() = default;
};

/// Told how one call is answered: for those who count, log or measure. Views are valid until the
/// functions return.
class answer_watch {
public:
    virtual ~answer_watch() = default;

    /// A part of an answer in parts.
    virtual void on_part(std::span<slice const> body) = 0;

    /// A failure that an answer in parts tells in its own way.
    virtual void on_failure(status code, std::span<slice const> body) = 0;

    /// The whole answer, or the end of one in parts.
    virtual void on_answer(status code, std::span<slice const> body) = 0;

    /// The call has been given up, before on_end().
    virtual void on_gone(error_code /*why*/) {}

    /// The last, once: whether the caller is told. That of an event is never.
    virtual void on_end(bool told) = 0;
};

/// The right, and the duty, to answer one call. Moves; dropped without an answer it answers status
/// 2 with the text "handler gave no answer". That of an event answers nothing. Used on the thread
/// of its connection. Harmless once the call or connection is gone.
class responder {
public:
    responder() noexcept = default;
    responder(responder&& other) noexcept;
    responder& operator=(responder&& other) noexcept;
    ~responder();

    /// Answers with status 0; takes the slices.
    void success(std::span<slice> body);
    /// The same with one slice.
    void success(slice body);
    /// Status 2 with plain UTF-8 text: the form every published client shows (FORMAT.md, "Status").
    void system_error(std::string_view text);
    /// Any status with any body.
    void answer(status code, std::span<slice> body);

    /// A streamed answer: parts, then end().
    void part(std::span<slice> body);
    /// The end of an answer in parts.
    void end();

    /// Lets go of the call without an answer: its caller has gone, because of `why` where that is
    /// known.
    void abandon(error_code why = {}) noexcept;

    /// Gives no answer, and says so by a reset. False, and nothing done, where the caller has not
    /// agreed to the extension.
    [[nodiscard]] bool refuse(extension::code why);

    /// Sent with the answer to a peer that has agreed to the extension, and to no other. False when
    /// that is more than may be sent (extension::header_size_max).
    [[nodiscard]] bool send_with(extension::call_fields const& fields);

    /// Who is told when the call is given up; one at most, until it is answered or dropped.
    void tell_when_gone(call_watch* who);

    /// Whether a further part of the answer would go out soon (endpoint::has_room()).
    [[nodiscard]] bool has_room() const noexcept;
    /// Tells `who` once has_room() may have become true.
    void await_room(std::weak_ptr<room_waiter> who);

    /// Whether what comes of the call is under credit: then what a reader has not taken yet holds
    /// up this call alone. The same until the request has ended.
    [[nodiscard]] bool is_under_credit() const noexcept;
    /// Bytes of such a call that wait for their reader.
    void queue_for_reader(std::size_t bytes) noexcept;
    /// The reader has taken so many of them.
    void taken_by_reader(std::size_t bytes);

    /// Who is told of the answer; one at most.
    void watch(std::unique_ptr<answer_watch> by) noexcept { watch_ = std::move(by); }

    /// An answer in parts has failed, and says so in its own way: for who watches only.
    void note_failure(status code, std::span<slice const> body);

    /// False once the caller cancelled or the connection ended, and for events.
    [[nodiscard]] bool active() const noexcept;

    /// Counts `bytes` that are kept for this call, or for this event, among what its connection
    /// holds, until it is answered or dropped. False, and nothing counted, when that is more than
    /// the connection may hold.
    [[nodiscard]] bool keep(std::size_t bytes);

    /// No further request of the connection is started until this one is answered or dropped.
    void stop_input();

private:
    friend class endpoint;
    responder(endpoint& owner, call_id id) noexcept;
    void take_over(responder& other) noexcept;
    void link(endpoint* owner) noexcept;
    void unlink() noexcept;
    void give_up();
    template <class Send>
    void finish(status code, std::span<slice> body, Send send);

    endpoint* owner_ = nullptr;  // cleared once answered, and by the endpoint's destructor
    call_id id_{};
    responder* next_ = nullptr;  // the endpoint's list of live responders
    responder* previous_ = nullptr;
    [[nodiscard]] extension::call_fields const* fields() const noexcept;

    std::unique_ptr<answer_watch> watch_;
    std::shared_ptr<received_fields> fields_;
    bool watched_ = false;  // who is told when it has gone stands in the endpoint's table
    std::size_t kept_ = 0;
    bool stops_input_ = false;
    bool streaming_ = false;
};

/// A whole call, or the head of one in parts. `arguments` is valid until the handler returns.
struct request {
    std::uint64_t method_id = 0;   ///< as the wire has it
    std::uint32_t request_id = 0;  ///< of the caller; used again once the call has been answered
    bytes_view arguments;          ///< of a call in parts: the metadata
    /// Bytes that may be held for this call, its arguments included: what the connection's bound on
    /// held bytes leaves. Unpacking counts against it.
    std::size_t memory_left = session_limits{}.held_size_max;
    /// As endpoint::set_owner() was told; null when it was not.
    void* owner = nullptr;
    message_type type = message_type::call;  ///< a call, or an event that nobody answers
    /// What came with it from a peer that has agreed to the extension; null without any. Valid
    /// until the handler returns.
    extension::call_fields const* fields = nullptr;
};

/// Serves one whole call; the responder may be kept and answered later.
using unary_handler = std::function<void(request const&, responder)>;

/// One streamed call as its handler sees it; destroyed after on_end or on_cancelled.
class call_stream {
public:
    virtual ~call_stream() = default;
    /// Bytes of the call, in order, cut anywhere; valid until it returns.
    virtual void on_part(bytes_view part) = 0;
    /// All bytes of the call have been given. Nothing follows.
    virtual void on_end() = 0;
    /// The caller gave up, or its connection ended. Nothing follows.
    virtual void on_cancelled(error_code why) = 0;
};

/// Makes the receiver of one streamed call. The responder may be kept by the stream.
using stream_handler = std::function<std::unique_ptr<call_stream>(request const&, responder)>;

/// The table of methods. Filled before the first connection, then only read, by any number of
/// threads.
class dispatcher {
public:
    /// False when the method already has a handler.
    [[nodiscard]] bool add(std::uint64_t method_id, unary_handler handler);
    /// The same for a handler that is given the parts of its call as they come.
    [[nodiscard]] bool add_stream(std::uint64_t method_id, stream_handler handler);

    /// Serves calls and events of methods that have no handler, by their heads: who streams keeps
    /// its call open until it hears of us. The arguments are whole below payload_arguments_size_min
    /// and none above.
    void otherwise(unary_handler handler) { otherwise_ = std::move(handler); }

    /// Puts something around every handler that is in the table: each is replaced by what these
    /// make of it.
    void wrap(std::function<unary_handler(std::uint64_t method_id, unary_handler)> const& unary,
              std::function<stream_handler(std::uint64_t method_id, stream_handler)> const& stream);

    /// Whether there is no handler at all.
    [[nodiscard]] bool empty() const noexcept { return unary_.empty() && streams_.empty(); }
    /// The handler of whole calls, or null; valid until the table changes.
    [[nodiscard]] unary_handler const* find(std::uint64_t method_id) const noexcept;
    /// The handler of streamed calls, or null; valid until the table changes.
    [[nodiscard]] stream_handler const* find_stream(std::uint64_t method_id) const noexcept;
    /// What was given to otherwise(), or null; valid until the table changes.
    [[nodiscard]] unary_handler const* find_otherwise() const noexcept {
        return otherwise_ ? &otherwise_ : nullptr;
    }

private:
    std::unordered_map<std::uint64_t, unary_handler> unary_;
    std::unordered_map<std::uint64_t, stream_handler> streams_;
    unary_handler otherwise_;
};

}  // namespace trunkline::rpc
