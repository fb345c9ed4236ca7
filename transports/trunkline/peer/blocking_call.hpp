// A unary call whose caller waits.
#pragma once

#include <trunkline/peer/unary_call.hpp>

#include <future>
#include <memory>
#include <utility>

namespace trunkline::peers {

template <class Response>
class blocking_unary_call final : public unary_call {
    using outcome = call_result<received<Response>>;

public:
    using unary_call::unary_call;

    [[nodiscard]] outcome wait() { return ended_.get_future().get(); }

private:
    void on_answer(bytes_view body) override { ended_.set_value(read_answer<Response>(body)); }
    void on_failure(call_failure why) override { ended_.set_value(std::move(why)); }

    std::promise<outcome> ended_;
};

template <class Response>
[[nodiscard]] call_result<received<Response>> blocking_call(std::shared_ptr<line> const& on,
                                                            std::uint64_t method_id,
                                                            bitcode::encoded arguments,
                                                            std::chrono::milliseconds timeout) {
    if (on->where().is_here()) {
        return call_failure{call_error::would_deadlock, {}};
    }
    auto const call =
        std::make_shared<blocking_unary_call<Response>>(method_id, std::move(arguments), timeout);
    on->submit(call);
    return call->wait();
}

}  // namespace trunkline::peers
