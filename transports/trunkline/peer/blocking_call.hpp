// A unary call whose caller waits. On the thread of a simulated loop, waiting is running it.
#pragma once

#include <trunkline/peer/unary_call.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace trunkline::peers {

template <class Response>
class blocking_unary_call final : public unary_call {
    using outcome = call_result<received<Response>>;

public:
    using unary_call::unary_call;

    [[nodiscard]] outcome wait() { return outcome_.get(); }

    [[nodiscard]] bool has_ended() const {
        return outcome_.wait_for(std::chrono::seconds::zero()) == std::future_status::ready;
    }

private:
    void on_answer(bytes_view body) override { ended_.set_value(read_answer<Response>(body)); }
    void on_failure(call_failure why) override { ended_.set_value(std::move(why)); }

    std::promise<outcome> ended_;
    std::future<outcome> outcome_ = ended_.get_future();
};

template <class Response>
[[nodiscard]] call_result<received<Response>> blocking_call(std::shared_ptr<line> const& on,
                                                            method_label method,
                                                            bitcode::encoded arguments,
                                                            std::chrono::milliseconds timeout) {
    auto const call =
        std::make_shared<blocking_unary_call<Response>>(method, std::move(arguments), timeout);
    if (!on->where().is_here()) {
        on->submit(call);
        return call->wait();
    }
    bool asked = false;
    static_cast<void>(on->where().wait_until([&] {
        if (!std::exchange(asked, true)) {
            on->submit(call);
        }
        return call->has_ended();
    }));
    call->give_up(call_error::would_deadlock);  // nothing where it has ended
    return call->wait();
}

}  // namespace trunkline::peers
