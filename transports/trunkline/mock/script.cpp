#include <trunkline/mock/script.hpp>

#include <trunkline/mock/shown.hpp>

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

void script::add(std::shared_ptr<expectation> one, std::string_view of, shown_arguments show) {
    methods_.try_emplace(one->method_id, method{std::string(of), std::move(show)});
    expectations_.push_back(std::move(one));
}

void script::serve(rpc::request const& call, rpc::responder to) {
    auto const found = std::ranges::find_if(expectations_, [&](auto const& each) {
        return each->method_id == call.method_id && each->is_open() &&
               (!each->fits || each->fits(call.arguments));
    });
    if (found != expectations_.end()) {
        auto const one = *found;  // what it does may add to the script
        ++one->met;
        play(*one, call.arguments, std::move(to));
        return;
    }
    std::string const open = still_open();
    unexpected_.push_back("unexpected call of " + text_of(call) +
                          (open.empty() ? "; no call is expected" : "; expected: " + open));
    to.system_error(unexpected_.back());
}

void script::play(expectation const& one, bytes_view arguments, rpc::responder to) {
    if (one.cuts) {
        never_.push_back(std::move(to));
        cut_();
        return;
    }
    if (!one.made) {
        never_.push_back(std::move(to));
        return;
    }
    auto answer = one.made(arguments);
    if (one.delay == transport::runtime::duration::zero()) {
        answer(to);
        return;
    }
    auto const at = late_.insert(late_.end(), {std::move(to), std::move(answer), nullptr});
    at->due = loop_.after(one.delay, [this, at] {
        std::list<late_answer> due;
        due.splice(due.end(), late_, at);
        due.front().answer(due.front().to);
    });
}

std::string script::text_of(rpc::request const& call) const {
    if (auto const known = methods_.find(call.method_id); known != methods_.end()) {
        return known->second.name + ' ' + known->second.show(call.arguments);
    }
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "0x%016llx",
                  static_cast<unsigned long long>(call.method_id));
    return std::string("method ") + number.data() + " with " + shown_bytes(call.arguments);
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
