// One call with a whole answer, from whatever thread it is asked for.
#pragma once

#include <trunkline/bitcode/output.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_fields.hpp>
#include <trunkline/peer/call_queue.hpp>
#include <trunkline/peer/call_terms.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/method_label.hpp>
#include <trunkline/peer/read_message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::peers {

class call_span;

/// Ends exactly once: by on_answer() or on_failure(). After drop() that is on the thread of whoever
/// drops it, otherwise on that of the line. Waits for a connection where one follows, and for a
/// slot; is made again where that does no harm.
class unary_call : public task,
                   public with_deadline,
                   public waiting_call,
                   public cancellable,
                   public std::enable_shared_from_this<unary_call> {
public:
    unary_call(method_label method, bitcode::encoded arguments, call_terms terms)
        : method_(method), arguments_(std::move(arguments)), terms_(std::move(terms)) {}
    virtual ~unary_call() = default;
    unary_call(unary_call const&) = delete;
    unary_call& operator=(unary_call const&) = delete;

    void run(line& on) override;
    void drop(error_code why) override;

    /// Gives the call up with `why`, on the thread of its line; nothing after it has ended.
    void give_up(call_error why) override;

protected:
    /// A success; what it views is valid until it returns.
    virtual void on_answer(rpc::response const& answer) = 0;
    virtual void on_failure(call_failure why) = 0;

private:
    void on_deadline() override { give_up(call_error::deadline_passed); }
    [[nodiscard]] bool go_on(line& on) override;
    void refuse(error_code why) override;

    [[nodiscard]] error_code send(line& on);
    void end_at_deadline(line& on);
    void wait(line& on, error_code why);
    void on_response(rpc::response const& answer);
    [[nodiscard]] bool may_repeat(line& on, rpc::response const& lost);
    [[nodiscard]] std::size_t size() const noexcept;
    void fail(call_failure why);

    enum class stage : std::uint8_t { waiting, called, ended };

    method_label method_;
    bitcode::encoded arguments_;
    std::shared_ptr<std::vector<std::byte> const>
        kept_;  // the arguments, of one that may be repeated
    call_terms terms_;
    parent_watch parent_;
    std::weak_ptr<line> line_;
    std::shared_ptr<unary_call> self_;  // while the endpoint knows us
    std::shared_ptr<call_span> span_;   // null where there are no interceptors
    error_code lost_;                   // how the last attempt ended
    std::uint32_t request_id_ = 0;
    std::uint32_t attempts_ = 0;
    stage stage_ = stage::waiting;
    bool limited_ = false;
    call_progress progress_ = call_progress::not_sent;  // of all attempts together
};

/// One with an end as operation_end.hpp has them.
template <class Response, class End>
class ended_call final : public unary_call {
public:
    template <class... Arguments>
    ended_call(method_label method, bitcode::encoded arguments, call_terms terms,
               Arguments&&... end)
        : unary_call(method, std::move(arguments), std::move(terms)),
          end_(std::forward<Arguments>(end)...) {}

    [[nodiscard]] End& end() noexcept { return end_; }

private:
    void on_answer(rpc::response const& answer) override {
        auto read = read_message<Response>(answer.body);
        if (read && answer.fields != nullptr) {
            read->came_with(metadata_of(*answer.fields));
        }
        end_(std::move(read));
    }
    void on_failure(call_failure why) override { end_(std::move(why)); }

    End end_;
};

}  // namespace trunkline::peers
