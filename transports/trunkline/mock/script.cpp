#include <trunkline/mock/script.hpp>

#include <trunkline/mock/shown.hpp>
#include <trunkline/peer/handler.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace trunkline::mocks {
namespace {

std::string times(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " time" : " times");
}

}  // namespace

void far_unary_call::fail(call_failure why) {
    peers::answer_failure(to, std::move(why));
}

void script::add(std::shared_ptr<expectation> one, std::string_view of, shown_arguments show) {
    methods_.try_emplace(one->method_id, method{std::string(of), std::move(show)});
    expectations_.push_back(std::move(one));
}

void script::serve(std::uint64_t method_id, bytes_view arguments, std::shared_ptr<far_call> call) {
    auto const found = std::ranges::find_if(expectations_, [&](auto const& each) {
        return each->method_id == method_id && each->is_open() &&
               (!each->fits || each->fits(arguments));
    });
    if (found != expectations_.end()) {
        auto const one = *found;  // what it does may add to the script
        ++one->met;
        play(*one, arguments, std::move(call));
        return;
    }
    std::string const open = still_open();
    unexpected_.push_back("unexpected call of " + text_of(method_id, arguments) +
                          (open.empty() ? "; no call is expected" : "; expected: " + open));
    call->fail({call_error::system_failure, unexpected_.back()});
}

void script::play(expectation const& one, bytes_view arguments, std::shared_ptr<far_call> call) {
    if (one.cuts || !one.made) {
        never_.push_back(std::move(call));
        if (one.cuts) {
            cut_();
        }
        return;
    }
    auto answer = one.made(arguments);
    if (one.delay == transport::runtime::duration::zero()) {
        answer(call);
        return;
    }
    auto const at = late_.insert(late_.end(), {std::move(call), std::move(answer), nullptr});
    at->due = loop_.after(one.delay, [this, at] {
        std::list<late_answer> due;
        due.splice(due.end(), late_, at);
        due.front().answer(due.front().call);
    });
}

std::string script::text_of(std::uint64_t method_id, bytes_view arguments) const {
    if (auto const known = methods_.find(method_id); known != methods_.end()) {
        return known->second.name + ' ' + known->second.show(arguments);
    }
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "0x%016llx",
                  static_cast<unsigned long long>(method_id));
    return std::string("method ") + number.data() + " with " + shown_bytes(arguments);
}

std::string script::still_open() const {
    std::string all;
    for (auto const& each : expectations_) {
        if (each->is_open()) {
            all += (all.empty() ? "" : ", ") + each->wanted;
        }
    }
    return all;
}

std::string script::complaints() const {
    std::string all;
    for (auto const& each : unexpected_) {
        all += each + '\n';
    }
    for (auto const& each : expectations_) {
        if (each->times && each->met < *each->times) {
            all += "expected " + each->wanted + ' ' + times(*each->times) + ", came " +
                   times(each->met) + '\n';
        }
    }
    return all;
}

}  // namespace trunkline::mocks
