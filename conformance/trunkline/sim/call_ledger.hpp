// Who has called and not been answered: each call ends once, and by its deadline.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::sim {

class world;

/// Calls by number, from 1. Single-threaded.
class call_ledger {
public:
    /// Told of by `at`, which outlives it.
    explicit call_ledger(world& at) noexcept : at_(at) {}

    /// A call has begun that must end within `timeout`; its number.
    [[nodiscard]] std::size_t begin(std::string_view who, std::string_view what,
                                    transport::runtime::duration timeout);
    /// It has ended: `how` and `note` for the story, as world::tell() says. Breaks the run a second
    /// time, when it is late, and when there was no such call.
    void end(std::size_t number, std::string_view how, std::string_view note = {});
    /// Breaks the run when a call is under way whose deadline has passed.
    void expect_none_late();

    /// How many have been made.
    [[nodiscard]] std::size_t made() const noexcept { return calls_.size(); }
    /// How many have not ended.
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    /// The most of them at the same time.
    [[nodiscard]] std::size_t most_at_once() const noexcept { return most_; }

private:
    struct call {
        std::string who;
        std::string what;
        transport::runtime::time_point deadline;
        bool ended = false;
    };
    [[nodiscard]] static std::string name(std::size_t number, call const& of);

    world& at_;
    std::vector<call> calls_;
    std::size_t under_way_ = 0;
    std::size_t most_ = 0;
};

}  // namespace trunkline::sim
