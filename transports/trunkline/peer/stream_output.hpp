// The half of a stream that goes to the peer: messages that wait for room.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/half_deadline.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/message_pieces.hpp>
#include <trunkline/peer/send_queue.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>

namespace trunkline::peers {

/// Where the bytes of a stream go.
class stream_sink {
public:
    /// Whether a part would go out soon.
    [[nodiscard]] virtual bool has_room() const = 0;

    /// Tells `who` once that may be so.
    virtual void await_room(std::weak_ptr<rpc::room_waiter> who) = 0;

    /// One part of the call, or of its answer.
    virtual error_code write_part(std::span<slice> part) = 0;

    /// All has been written; `why` when the answer is a failure.
    virtual void end_parts(std::optional<call_failure> why) = 0;

protected:
    ~stream_sink() = default;
};

/// A message, and who is told of its end by exactly one call of these.
class writing {
public:
    explicit writing(message_pieces message) noexcept : message_(std::move(message)) {}

    /// Whether somebody waits for it, who may have a deadline.
    [[nodiscard]] virtual bool is_awaited() const noexcept { return false; }

    virtual void on_written() = 0;
    virtual void on_write_failed(call_failure why) = 0;

    [[nodiscard]] message_pieces& message() noexcept { return message_; }

protected:
    ~writing() = default;

private:
    message_pieces message_;
};

/// On the thread of its line.
class stream_output {
public:
    /// `owner` is told of room and calls pump() then; it holds the output.
    stream_output(line& on, std::weak_ptr<rpc::room_waiter> owner, stream_sink& to) noexcept;

    /// Nothing goes out before open().
    void hold() noexcept { held_ = true; }

    /// What has been written goes out now, behind `first`, unless that is null.
    void open(std::shared_ptr<writing> first);

    /// Writes the message after those before it, each as soon as there is room for its pieces.
    void write(std::shared_ptr<writing> what);

    /// From then on who waits for a write is told deadline_passed, now and later; empty: never. A
    /// message of which a part has gone goes on to its end.
    void expire_after(std::optional<std::chrono::milliseconds> left);

    /// Whether nothing waits here, and a further part would go out soon.
    [[nodiscard]] bool is_clear() const { return !held_ && waiting_.empty() && sink_.has_room(); }

    /// What is asked of the stream, and what was sent without waiting; any thread.
    [[nodiscard]] send_queue& sends() noexcept { return sends_; }

    /// Forgets a message; false when nothing waits of that name, or a part of it has gone.
    [[nodiscard]] bool forget(writing const& what);

    /// After what waits, the end. Nothing can be written behind it. Only the first one counts.
    void finish(std::optional<call_failure> why = {});

    /// Nothing more goes out: who waits is told why, and so is who writes later.
    void close(call_failure why);

    /// Whether finish() or close() has been called.
    [[nodiscard]] bool finished() const noexcept { return finishing_ || closed_; }

    /// There is room now.
    void on_room();

    void pump();

private:
    [[nodiscard]] bool pump_one();
    void expire();

    line& line_;
    std::weak_ptr<rpc::room_waiter> owner_;
    stream_sink& sink_;
    std::deque<std::shared_ptr<writing>> waiting_;
    send_queue sends_;
    half_deadline deadline_;
    std::optional<call_failure> closed_;
    std::optional<call_failure> finish_why_;
    bool held_ = false;
    bool finishing_ = false;
    bool front_begun_ = false;
    bool front_told_ = false;  // of the front, which goes on all the same
    bool awaits_room_ = false;
    bool pumping_ = false;
};

}  // namespace trunkline::peers
