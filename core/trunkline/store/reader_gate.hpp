// Tells a writer when nobody can still be reading what it has replaced.
#pragma once

#include <trunkline/store/generation.hpp>

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

namespace trunkline::store {

/// Readers pass through the gate: two additions on a cache line of their thread, no waiting. The
/// writer retires what it has replaced, and it is destroyed once every reader that may have seen it
/// has left. Readers from any thread; retire and collect by one writer at a time.
class reader_gate {
public:
    /// A reader inside the gate. What it reads from the published pointers while inside stays
    /// valid until it leaves.
    class pass {
    public:
        explicit pass(reader_gate& gate) noexcept
            : inside_(gate.shards_[shard_of_thread()].inside) {
            // Sequentially consistent, as the writer's look at the counter: either the writer sees
            // this reader, or the reader sees the new pointer.
            inside_.fetch_add(1, std::memory_order_seq_cst);
        }
        pass(pass const&) = delete;
        pass& operator=(pass const&) = delete;
        ~pass() { inside_.fetch_sub(1, std::memory_order_release); }

    private:
        std::atomic<std::uint32_t>& inside_;
    };

    /// Makes room for one more, so that the next retire() needs no memory.
    void expect();

    /// Takes something that has just been replaced. The replacing store must be sequentially
    /// consistent, and expect() must have come before it: afterwards it is too late to fail.
    void retire(std::shared_ptr<void const> replaced) noexcept;

    /// Destroys what no reader can still see. Never waits.
    void collect() noexcept;

private:
    struct alignas(cache_line) shard {
        std::atomic<std::uint32_t> inside{0};
    };
    struct retired {
        std::shared_ptr<void const> object;
        std::bitset<shard_count> left;  // shards that were seen without readers since
    };

    std::array<shard, shard_count> shards_;
    std::vector<retired> waiting_;
};

}  // namespace trunkline::store
