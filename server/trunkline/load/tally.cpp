#include <trunkline/load/tally.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::load {
namespace {

/// As it may stand in reports: nothing but printable characters of ASCII, as servers choose it.
std::string printable(std::string_view text) {
    std::string shown(text.substr(0, cause_size_max));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    return shown;
}

}  // namespace

void tally::answered(transport::runtime::time_point due_at, transport::runtime::time_point now) {
    auto const took = static_cast<std::uint64_t>(std::max(now - due_at, {}).count());
    latencies.add(took);
    longest_us = std::max(longest_us, took);
    worst_us_ = std::max(worst_us_, took);
}

void tally::fail(std::string_view cause, std::uint64_t count) {
    std::string name = printable(cause);
    if (!causes_.contains(name) && causes_.size() >= causes_max) {
        name = "other";
    }
    causes_[name] += count;
}

std::uint64_t tally::failures() const noexcept {
    std::uint64_t sum = 0;
    for (auto const& [cause, count] : causes_) {
        sum += count;
    }
    return sum;
}

void tally::end_second() {
    seconds.push_back({sent.messages - before_.sent, received.messages - before_.received,
                       std::exchange(worst_us_, 0)});
    before_ = {sent.messages, received.messages, 0};
}

void tally::add(tally const& other) {
    opened += other.opened;
    unopened += other.unopened;
    lost += other.lost;
    due += other.due;
    sent.add(other.sent);
    received_before.add(other.received_before);
    received.add(other.received);
    connects.add(other.connects);
    latencies.add(other.latencies);
    longest_us = std::max(longest_us, other.longest_us);
    opening = std::max(opening, other.opening);
    elapsed = std::max(elapsed, other.elapsed);
    seconds.resize(std::max(seconds.size(), other.seconds.size()));
    for (std::size_t at = 0; at < other.seconds.size(); ++at) {
        seconds[at].sent += other.seconds[at].sent;
        seconds[at].received += other.seconds[at].received;
        seconds[at].worst_us = std::max(seconds[at].worst_us, other.seconds[at].worst_us);
    }
    for (auto const& [cause, count] : other.causes_) {
        fail(cause, count);
    }
}

}  // namespace trunkline::load
