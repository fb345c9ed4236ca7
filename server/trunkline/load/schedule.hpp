// When messages are due: by the clock alone, whatever the server does.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::load {

/// Several senders that take turns at an even rate. A value; no message is kept anywhere.
class schedule {
public:
    using duration = transport::runtime::duration;

    /// `rate`: messages a second, of all `senders` together. None of either: nothing is ever due.
    schedule(std::size_t senders, std::uint64_t rate) noexcept : senders_(senders), rate_(rate) {}

    /// How many senders take turns.
    [[nodiscard]] std::size_t senders() const noexcept { return senders_; }

    /// Whether anything is due, ever.
    [[nodiscard]] bool is_empty() const noexcept { return senders_ == 0 || rate_ == 0; }

    /// From the begin to the message of that number, of all of them; counted from 0.
    [[nodiscard]] duration due(std::uint64_t message) const noexcept {
        std::uint64_t const whole = message / rate_;
        std::uint64_t const rest = message % rate_;
        return duration(whole * 1'000'000 + rest * 1'000'000 / rate_);
    }

    /// From the begin to the message of that number of one sender; both counted from 0.
    [[nodiscard]] duration due(std::size_t sender, std::uint64_t message) const noexcept {
        return due(message * senders_ + sender);
    }

    /// Whose turn the message of that number is.
    [[nodiscard]] std::size_t sender(std::uint64_t message) const noexcept {
        return message % senders_;
    }

private:
    std::size_t senders_;
    std::uint64_t rate_;
};

}  // namespace trunkline::load
