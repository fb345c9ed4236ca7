// One call in parts, as both of its ends see it: an input, an output, and who gives up what.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/stream_input.hpp>
#include <trunkline/peer/stream_output.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace trunkline::peers {

/// Lives as long as the call or any of its readers and writers. On the thread of its line, but for
/// line(), metadata(), note_cancel() and what asks for something.
class stream : public rpc::room_waiter,
               protected stream_sink,
               protected stream_source,
               public std::enable_shared_from_this<stream> {
public:
    virtual ~stream() = default;
    stream(stream const&) = delete;
    stream& operator=(stream const&) = delete;

    [[nodiscard]] std::shared_ptr<peers::line> const& line() const noexcept { return line_; }
    [[nodiscard]] stream_input& input() noexcept { return input_; }
    [[nodiscard]] stream_output& output() noexcept { return *output_; }

    /// From any thread: runs the task behind all that has been asked of this stream before, here
    /// and now on the thread of its line, else soon.
    void submit(std::shared_ptr<task> what);

    /// The same with a part that costs so much, if it may be sent now.
    [[nodiscard]] send_outcome send(std::size_t cost, std::shared_ptr<task> part);

    /// Nobody reads any more.
    virtual void reader_gone() = 0;

    /// Nobody writes any more; nothing after output().finish().
    virtual void writer_gone() = 0;

    /// Gives the whole call up.
    virtual void cancel(call_failure why) = 0;

    /// The reader has given the call up: no part is given to it any more. Any thread.
    void note_cancel() noexcept { cancelled_ = true; }
    [[nodiscard]] bool cancel_was_noted() const noexcept { return cancelled_; }

    /// On the called side, before the first part of the answer: goes with it.
    virtual void send_with(call_metadata /*what*/) {}

    /// What came with the answer to a call of ours; any thread.
    [[nodiscard]] call_metadata metadata() const {
        std::lock_guard const lock(mutex_);
        return metadata_;
    }

    void on_room() override { output_->on_room(); }

protected:
    stream(std::shared_ptr<peers::line> on, part_shape in) noexcept
        : line_(std::move(on)), input_(*line_, in, *this) {}

    /// Before anything is written.
    void make_output() {
        output_ = std::make_unique<stream_output>(*line_, weak_from_this(),
                                                  static_cast<stream_sink&>(*this));
    }

    void came_with(call_metadata what) {
        std::lock_guard const lock(mutex_);
        metadata_ = std::move(what);
    }

    void fail_both(call_failure const& why) {
        input_.fail(why);
        output_->close(why);
    }
    void give_up_both(call_failure const& why) {
        input_.abandon(why);
        output_->close(why);
    }

private:
    class turn;
    void go_on();
    void catch_up();

    std::shared_ptr<peers::line> line_;
    stream_input input_;
    std::unique_ptr<stream_output> output_;
    std::atomic<bool> cancelled_ = false;
    mutable std::mutex mutex_;
    call_metadata metadata_;
};

/// Has something done to a stream on its thread; nothing where its loop has gone.
template <class Action>
class stream_task final : public task {
public:
    stream_task(std::shared_ptr<stream> on, Action act)
        : on_(std::move(on)), act_(std::move(act)) {}
    void run(line&) override { act_(*on_); }
    void drop(error_code) override {}

private:
    std::shared_ptr<stream> on_;
    Action act_;
};

/// Beside what else is asked of the stream.
template <class Action>
void do_on(std::shared_ptr<stream> const& on, Action act) {
    on->line()->submit(std::make_shared<stream_task<Action>>(on, std::move(act)));
}

/// Behind it.
template <class Action>
void do_in_turn(std::shared_ptr<stream> const& on, Action act) {
    on->submit(std::make_shared<stream_task<Action>>(on, std::move(act)));
}

}  // namespace trunkline::peers
