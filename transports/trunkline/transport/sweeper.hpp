// One coarse timer for all connections of a thread: a wheel of 250 ms ticks.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstdint>
#include <memory>

namespace trunkline::transport {

struct sweep_tag;

/// Something that wants to be looked at from time to time. Takes itself out on destruction.
class swept : public boost::intrusive::list_base_hook<
                  boost::intrusive::tag<sweep_tag>,
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// Called once per look_at(), with the present time; asks again if it wants to.
    virtual void on_sweep(runtime::time_point now) = 0;

protected:
    ~swept() = default;
};

/// Activity costs nothing: a connection keeps the time it was last heard of and is looked at when
/// that could matter, each time saying when to look next. The timer runs only while somebody waits.
/// Used on one thread.
class sweeper {
public:
    static constexpr std::chrono::milliseconds tick{250};

    /// `loop` outlives it.
    explicit sweeper(runtime& loop) noexcept : loop_(loop) {}

    /// Has `what` looked at not before `when` and at most one tick after it; later than 16 s from
    /// now it is looked at in between. Replaces an earlier wish.
    void look_at(swept& what, runtime::time_point when);

    /// Whether its timer waits on the loop: for up to one tick after the last wish has gone, too.
    [[nodiscard]] bool is_running() const noexcept { return timer_ != nullptr; }

private:
    static constexpr std::int64_t slots = 64;  // the span of the wheel: 16 s

    using list =
        boost::intrusive::list<swept,
                               boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                                   boost::intrusive::tag<sweep_tag>,
                                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>,
                               boost::intrusive::constant_time_size<false>>;

    void wait();
    void turn();
    [[nodiscard]] bool empty() const noexcept;

    runtime& loop_;
    std::array<list, slots> wheel_;
    std::int64_t next_tick_ = 0;  // the first one that has not been swept
    std::unique_ptr<timer> timer_;
};

}  // namespace trunkline::transport
