// Calls under way and how they end, handlers that keep them waiting, and what that puts on links.
#pragma once

#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/messages.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/sides.hpp>
#include <trunkline/conformance/world.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::conformance {

/// A call that can be given up. May go before it ends.
class begun_call {
public:
    begun_call(world& at, peer const& by, typed::method<text, text> const& of,
               call_options const& options = {}) {
        by.async_call(of, {"x"}, options,
                      boost::asio::bind_cancellation_slot(
                          seen_->give_up.slot(),
                          [to = seen_, &loop = at.loop()](call_result<received<text>> answer) {
                              ++to->ends;
                              to->at = loop.now();
                              if (answer) {
                                  to->said = (*answer)->value;
                              } else {
                                  to->failure = answer.error();
                              }
                          }));
    }
    void cancel() { seen_->give_up.emit(boost::asio::cancellation_type::terminal); }

    /// Once at most, in order.
    [[nodiscard]] std::size_t ends() const noexcept { return seen_->ends; }
    [[nodiscard]] bool has_ended() const noexcept { return seen_->ends != 0; }
    /// The moment of its end.
    [[nodiscard]] transport::runtime::time_point ended_at() const noexcept { return seen_->at; }
    /// None where it has been answered, or has not ended.
    [[nodiscard]] error_code error() const noexcept { return seen_->failure.error; }
    /// How far it had come; where there is an error.
    [[nodiscard]] call_progress progress() const noexcept { return seen_->failure.progress; }
    /// What it was answered.
    [[nodiscard]] std::string const& said() const noexcept { return seen_->said; }

private:
    struct outcome {
        boost::asio::cancellation_signal give_up;
        std::size_t ends = 0;
        transport::runtime::time_point at{};
        call_failure failure;
        std::string said;
    };

    std::shared_ptr<outcome> seen_ = std::make_shared<outcome>();
};

/// The body of a handler that answers once it is let go on.
[[nodiscard]] inline boost::asio::awaitable<text> held_answer(gate& held) {
    co_await held.pass();
    co_return text{"done"};
}

/// The handler itself; the gate outlives it.
[[nodiscard]] inline auto waits_at(gate& held) {
    return [&held](received<text>, call_context) { return held_answer(held); };
}

/// All that links have carried, where somebody counts; else 0.
[[nodiscard]] inline std::uint64_t carried(world& at) {
    faults const* const links = at.place().disturb();
    return links == nullptr ? 0 : links->carried(true) + links->carried(false);
}

/// Throws rule_broken unless `echo` is answered as ever.
inline void expect_usable(sides& pair) {
    expect(value_of(pair.caller().call(echo, {"on"}), "the next call")->value == "on",
           "the next call got another answer");
}

/// Throws rule_broken when what `act` does with a connected caller puts anything on a link, or
/// calls a handler.
template <class Act>
void expect_nothing_sent(world& at, Act act) {
    std::size_t handled = 0;
    auto pair = pairing(at)
                    .handle(echo,
                            [&](text const& said) {
                                ++handled;
                                return said;
                            })
                    .connect();
    expect_usable(pair);
    at.let_pass(std::chrono::seconds(1));
    auto const before = carried(at);
    act(pair.caller());
    at.let_pass(std::chrono::seconds(1));
    expect(handled == 1, "a handler was called");
    expect(carried(at) == before, "something was sent");
}

}  // namespace trunkline::conformance
