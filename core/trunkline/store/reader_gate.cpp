#include <trunkline/store/reader_gate.hpp>

#include <utility>

namespace trunkline::store {

void reader_gate::expect() {
    if (waiting_.size() == waiting_.capacity()) {
        waiting_.reserve(2 * waiting_.size() + 4);
    }
}

void reader_gate::retire(std::shared_ptr<void const> replaced) noexcept {
    waiting_.push_back({std::move(replaced), {}});
    collect();
}

void reader_gate::collect() noexcept {
    if (waiting_.empty()) {
        return;
    }
    for (std::size_t i = 0; i < shard_count; ++i) {
        if (shards_[i].inside.load(std::memory_order_seq_cst) == 0) {
            for (auto& one : waiting_) {
                one.left.set(i);
            }
        }
    }
    std::erase_if(waiting_, [](retired const& one) { return one.left.all(); });
}

}  // namespace trunkline::store
