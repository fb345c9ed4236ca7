#include <trunkline/store/generation.hpp>

namespace trunkline::store {

std::size_t assign_shard() noexcept {
    static std::atomic<std::size_t> next{0};
    return assigned_shard = next.fetch_add(1, std::memory_order_relaxed) % shard_count;
}

generation::generation(mapping bytes) noexcept : bytes_(std::move(bytes)) {
    for (auto& one : shards_) {
        one.of = this;
    }
}

generation::owner generation::make(mapping bytes) {
    return owner(new generation(std::move(bytes)));
}

void generation::release(void* held) noexcept {
    auto& one = *static_cast<shard*>(held);
    auto* const whole = one.of;
    if (one.holds.fetch_sub(1, std::memory_order_acq_rel) == 1 &&
        whole->shards_held_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete whole;
    }
}

void generation::dismiss::operator()(generation* held) const noexcept {
    // The last shard may free the object, so nothing of it is read between two releases but the
    // address of the next shard.
    auto* const shards = held->shards_.data();
    for (std::size_t i = 0; i < shard_count; ++i) {
        release(shards + i);
    }
}

}  // namespace trunkline::store
