// Work for the end of the current turn of the loop: many wishes, one wake.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <boost/intrusive/list.hpp>

namespace trunkline::transport {

struct turn_tag;

/// Something that can be queued at most once. Takes itself out on destruction.
class turn_work : public boost::intrusive::list_base_hook<
                      boost::intrusive::tag<turn_tag>,
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    virtual void on_turn() = 0;

protected:
    ~turn_work() = default;
};

/// Allocates nothing per wish. Used on one thread.
class turn_queue {
public:
    /// `loop` outlives it.
    explicit turn_queue(runtime& loop) noexcept : loop_(loop) {}

    /// Has `work` called once, soon, from the loop and never from inside this call. Nothing when it
    /// waits already.
    void add(turn_work& work);

private:
    using list =
        boost::intrusive::list<turn_work,
                               boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                                   boost::intrusive::tag<turn_tag>,
                                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>>>,
                               boost::intrusive::constant_time_size<false>>;

    void run();

    runtime& loop_;
    list waiting_;
    bool woken_ = false;
};

}  // namespace trunkline::transport
