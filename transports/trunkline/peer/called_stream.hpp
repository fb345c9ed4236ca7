// A call in parts of ours.
#pragma once

#include <trunkline/peer/call_queue.hpp>
#include <trunkline/peer/call_terms.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/method_label.hpp>
#include <trunkline/peer/stream.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::peers {

class call_span;

/// The calling end: begins when its task runs, or when there is a connection and a slot for it;
/// cancels the call when its reader or its unfinished writer has gone.
class called_stream final : public stream,
                            public task,
                            public with_deadline,
                            public waiting_call,
                            public cancellable,
                            private rpc::response_stream {
public:
    struct description {
        method_label method;
        part_shape up = part_shape::records;
        part_shape down = part_shape::records;
        call_terms terms;
        std::optional<std::vector<std::byte>> request;
    };

    [[nodiscard]] static std::shared_ptr<called_stream> make(std::shared_ptr<peers::line> on,
                                                             description what);

    void run(peers::line& on) override;
    /// And so is everything that waits for it; what comes later is not taken.
    void drop(error_code why) override { output().sends().drop(why); }

    void reader_gone() override;
    void writer_gone() override;
    void cancel(call_failure why) override;
    void give_up(call_error why) override;

private:
    called_stream(std::shared_ptr<peers::line> on, description what)
        : stream(std::move(on), what.down), what_(std::move(what)) {}

    [[nodiscard]] bool go_on(peers::line& on) override;
    void refuse(error_code why) override;
    [[nodiscard]] error_code begin(peers::line& on);
    void wait(peers::line& on, error_code why);
    void end_at_deadline(peers::line& on, std::chrono::milliseconds otherwise);
    [[nodiscard]] std::shared_ptr<called_stream> shared_self();
    [[nodiscard]] call_progress progress();
    void fail(call_failure const& why);

    bool has_room() const override;
    void await_room(std::weak_ptr<rpc::room_waiter> who) override;
    bool is_under_credit() const override;
    void queue_for_reader(std::size_t bytes) override;
    void taken_by_reader(std::size_t bytes) override;
    [[nodiscard]] rpc::endpoint* known_to() const;
    error_code write_part(std::span<slice> part) override;
    void end_parts(std::optional<call_failure> why) override;
    void on_fields(extension::call_fields const& fields) override;
    void on_part(bytes_view part) override;
    void on_end() override;
    void on_failed(error_code error, rpc::status code, bytes_view body) override;
    void on_deadline() override;

    description what_;
    std::uint32_t request_id_ = 0;
    std::shared_ptr<call_span> span_;  // null where there are no interceptors
    std::shared_ptr<stream> self_;     // while the endpoint knows us
    parent_watch parent_;
    bool limited_ = false;         // a deadline is set,
    bool limits_opening_ = false;  // which is for the begin only
    bool waits_ = false;
    bool begun_ = false;
};

}  // namespace trunkline::peers
