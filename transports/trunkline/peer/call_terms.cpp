#include <trunkline/peer/call_terms.hpp>

#include <algorithm>

namespace trunkline::peers {
namespace {

class passed_on final : public task {
public:
    explicit passed_on(std::weak_ptr<cancellable> what) noexcept : what_(std::move(what)) {}
    void run(line&) override {
        if (auto const call = what_.lock()) {
            call->give_up(call_error::cancelled);
        }
    }
    void drop(error_code) override {}

private:
    std::weak_ptr<cancellable> what_;
};

}  // namespace

call_terms call_terms::of(call_options const& options, std::chrono::milliseconds otherwise) {
    auto const& parent = options.on_behalf_of;
    return {options.timeout.value_or(otherwise), options.repeatable, parent, options.metadata,
            options.trace || !parent ? options.trace : parent->trace};
}

std::optional<transport::runtime::duration> call_terms::time_left(
    transport::runtime::time_point now) const noexcept {
    using duration = transport::runtime::duration;
    std::optional<duration> left;
    if (timeout.count() != 0) {
        left = line::bounded(timeout);
    }
    if (parent && parent->deadline) {
        auto const of_parent = std::chrono::floor<duration>(*parent->deadline - now);
        left = std::min(left.value_or(of_parent), of_parent);
    }
    return left;
}

error_code call_terms::refusal(transport::runtime::time_point now) const noexcept {
    if (parent && parent->stop.stop_requested()) {
        return call_error::cancelled;
    }
    auto const left = time_left(now);
    return left && left->count() <= 0 ? make_error_code(call_error::deadline_passed) : error_code();
}

void parent_watch::watch(call_terms const& terms, line& on, std::weak_ptr<cancellable> what) {
    if (!callback_ && terms.parent && terms.parent->stop.stop_possible()) {
        callback_.emplace(terms.parent->stop, passes_on{on.shared_from_this(), std::move(what)});
    }
}

void parent_watch::passes_on::operator()() const {
    on->submit_later(std::make_shared<passed_on>(what));
}

}  // namespace trunkline::peers
