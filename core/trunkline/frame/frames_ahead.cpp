#include <trunkline/frame/frames_ahead.hpp>

#include <trunkline/base/assert.hpp>

#include <limits>
#include <utility>

namespace trunkline::frame {

void frames_ahead::add(header const& head) {
    auto const [at, added] = frames_.try_emplace(head.sequence, held_frame{head, {}});
    TRUNKLINE_ASSERT(added);
    declared_ += head.payload_size;
}

bool frames_ahead::append(std::uint32_t sequence, bytes_view bytes) noexcept {
    auto const at = frames_.find(sequence);
    TRUNKLINE_ASSERT(at != frames_.end());
    growing_buffer& payload = at->second.payload;
    payloads_ -= payload.memory_taken();
    bool const stored = payload.append(bytes);
    payloads_ += payload.memory_taken();
    return stored;
}

bool frames_ahead::begins_with(std::uint64_t sequence) const noexcept {
    return !frames_.empty() && frames_.begin()->first == sequence;
}

held_frame frames_ahead::take_first() {
    TRUNKLINE_ASSERT(!frames_.empty());
    auto const first = frames_.begin();
    forget_sizes(first->second);
    held_frame taken = std::move(first->second);
    frames_.erase(first);
    return taken;
}

void frames_ahead::drop_from(std::uint64_t sequence) {
    if (sequence > std::numeric_limits<std::uint32_t>::max()) {
        return;
    }
    auto const from = frames_.lower_bound(static_cast<std::uint32_t>(sequence));
    for (auto each = from; each != frames_.end(); ++each) {
        forget_sizes(each->second);
    }
    frames_.erase(from, frames_.end());
}

void frames_ahead::forget_sizes(held_frame const& of) noexcept {
    declared_ -= of.head.payload_size;
    payloads_ -= of.payload.memory_taken();
}

}  // namespace trunkline::frame
