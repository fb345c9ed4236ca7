#include "rpc_lane.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

namespace trunkline::load {

rpc_lane::rpc_lane(workload const& of, std::size_t begin, frame::layout layout, std::size_t depth,
                   faults& wrong)
    : turns_(of, begin),
      wrong_(wrong),
      frames_(layout, std::numeric_limits<std::uint32_t>::max()),
      calls_(depth),
      slot_bits_(static_cast<unsigned>(std::bit_width(depth - 1))) {
    for (std::size_t slot = 0; slot < depth; ++slot) {
        calls_[slot].id = static_cast<std::uint32_t>(slot);
    }
    incoming_.reserve(depth);
}

void rpc_lane::send(std::size_t slot, std::vector<std::byte>& to) {
    call& next = calls_[slot];
    next.id = (next.id + (1U << slot_bits_)) & ~rpc::acceptor_id_bit;
    next.asked = &turns_.next();
    append(next.asked->request, next.id, to);
}

void rpc_lane::take(websocket::event const& piece, std::vector<std::size_t>& answered) {
    bytes_view left = piece.bytes;
    for (;;) {
        auto const part = frames_.next(left);
        if (!part) {
            throw std::runtime_error("a frame that cannot be read");
        }
        if (!part->has_value()) {
            return;
        }
        take(**part, answered);
    }
}

void rpc_lane::take(frame::fragment const& part, std::vector<std::size_t>& answered) {
    incoming& answer = answer_on(part.head.stream_id);
    bytes_view left = part.bytes;
    if (answer.check.take_head(left)) {
        if (answer.of == nullptr) {
            answer.of = &call_of(answer.check.head().request_id);
        }
        answer.check.take_body(left, *answer.of->asked);
    }
    if (part.ends && part.head.kind_byte == static_cast<std::uint8_t>(frame::kind::end)) {
        end(answer, answered);
    }
}

rpc_lane::incoming& rpc_lane::answer_on(std::uint32_t stream_id) {
    auto const found = std::ranges::find(incoming_, stream_id, &incoming::stream_id);
    if (found != incoming_.end()) {
        return *found;
    }
    incoming_.push_back({stream_id, nullptr, {}});
    return incoming_.back();
}

rpc_lane::call& rpc_lane::call_of(std::uint32_t request_id) {
    std::size_t const slot = request_id & ((1U << slot_bits_) - 1);
    if (slot >= calls_.size() || calls_[slot].id != request_id || calls_[slot].asked == nullptr) {
        throw std::runtime_error("an answer to request " + std::to_string(request_id) +
                                 ", which is not under way");
    }
    return calls_[slot];
}

void rpc_lane::end(incoming& answer, std::vector<std::size_t>& answered) {
    if (answer.of == nullptr) {
        throw std::runtime_error("an answer that does not say to what");
    }
    call& done = *answer.of;
    if (auto const wrong = answer.check.verdict(*done.asked); !wrong.empty()) {
        wrong_.add(wrong);
    }
    done.asked = nullptr;
    answered.push_back(static_cast<std::size_t>(&done - calls_.data()));
    answer = incoming_.back();
    incoming_.pop_back();
}

}  // namespace trunkline::load
