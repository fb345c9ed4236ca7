// Calls as frames inside binary messages, answered in any order.
#pragma once

#include "answer_check.hpp"
#include "lane.hpp"

#include <trunkline/frame/decoder.hpp>

#include <cstdint>
#include <vector>

namespace trunkline::load {

/// One connection with calls.
class rpc_lane final : public lane {
public:
    /// `of` and `wrong` outlive the lane; at most `depth` slots are used.
    rpc_lane(workload const& of, std::size_t begin, frame::layout layout, std::size_t depth,
             faults& wrong);

    void send(std::size_t slot, std::vector<std::byte>& to) override;
    void take(websocket::event const& piece, std::vector<std::size_t>& answered) override;

private:
    struct call {
        std::uint32_t id = 0;
        exchange const* asked = nullptr;  // null: the slot is free
    };

    /// An answer that has begun.
    struct incoming {
        std::uint32_t stream_id = 0;
        call* of = nullptr;  // null until its head is there
        answer_check check;
    };

    void take(frame::fragment const& part, std::vector<std::size_t>& answered);
    [[nodiscard]] incoming& answer_on(std::uint32_t stream_id);
    [[nodiscard]] call& call_of(std::uint32_t request_id);
    void end(incoming& answer, std::vector<std::size_t>& answered);

    turns turns_;
    faults& wrong_;
    frame::decoder frames_;
    std::vector<call> calls_;         // by slot
    unsigned slot_bits_;              // of an id; those above count the uses of the slot
    std::vector<incoming> incoming_;  // few: one, unless the server interleaves
};

}  // namespace trunkline::load
