// One call with a whole answer, from whatever thread it is asked for.
#pragma once

#include <trunkline/bitcode/output.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/method_label.hpp>
#include <trunkline/peer/read_message.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace trunkline::peers {

class call_span;

/// Ends exactly once: by on_answer() or on_failure(). After drop() that is on the thread of whoever
/// drops it, otherwise on that of the line.
class unary_call : public task,
                   public with_deadline,
                   public std::enable_shared_from_this<unary_call> {
public:
    /// A `timeout` of zero is none.
    unary_call(method_label method, bitcode::encoded arguments, std::chrono::milliseconds timeout)
        : method_(method), arguments_(std::move(arguments)), timeout_(timeout) {}
    unary_call(unary_call const&) = delete;
    unary_call& operator=(unary_call const&) = delete;

    void run(line& on) override;
    void drop(error_code why) override;

    /// Gives the call up with `why`, on the thread of its line; nothing after it has ended.
    void give_up(call_error why);

protected:
    /// A success; `body` is valid until it returns.
    virtual void on_answer(bytes_view body) = 0;
    virtual void on_failure(call_failure why) = 0;

private:
    void on_deadline() override { give_up(call_error::deadline_passed); }
    void on_response(rpc::response const& answer);
    void fail(call_failure why);

    enum class stage : std::uint8_t { waiting, called, ended };

    method_label method_;
    bitcode::encoded arguments_;
    std::chrono::milliseconds timeout_;
    std::weak_ptr<line> line_;
    std::shared_ptr<unary_call> self_;  // while the endpoint knows us
    std::shared_ptr<call_span> span_;   // null where there are no interceptors
    std::uint32_t request_id_ = 0;
    stage stage_ = stage::waiting;
};

/// One with an end as operation_end.hpp has them.
template <class Response, class End>
class ended_call final : public unary_call {
public:
    template <class... Arguments>
    ended_call(method_label method, bitcode::encoded arguments, std::chrono::milliseconds timeout,
               Arguments&&... end)
        : unary_call(method, std::move(arguments), timeout),
          end_(std::forward<Arguments>(end)...) {}

    [[nodiscard]] End& end() noexcept { return end_; }

private:
    void on_answer(bytes_view body) override { end_(read_message<Response>(body)); }
    void on_failure(call_failure why) override { end_(std::move(why)); }

    End end_;
};

}  // namespace trunkline::peers
