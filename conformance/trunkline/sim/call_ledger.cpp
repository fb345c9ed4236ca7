#include <trunkline/sim/call_ledger.hpp>

#include <trunkline/sim/world.hpp>

#include <algorithm>
#include <chrono>

namespace trunkline::sim {
namespace {

// A deadline is met within the turn of the loop that it falls into.
constexpr std::chrono::milliseconds turn{1};

}  // namespace

std::string call_ledger::name(std::size_t number, call const& of) {
    return of.what + " #" + std::to_string(number);
}

std::size_t call_ledger::begin(std::string_view who, std::string_view what,
                               transport::runtime::duration timeout) {
    calls_.push_back({std::string(who), std::string(what), at_.loop().now() + timeout + turn});
    most_ = std::max(most_, ++under_way_);
    at_.tell(who, name(calls_.size(), calls_.back()));
    return calls_.size();
}

void call_ledger::end(std::size_t number, std::string_view how, std::string_view note) {
    bool const is_known = number > 0 && number <= calls_.size();
    at_.expect(is_known, "a call ended that has not begun");
    if (!is_known) {
        return;
    }
    auto& of = calls_[number - 1];
    auto const named = name(number, of);
    at_.tell(of.who, named + ": " + std::string(how), note);
    at_.expect(!of.ended, named + " ended twice");
    at_.expect(at_.loop().now() <= of.deadline, named + " ended after its deadline");
    under_way_ -= of.ended ? 0 : 1;
    of.ended = true;
}

void call_ledger::expect_none_late() {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        at_.expect(calls_[i].ended || at_.loop().now() <= calls_[i].deadline,
                   name(i + 1, calls_[i]) + " of " + calls_[i].who + " has not ended");
    }
}

}  // namespace trunkline::sim
