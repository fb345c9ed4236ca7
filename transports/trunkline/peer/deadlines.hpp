// What has to be ended when its time has come: many deadlines, one timer.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <memory>
#include <vector>

namespace trunkline::peers {

/// Told when its deadline has passed.
class with_deadline {
public:
    virtual void on_deadline() = 0;

protected:
    ~with_deadline() = default;
};

/// Single-threaded. Who has ended before needs not say so: what no longer lives is forgotten, at
/// the latest when it is more than half of what is remembered.
class deadlines {
public:
    using time_point = transport::runtime::time_point;

    /// Calls who.on_deadline() once `when` has passed, if it still lives then.
    void add(transport::runtime& loop, time_point when, std::weak_ptr<with_deadline> who);

    /// Forgets all.
    void clear() noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }

private:
    struct entry {
        time_point when;
        std::weak_ptr<with_deadline> who;
    };

    static bool is_later(entry const& a, entry const& b) noexcept { return a.when > b.when; }
    void forget_the_gone();
    void arm(transport::runtime& loop);
    void expire(transport::runtime& loop);

    std::vector<entry> waiting_;  // a heap, the earliest first
    std::size_t crowded_ = 64;
    std::unique_ptr<transport::timer> timer_;
    time_point armed_for_{};
};

}  // namespace trunkline::peers
