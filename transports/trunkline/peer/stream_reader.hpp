// What the peer writes to a stream, as it is read here.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/stream.hpp>
#include <trunkline/peer/stream_read.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace trunkline {
namespace peers {

/// Holds a stream to read from; the last one of its kind.
class reader_handle {
public:
    reader_handle() noexcept = default;
    explicit reader_handle(std::shared_ptr<stream> of) noexcept : of_(std::move(of)) {}
    reader_handle(reader_handle&&) noexcept = default;
    reader_handle& operator=(reader_handle&& other) noexcept {
        reader_handle taken(std::move(other));
        of_.swap(taken.of_);
        return *this;
    }
    ~reader_handle() {
        if (of_) {
            do_in_turn(of_, [](stream& each) { each.reader_gone(); });
        }
    }

    [[nodiscard]] std::shared_ptr<stream> const& get() const noexcept { return of_; }

    void cancel() const {
        of_->note_cancel();
        do_in_turn(of_, [](stream& each) { each.cancel({call_error::cancelled, {}}); });
    }

private:
    std::shared_ptr<stream> of_;
};

}  // namespace peers

/// The reading half of a stream. Moves; any function from any thread, one read at a time. A reader
/// that is dropped gives up what it has not read; that of a call of ours cancels the call. While it
/// does not read, its peer has to wait, and with it all that comes on the same connection, once
/// stream_input_size_mark bytes wait.
template <class Part>
class stream_reader {
public:
    /// received<Part>, or a vector of bytes for typed::raw.
    using item = typename peers::part_form<Part>::item;

    /// Nothing at the end of the stream.
    using outcome = typename peers::next_part<Part>::outcome;

    /// Reads from nothing: no function may be called.
    stream_reader() noexcept = default;
    /// Made for a handler, or by peer::open().
    explicit stream_reader(std::shared_ptr<peers::stream> from) noexcept : from_(std::move(from)) {}

    /// The next part. Fails with what ended the stream other than its end, after the parts before
    /// it, and with already_reading. The token is completed with outcome; Asio's cancellation gives
    /// the read up, and no part is lost.
    template <class Token>
    auto async_read(Token&& token) {
        return peers::async_read<peers::next_part<Part>>(from_.get(), std::forward<Token>(token));
    }

    /// The same, waiting. Fails with would_deadlock on the connection's own thread, and with
    /// would_block_loop on that of another one.
    [[nodiscard]] outcome read() {
        return peers::blocking_read<peers::next_part<Part>>(from_.get());
    }

    /// Reads fail with deadline_passed once so much time has passed, one that waits already, too,
    /// until this is called again; zero or less: at once. Writes go on, no part is lost, and the
    /// call lives. In place of what was set before.
    void expires_after(std::chrono::milliseconds time) {
        peers::do_on(from_.get(), [time](peers::stream& of) { of.input().expire_after(time); });
    }
    /// Reads have no deadline, as at first.
    void expires_never() {
        peers::do_on(from_.get(), [](peers::stream& of) { of.input().expire_after({}); });
    }

    /// What came with the answer to a call of ours, from a peer that has agreed to the extension:
    /// all of it once the first part, the end or a failure has been read. On the called side see
    /// call_context.
    [[nodiscard]] call_metadata metadata() const { return from_.get()->metadata(); }

    /// Gives the whole call up: reads and writes fail with cancelled, the other side is told. No
    /// read that has not ended yet gives a part any more, whatever has arrived.
    void cancel() { from_.cancel(); }

private:
    peers::reader_handle from_;
};

/// The one response to a call of ours that has parts. Moves; any function from any thread. Dropped
/// before the response has come, it cancels the call.
template <class Response>
class pending_answer {
public:
    /// The response, or why there is none.
    using outcome = call_result<received<Response>>;

    /// Made by peer::open().
    explicit pending_answer(std::shared_ptr<peers::stream> from) noexcept
        : from_(std::move(from)) {}

    /// Once. The token is completed with outcome; Asio's cancellation gives up the waiting, not the
    /// call.
    template <class Token>
    auto async_get(Token&& token) {
        return peers::async_read<peers::only_answer<Response>>(from_.get(),
                                                               std::forward<Token>(token));
    }

    /// The same, waiting. Fails with would_deadlock on the connection's own thread, and with
    /// would_block_loop on that of another one.
    [[nodiscard]] outcome get() {
        return peers::blocking_read<peers::only_answer<Response>>(from_.get());
    }

    /// Gives the whole call up.
    void cancel() { from_.cancel(); }

private:
    peers::reader_handle from_;
};

}  // namespace trunkline
