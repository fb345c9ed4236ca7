#include <trunkline/store/generation.hpp>

namespace trunkline::store {

std::size_t shard_of_thread() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local std::size_t const mine =
        next.fetch_add(1, std::memory_order_relaxed) % shard_count;
    return mine;
}

generation::generation(mapping bytes) noexcept : bytes_(std::move(bytes)) {
    for (auto& one : shards_) {
        one.of = this;
    }
}

generation::owner generation::make(mapping bytes) {
    return owner(new generation(std::move(bytes)));
}

pin generation::hold() noexcept {
    auto& mine = shards_[shard_of_thread()];
    mine.holds.fetch_add(1, std::memory_order_relaxed);
    return {&mine, &generation::release};
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
