// One connection of a run, as its crowd sees it.
#pragma once

#include <trunkline/load/plan.hpp>
#include <trunkline/load/tally.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::load {

/// Told what becomes of members.
class member_owner {
public:
    /// The member of that place is over, in order where `cause` is empty; it is destroyed inside.
    virtual void over(std::size_t place, std::string const& cause) = 0;

    /// What the run does.
    [[nodiscard]] virtual plan const& of() const noexcept = 0;

    /// What is counted.
    [[nodiscard]] virtual tally& counts() noexcept = 0;

    /// When a message of that sender was due.
    [[nodiscard]] virtual transport::runtime::time_point due_at(std::size_t place,
                                                                std::uint64_t message) const = 0;

    /// Whether a further message follows an answer: in a closed loop, while the run lasts.
    [[nodiscard]] virtual bool goes_on() const noexcept = 0;

protected:
    ~member_owner() = default;
};

/// Single-threaded; destroyed only by its owner. Without a timer of its own.
class member {
public:
    virtual ~member() = default;

    /// All are connected: it is the one of that place from now on, counted from 0.
    virtual void begin(std::size_t place) = 0;

    /// Whether the server counts it in: what others send comes to it from now on.
    [[nodiscard]] virtual bool is_let_in() const { return true; }

    /// One more message is due.
    virtual void send_one() = 0;

    /// What is still missing: messages that were due and are not answered, or not received.
    [[nodiscard]] virtual std::uint64_t missing() const = 0;

    /// Starts an orderly end; its owner is told when it is over.
    virtual void close() = 0;
};

}  // namespace trunkline::load
