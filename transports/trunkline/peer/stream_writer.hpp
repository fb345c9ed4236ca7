// What this side writes to a stream, part by part.
#pragma once

#include <trunkline/peer/operation_end.hpp>
#include <trunkline/peer/part_form.hpp>
#include <trunkline/peer/stream.hpp>

#include <boost/asio/async_result.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace trunkline {
namespace peers {

/// One write under way. `End` is called with call_result<void>.
template <class End>
class part_write final : public writing,
                         public task,
                         public std::enable_shared_from_this<part_write<End>> {
public:
    using outcome = call_result<void>;

    template <class... Arguments>
    part_write(std::shared_ptr<stream> to, message_pieces message, Arguments&&... end)
        : writing(std::move(message)), to_(std::move(to)), end_(std::forward<Arguments>(end)...) {}

    void run(line&) override {
        if (!std::exchange(begun_, true)) {
            to_->output().write(this->shared_from_this());
        }
    }
    void drop(error_code why) override { on_write_failed({why, {}}); }

    /// Nothing once a part of it has gone, but the end of the stream where nobody could wait.
    void give_up(call_error why) {
        auto const kept = this->shared_from_this();
        if (to_->output().forget(*this) || !begun_) {
            begun_ = true;
            on_write_failed({why, {}});
        } else if (why == call_error::would_deadlock) {
            to_->cancel({why, {}});
        }
    }

    void on_written() override { end_(outcome()); }
    void on_write_failed(call_failure why) override { end_(outcome(std::move(why))); }

    [[nodiscard]] bool is_awaited() const noexcept override { return true; }

    [[nodiscard]] End& end() noexcept { return end_; }

private:
    std::shared_ptr<stream> to_;
    End end_;
    bool begun_ = false;
};

/// A part that nobody waits for. Counted among the sends of its stream until it has gone.
class sent_part final : public writing,
                        public task,
                        public std::enable_shared_from_this<sent_part> {
public:
    sent_part(std::shared_ptr<stream> to, message_pieces message)
        : writing(std::move(message)),
          to_(std::move(to)),
          cost_(this->message().size() + send_part_cost) {}

    /// Takes it, or says why not.
    [[nodiscard]] static send_outcome send(std::shared_ptr<stream> to, message_pieces message);

    void run(line&) override { to_->output().write(this->shared_from_this()); }
    void drop(error_code why) override;
    void on_written() override;
    void on_write_failed(call_failure why) override;

private:
    std::shared_ptr<stream> to_;
    std::size_t cost_;
    error_code why_;
    std::atomic<bool> lost_ = false;  // with why_; who sends may be on another thread
};

/// Holds a stream to write to; the last one of its kind.
class writer_handle {
public:
    writer_handle() noexcept = default;
    explicit writer_handle(std::shared_ptr<stream> of) noexcept : of_(std::move(of)) {}
    writer_handle(writer_handle&&) noexcept = default;
    writer_handle& operator=(writer_handle&& other) noexcept {
        writer_handle taken(std::move(other));
        of_.swap(taken.of_);
        return *this;
    }
    ~writer_handle() {
        if (of_) {
            // Who is told may be the writer's owner, which is going, too.
            of_->output().sends().on_drained(nullptr);
            do_in_turn(of_, [](stream& each) { each.writer_gone(); });
        }
    }

    [[nodiscard]] std::shared_ptr<stream> const& get() const noexcept { return of_; }

    void finish() const {
        take_no_more();
        do_in_turn(of_, [](stream& each) { each.output().finish(); });
    }
    void fail(call_failure why) const {
        take_no_more();
        do_in_turn(of_, [why = std::move(why)](stream& each) { each.output().finish(why); });
    }

private:
    /// Or a part could be taken that comes behind the end.
    void take_no_more() const { of_->output().sends().close(call_error::stream_ended); }

    std::shared_ptr<stream> of_;
};

}  // namespace peers

/// The writing half of a stream. Moves; any function from any thread. What is asked of it is done
/// in the order of asking, whatever the threads. A writer that is dropped before finish() has
/// failed: a call of ours is cancelled, one of the peer's is answered with status 2.
template <class Part>
class stream_writer {
    using form = peers::part_form<Part>;

public:
    /// Part, or a view of bytes for typed::raw.
    using sent = typename form::sent;
    /// Nothing, or why nothing was written.
    using outcome = call_result<void>;

    /// Writes to nothing: no function may be called.
    stream_writer() noexcept = default;
    /// Made for a handler, or by peer::open().
    explicit stream_writer(std::shared_ptr<peers::stream> to) noexcept : to_(std::move(to)) {}

    /// Writes a part behind those before it; what it views has to live until then. Completed with
    /// call_result<void> once all of it is on its way, which may take as long as the peer takes to
    /// read: write the next one then. Fails with stream_ended when the call was answered meanwhile,
    /// with what ended it otherwise. Asio's cancellation takes a part back of which nothing has
    /// gone.
    template <class Token>
    auto async_write(std::type_identity_t<sent> part, Token&& token) {
        return boost::asio::async_initiate<Token, void(outcome)>(
            [](auto handler, std::shared_ptr<peers::stream> to, peers::message_pieces message) {
                using end = peers::async_end<decltype(handler), outcome>;
                auto const& on = to->line();
                auto const write = std::make_shared<peers::part_write<end>>(to, std::move(message),
                                                                            std::move(handler), on);
                write->end().start(write, *to);
            },
            token, to_.get(), pieces_of(std::move(part)));
    }

    /// The same, waiting. Fails with would_deadlock on the connection's own thread, and with
    /// would_block_loop on that of another one.
    [[nodiscard]] outcome write(std::type_identity_t<sent> part) {
        using end = peers::awaited_end<outcome>;
        auto const& to = to_.get();
        return peers::submit_and_wait(
            to->line(), std::make_shared<peers::part_write<end>>(to, pieces_of(std::move(part))),
            *to);
    }

    /// Writes a part behind those before it if not too much waits, never waits itself, and says
    /// what has become of it; what it views is copied. A stream takes parts until
    /// send_queue_size_mark (256 KiB) of them wait, for room in the connection's output or, where
    /// both sides have agreed to the extension, for credit: what waits is at most that and one
    /// part. Each counts as send_part_cost (1 KiB) beside its bytes. On other threads than the
    /// connection's a part that is taken is `queued`. Refused are parts above
    /// session_limits::message_size_max, all behind finish(), and all once the stream has ended
    /// (with stream_ended, or what ended it) or the loop of its connection has gone (with
    /// not_connected).
    [[nodiscard]] send_outcome send(std::type_identity_t<sent> part) {
        auto pieces = pieces_of(std::move(part));
        if constexpr (form::has_views) {
            pieces.own();
        }
        return peers::sent_part::send(to_.get(), std::move(pieces));
    }

    /// Told, on the connection's thread, once each time that what send() has queued, having been
    /// above send_queue_low_mark (64 KiB), is no more than that; also when it is dropped with the
    /// stream. So it comes after every `wait`, unless the loop of the connection goes. It may send,
    /// must not throw, and should not keep the writer alive. In place of the one before; null for
    /// none, which is so, too, once the writer has gone. A call of it may be under way on the
    /// connection's thread while another thread does either: what it uses has to live longer. And
    /// who owns both halves of a call drops this one first: with its reader the call is given up,
    /// which drops what waits.
    void on_drained(std::function<void()> told) {
        to_.get()->output().sends().on_drained(std::move(told));
    }

    /// Writes fail with deadline_passed once so much time has passed, those that wait already, too,
    /// until this is called again; zero or less: at once. A part that has begun to go goes on to
    /// its end. Reads go on, and the call lives; send() never waits, so it does not count there. In
    /// place of what was set before.
    void expires_after(std::chrono::milliseconds time) {
        peers::do_in_turn(to_.get(), [time](peers::stream& of) { of.output().expire_after(time); });
    }
    /// Writes have no deadline, as at first.
    void expires_never() {
        peers::do_in_turn(to_.get(), [](peers::stream& of) { of.output().expire_after({}); });
    }

    /// On the called side, before the first part: goes with the answer, where the caller has agreed
    /// to the extension; later it is ignored. Above the limits of call_metadata the call fails with
    /// rpc_error::metadata_too_large. On the calling side see call_options::metadata.
    void send_with(call_metadata what) {
        peers::do_in_turn(to_.get(),
                          [what = std::move(what)](peers::stream& of) { of.send_with(what); });
    }

    /// After all that has been written, the end. Does not wait. The writer is of no use afterwards.
    void finish() { to_.finish(); }

    /// On the called side, after all that has been written: the call has failed. As an answer of a
    /// handler (handler.hpp).
    void fail(call_failure why) { to_.fail(std::move(why)); }

private:
    [[nodiscard]] static peers::message_pieces pieces_of(sent part) {
        return {form::encode(std::move(part)), form::shape == peers::part_shape::records};
    }

    peers::writer_handle to_;
};

}  // namespace trunkline
