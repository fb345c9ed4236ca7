// A call in parts of the peer's, as its handler is served.
#pragma once

#include <trunkline/peer/stream.hpp>
#include <trunkline/rpc/dispatcher.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace trunkline::peers {

/// The called end. Who reads can stop at any time; who writes and goes without finish() has failed.
class served_stream final : public stream, private rpc::call_watch {
public:
    /// What the handler's caller gets: parts, or one response.
    enum class answer : std::uint8_t { records, raw, single };

    [[nodiscard]] static std::shared_ptr<served_stream> make(std::shared_ptr<peers::line> on,
                                                             part_shape up, answer down,
                                                             rpc::responder to);

    /// What the dispatcher is given.
    [[nodiscard]] std::unique_ptr<rpc::call_stream> receiver();

    /// Called when the call has gone before it was answered. Once, or not at all.
    void on_gone(std::function<void()> told) { gone_ = std::move(told); }

    /// The one response, where that is the answer, and what goes with it.
    void respond(std::span<slice> body, call_metadata const& with);

    /// False, and the call refused, when so much cannot be held until the answer.
    [[nodiscard]] bool keep(std::size_t bytes);

    /// The same for its request, which does not hold up the connection.
    [[nodiscard]] bool keep_request(std::size_t size);

    /// Runs a handler that takes the halves along. What it throws is answered with `thrown`, though
    /// its halves are gone by then.
    template <class Run>
    void hand_over(Run run, call_failure thrown) {
        handing_over_ = true;
        try {
            run();
            handing_over_ = false;
        } catch (...) {
            handing_over_ = false;
            output().finish(std::move(thrown));
        }
        if (std::exchange(dropped_, false)) {
            writer_gone();
        }
    }

    void reader_gone() override { input().abandon({call_error::cancelled, {}}); }
    void writer_gone() override;
    void cancel(call_failure why) override;
    void send_with(call_metadata what) override;

private:
    class from_wire;

    served_stream(std::shared_ptr<peers::line> on, part_shape up, answer down, rpc::responder to)
        : stream(std::move(on), up), down_(down), to_(std::move(to)) {}

    void call_gone(error_code why);
    void let_request_go();
    bool has_room() const override { return to_.has_room(); }
    void await_room(std::weak_ptr<rpc::room_waiter> who) override {
        to_.await_room(std::move(who));
    }
    bool is_under_credit() const override { return to_.is_under_credit(); }
    void queue_for_reader(std::size_t bytes) override { to_.queue_for_reader(bytes); }
    void taken_by_reader(std::size_t bytes) override { to_.taken_by_reader(bytes); }
    void on_call_gone(error_code why) override { call_gone(why); }
    error_code write_part(std::span<slice> part) override;
    void end_parts(std::optional<call_failure> why) override;

    answer down_;
    rpc::responder to_;
    bool begun_ = false;         // a part has been answered
    bool handing_over_ = false;  // hand_over() is running
    bool dropped_ = false;       // meanwhile the writing half has gone
    std::function<void()> gone_;
};

}  // namespace trunkline::peers
