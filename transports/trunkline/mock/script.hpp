// What a mock expects and how it answers, whatever the types of the methods are.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace trunkline::mocks {

/// One call that has come, until it is answered. Dropped without an answer it fails.
class far_call {
public:
    virtual ~far_call() = default;
    virtual void fail(call_failure why) = 0;
};

/// One with a single answer.
class far_unary_call final : public far_call {
public:
    explicit far_unary_call(rpc::responder answer) noexcept : to(std::move(answer)) {}
    void fail(call_failure why) override;

    rpc::responder to;
};

/// An answer that is ready, to be given to a call of the kind that it was made for.
using ready_answer = std::function<void(std::shared_ptr<far_call> const&)>;

/// One line of a script.
struct expectation {
    std::uint64_t method_id = 0;
    std::string wanted;                            ///< method and request, for messages
    std::function<bool(bytes_view)> fits;          ///< by the arguments; empty: any do
    std::function<ready_answer(bytes_view)> made;  ///< from the arguments; empty: no answer ever
    bool cuts = false;                             ///< in place of an answer
    transport::runtime::duration delay{0};         ///< from the call to the answer
    std::optional<std::size_t> times = 1;          ///< empty: any number
    std::size_t met = 0;

    [[nodiscard]] bool is_open() const noexcept { return !times || met < *times; }
};

/// Used on the thread of its loop, which outlives it.
class script {
public:
    /// `cut` breaks the connections.
    script(transport::runtime& loop, std::function<void()> cut)
        : loop_(loop), cut_(std::move(cut)) {}
    script(script const&) = delete;
    script& operator=(script const&) = delete;

    /// Arguments of a method as text, for messages.
    using shown_arguments = std::function<std::string(bytes_view)>;

    void add(std::shared_ptr<expectation> one, std::string_view method, shown_arguments show);

    /// Serves a call by the first open expectation that fits it; a call that none fits is written
    /// down and answers status 2.
    void serve(std::uint64_t method_id, bytes_view arguments, std::shared_ptr<far_call> call);

    /// One line for each call that nobody expected, then one for each expectation that was not met;
    /// empty when all went as expected.
    [[nodiscard]] std::string complaints() const;

private:
    struct method {
        std::string name;
        shown_arguments show;
    };
    struct late_answer {
        std::shared_ptr<far_call> call;
        ready_answer answer;
        std::unique_ptr<transport::timer> due;
    };

    void play(expectation const& one, bytes_view arguments, std::shared_ptr<far_call> call);
    [[nodiscard]] std::string text_of(std::uint64_t method_id, bytes_view arguments) const;
    [[nodiscard]] std::string still_open() const;

    transport::runtime& loop_;
    std::function<void()> cut_;
    std::vector<std::shared_ptr<expectation>> expectations_;
    std::unordered_map<std::uint64_t, method> methods_;
    std::vector<std::string> unexpected_;
    std::list<late_answer> late_;
    std::vector<std::shared_ptr<far_call>> never_;  // dropped, they would answer
};

}  // namespace trunkline::mocks
