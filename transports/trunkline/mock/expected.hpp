// One line of a mock's script, as a test writes it.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/mock/script.hpp>
#include <trunkline/mock/shown.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/stream_writer.hpp>
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

/// Whether arguments are a request of which the predicate says yes.
template <class Request, class Predicate>
[[nodiscard]] auto fitting(Predicate fits) {
    return [fits = std::move(fits)](bytes_view came) {
        auto const request = bitcode::decode<Request>(came, bitcode_limits{});
        return request && fits(**request);
    };
}

/// Arguments as people read them, also such as are no request.
template <class Request>
[[nodiscard]] std::string shown_arguments(bytes_view came) {
    auto const request = bitcode::decode<Request>(came, bitcode_limits{});
    return request ? shown(**request) : "with arguments of another kind, " + shown_bytes(came);
}

/// The same answer for every call.
template <class Answer>
[[nodiscard]] ready_answer ready(Answer value) {
    auto const body = bitcode::encode(std::move(value)).to_vector();
    return [body](std::shared_ptr<far_call> const& call) {
        static_cast<far_unary_call&>(*call).to.success(slice{body, {}});
    };
}
/// The same, or a failure.
template <class Answer>
[[nodiscard]] ready_answer ready(call_result<Answer> outcome) {
    if (outcome) {
        return ready(std::move(*outcome));
    }
    return [why = outcome.error()](std::shared_ptr<far_call> const& call) { call->fail(why); };
}

/// A call that is answered in parts.
template <class Part>
class far_stream_call final : public far_call,
                              public std::enable_shared_from_this<far_stream_call<Part>> {
public:
    using parts = std::vector<typename stream_writer<Part>::sent>;

    explicit far_stream_call(stream_writer<Part> answer) noexcept : to_(std::move(answer)) {}

    void fail(call_failure why) override { to_.fail(std::move(why)); }

    /// From that one on, each when the client has room for it.
    void write(std::shared_ptr<parts const> all, std::size_t from) {
        if (from == all->size()) {
            to_.finish();
            return;
        }
        to_.async_write((*all)[from], [self = this->shared_from_this(), all, from](auto written) {
            if (written) {
                self->write(all, from + 1);
            }
        });
    }

private:
    stream_writer<Part> to_;
};

/// What all lines of a script have. A handle; valid as long as anybody keeps it.
template <class Self>
class expected_times {
public:
    /// Made by mock_connection.
    explicit expected_times(std::shared_ptr<expectation> one) noexcept : one_(std::move(one)) {}

    /// So many times; once unless set.
    Self const& times(std::size_t count) const {
        one_->times = count;
        return self();
    }

    /// Any number of times, also never.
    Self const& any_times() const {
        one_->times.reset();
        return self();
    }

protected:
    /// As what it was made.
    [[nodiscard]] Self const& self() const noexcept { return static_cast<Self const&>(*this); }

    /// Every call that is met gets this answer.
    Self const& answer_with(ready_answer what) const {
        one_->made = [what = std::move(what)](bytes_view) { return what; };
        return self();
    }

    std::shared_ptr<expectation> one_;  ///< shared with the script
};

/// What all lines have that expect an answer. Without a word about it they give none.
template <class Self>
class expected_answer : public expected_times<Self> {
public:
    using expected_times<Self>::expected_times;

    /// Answers status 1: the caller sees call_error::refused with this text.
    Self const& refuse(std::string text) const {
        return fail_with({call_error::refused, std::move(text)});
    }

    /// Answers status 2: the caller sees call_error::system_failure with this text.
    Self const& fail(std::string text) const {
        return fail_with({call_error::system_failure, std::move(text)});
    }

    /// Gives no answer, ever.
    Self const& never() const {
        this->one_->made = nullptr;
        return this->self();
    }

    /// Cuts the connections in place of an answer.
    Self const& cut() const {
        this->one_->cuts = true;
        return this->self();
    }

    /// Lets so much virtual time pass before the answer.
    Self const& after(std::chrono::microseconds delay) const {
        this->one_->delay = delay;
        return this->self();
    }

private:
    Self const& fail_with(call_failure why) const {
        return this->answer_with(
            [why = std::move(why)](std::shared_ptr<far_call> const& call) { call->fail(why); });
    }
};

}  // namespace mocks

/// An event that is expected.
class expected_event final : public mocks::expected_times<expected_event> {
public:
    /// Made by mock_connection.
    explicit expected_event(std::shared_ptr<mocks::expectation> one) noexcept
        : expected_times(std::move(one)) {
        answer_with([](std::shared_ptr<mocks::far_call> const& call) {
            static_cast<mocks::far_unary_call&>(*call).to.success(slice{});  // for who calls it
        });
    }
};

/// A call that is expected.
template <class Request, class Answer>
class expected_call final : public mocks::expected_answer<expected_call<Request, Answer>> {
public:
    using mocks::expected_answer<expected_call>::expected_answer;

    /// Answers with `value`.
    expected_call const& answer(Answer value) const {
        return this->answer_with(mocks::ready<Answer>(std::move(value)));
    }

    /// Answers with what `make` gives for the request: an Answer, or a call_result of it.
    template <class Function>
        requires std::invocable<Function const&, Request const&>
    expected_call const& answer(Function make) const {
        this->one_->made = [make = std::move(make)](bytes_view arguments) -> mocks::ready_answer {
            auto const request = bitcode::decode<Request>(arguments, bitcode_limits{});
            if (!request) {
                return [](std::shared_ptr<mocks::far_call> const& call) {
                    call->fail({call_error::system_failure, "these are not its arguments"});
                };
            }
            return mocks::ready<Answer>(make(**request));
        };
        return *this;
    }
};

/// A call that is expected and answered in parts.
template <class Part>
class expected_stream final : public mocks::expected_answer<expected_stream<Part>> {
public:
    using mocks::expected_answer<expected_stream>::expected_answer;

    /// Answers with these parts, views of bytes for typed::raw, and the end of the stream. What
    /// they view lives as long as the mock.
    expected_stream const& parts(typename mocks::far_stream_call<Part>::parts all) const {
        using list = typename mocks::far_stream_call<Part>::parts;
        return this->answer_with([kept = std::make_shared<list const>(std::move(all))](
                                     std::shared_ptr<mocks::far_call> const& call) {
            static_cast<mocks::far_stream_call<Part>&>(*call).write(kept, 0);
        });
    }
};

}  // namespace trunkline
