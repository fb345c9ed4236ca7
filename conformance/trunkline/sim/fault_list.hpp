// What goes wrong in a simulation, and when.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace trunkline::sim {

class world;

/// Kinds of faults, of which one after the other strikes by chance. Single-threaded.
class fault_list {
public:
    /// One strike; false when it struck nothing.
    using strike = std::function<bool()>;
    /// What makes one strike good, and no other one; called once, after some time or by stop().
    using cure = std::function<void()>;
    /// One strike of what lasts, and its cure; an empty one when it struck nothing.
    using lasting_strike = std::function<cure()>;

    /// Struck in `at`, which outlives it.
    explicit fault_list(world& at) noexcept : at_(at) {}

    /// One more kind, as likely as each of the others. A strike may add kinds and stop() all.
    void add(strike strikes);
    /// Likewise, one that lasts.
    void add_lasting(lasting_strike strikes);

    /// Something strikes every now and then, on the average every `pause`, for `span` from now.
    void strike_for(transport::runtime::duration span, transport::runtime::duration pause);
    /// All that lasts is made good, and every kind is forgotten: nothing strikes any more.
    void stop();

    /// A fault has come that a strike had only planned: it counts from now on.
    void struck() noexcept { ++count_; }
    /// How many have struck.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    void next();
    void strike_once();

    world& at_;
    std::vector<lasting_strike> kinds_;
    std::map<std::uint64_t, cure> lasting_;  // by number of the strike
    std::uint64_t strikes_ = 0;
    transport::runtime::time_point end_{};
    transport::runtime::duration pause_{0};
    std::size_t count_ = 0;
};

}  // namespace trunkline::sim
