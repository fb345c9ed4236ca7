// Messages that come back as they were sent, in their order.
#pragma once

#include "lane.hpp"

#include <deque>

namespace trunkline::load {

/// One echoing connection.
class echo_lane final : public lane {
public:
    /// `of` and `wrong` outlive the lane.
    echo_lane(workload const& of, std::size_t begin, faults& wrong)
        : turns_(of, begin), wrong_(wrong) {}

    void send(std::size_t slot, std::vector<std::byte>& to) override;
    void take(websocket::event const& piece, std::vector<std::size_t>& answered) override;

private:
    struct sent {
        std::size_t slot;
        std::vector<std::byte> const* message;
    };

    turns turns_;
    faults& wrong_;
    std::deque<sent> under_way_;
    std::size_t received_ = 0;  // of the first of them
    bool right_ = true;
};

}  // namespace trunkline::load
