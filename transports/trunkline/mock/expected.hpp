// One line of a mock's script, as a test writes it.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/mock/script.hpp>
#include <trunkline/mock/shown.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/typed/failure.hpp>
#include <trunkline/typed/handler.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace trunkline {
namespace mocks {

/// Whether arguments are what `wanted` encodes to.
[[nodiscard]] inline auto equal_to(std::vector<std::byte> wanted) {
    return [wanted = std::move(wanted)](bytes_view came) {
        return std::equal(came.begin(), came.end(), wanted.begin(), wanted.end());
    };
}

template <class Request, class Predicate>
[[nodiscard]] auto fitting(Predicate fits) {
    return [fits = std::move(fits)](bytes_view came) {
        auto const request = bitcode::decode<Request>(came, bitcode_limits{});
        return request && fits(**request);
    };
}

template <class Request>
[[nodiscard]] std::string shown_arguments(bytes_view came) {
    auto const request = bitcode::decode<Request>(came, bitcode_limits{});
    return request ? shown(**request) : "with arguments of another kind, " + shown_bytes(came);
}

template <class Answer>
[[nodiscard]] ready_answer ready(Answer value) {
    auto const body = bitcode::encode(std::move(value)).to_vector();
    return [body](rpc::responder& to) { to.success(slice{body, {}}); };
}
template <class Answer>
[[nodiscard]] ready_answer ready(call_result<Answer> outcome) {
    if (outcome) {
        return ready(std::move(*outcome));
    }
    return [why = outcome.error()](rpc::responder& to) { peers::answer_failure(to, why); };
}

}  // namespace mocks

/// An event that is expected, by default once. A handle; valid as long as anybody keeps it.
class expected_event {
public:
    explicit expected_event(std::shared_ptr<mocks::expectation> one) noexcept
        : one_(std::move(one)) {}

    /// So many times.
    expected_event const& times(std::size_t count) const {
        one_->times = count;
        return *this;
    }
    /// Any number of times, also never.
    expected_event const& any_times() const {
        one_->times.reset();
        return *this;
    }

private:
    std::shared_ptr<mocks::expectation> one_;
};

/// A call that is expected, by default once. Without a word about its answer it gets none. A
/// handle; valid as long as anybody keeps it.
template <class Request, class Answer>
class expected_call {
public:
    explicit expected_call(std::shared_ptr<mocks::expectation> one) noexcept
        : one_(std::move(one)) {}

    /// Answers with `value`.
    expected_call const& answer(Answer value) const {
        return answer_ready(mocks::ready<Answer>(std::move(value)));
    }

    /// Answers with what `make` gives for the request: an Answer, or a call_result of it.
    template <class Function>
        requires std::invocable<Function const&, Request const&>
    expected_call const& answer(Function make) const {
        one_->made = [make = std::move(make)](bytes_view arguments) -> mocks::ready_answer {
            auto const request = bitcode::decode<Request>(arguments, bitcode_limits{});
            if (!request) {
                return [](rpc::responder& to) { to.system_error("these are not its arguments"); };
            }
            return mocks::ready<Answer>(make(**request));
        };
        return *this;
    }

    /// Answers status 1: the caller sees call_error::refused with this text.
    expected_call const& refuse(std::string text) const {
        return answer_ready(
            mocks::ready<Answer>(call_failure{call_error::refused, std::move(text)}));
    }

    /// Answers status 2: the caller sees call_error::system_failure with this text.
    expected_call const& fail(std::string text) const {
        return answer_ready(
            mocks::ready<Answer>(call_failure{call_error::system_failure, std::move(text)}));
    }

    /// Gives no answer, ever.
    expected_call const& never() const {
        one_->made = nullptr;
        return *this;
    }

    /// Cuts the connections in place of an answer.
    expected_call const& cut() const {
        one_->cuts = true;
        return *this;
    }

    /// Lets so much virtual time pass before the answer.
    expected_call const& after(std::chrono::microseconds delay) const {
        one_->delay = delay;
        return *this;
    }

    /// So many times.
    expected_call const& times(std::size_t count) const {
        one_->times = count;
        return *this;
    }

    /// Any number of times, also never.
    expected_call const& any_times() const {
        one_->times.reset();
        return *this;
    }

private:
    expected_call const& answer_ready(mocks::ready_answer what) const {
        one_->made = [what = std::move(what)](bytes_view) { return what; };
        return *this;
    }

    std::shared_ptr<mocks::expectation> one_;
};

}  // namespace trunkline
