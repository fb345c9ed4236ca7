// What goes wrong in a simulation, and when.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace trunkline::sim {

class world;

/// Kinds of faults, of which one after the other strikes by chance. Single-threaded.
class fault_list {
public:
    /// One strike; false when there was nothing to strike.
    using strike = std::function<bool()>;
    /// What makes good what may last; called after some time, and by stop().
    using cure = std::function<void()>;

    /// Struck in `at`, which outlives it.
    explicit fault_list(world& at) noexcept : at_(at) {}

    /// One more kind, as likely as each of the others.
    void add(strike strikes, cure cures = {});

    /// Something strikes every now and then, on the average every `pause`, for `span` from now.
    void strike_for(transport::runtime::duration span, transport::runtime::duration pause);
    /// All that lasts is made good, and every kind is forgotten: nothing strikes any more.
    void stop();

    /// How many have struck.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    struct kind {
        strike strikes;
        cure cures;
    };
    void next();

    world& at_;
    std::vector<kind> kinds_;
    transport::runtime::time_point end_{};
    transport::runtime::duration pause_{0};
    std::size_t count_ = 0;
};

}  // namespace trunkline::sim
