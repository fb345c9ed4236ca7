// One mapping of the store's file, kept alive by the store and by every value that was read from
// it.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/store/mapping.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace trunkline::store {

/// Counters are spread over this many cache lines; a thread always uses the same one.
inline constexpr std::size_t shard_count = 16;
inline constexpr std::size_t cache_line = 64;

/// Gives the calling thread its shard.
std::size_t assign_shard() noexcept;
inline constinit thread_local std::size_t assigned_shard = shard_count;

/// The shard of the calling thread, below shard_count.
[[nodiscard]] inline std::size_t shard_of_thread() noexcept {
    return assigned_shard < shard_count ? assigned_shard : assign_shard();
}

/// A mapping and how many hold it. Counting costs one addition on a cache line that seldom leaves
/// the core; a value pins the shard it was counted in, so it may be released on any thread and
/// after the store is gone.
class generation {
    struct shard;

public:
    /// The owner's hold: destroying it lets the mapping go once the last pin is gone.
    struct dismiss {
        void operator()(generation* held) const noexcept;
    };
    using owner = std::unique_ptr<generation, dismiss>;

    [[nodiscard]] static owner make(mapping bytes);

    [[nodiscard]] std::byte const* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::uint64_t size() const noexcept { return bytes_.size(); }

    /// Holds the mapping. The caller must know that the owner's hold lasts during the call.
    [[nodiscard]] pin hold() noexcept {
        auto& mine = shards_[shard_of_thread()];
        mine.holds.fetch_add(1, std::memory_order_relaxed);
        return {&mine, &generation::release};
    }

    /// Holds the mapping `count` times with one addition. The caller must know that the owner's
    /// hold lasts as long as this object.
    class holds {
    public:
        holds(generation& of, std::size_t count) noexcept
            : of_(of.shards_[shard_of_thread()]), left_(static_cast<std::int64_t>(count)) {
            of_.holds.fetch_add(left_, std::memory_order_relaxed);
        }
        holds(holds const&) = delete;
        holds& operator=(holds const&) = delete;
        ~holds() { of_.holds.fetch_sub(left_, std::memory_order_relaxed); }

        /// At most `count` times.
        [[nodiscard]] pin take() noexcept {
            --left_;
            return {&of_, &generation::release};
        }

    private:
        shard& of_;
        std::int64_t left_;
    };

private:
    struct alignas(cache_line) shard {
        std::atomic<std::int64_t> holds{1};  // the first one is the owner's
        generation* of = nullptr;
    };

    explicit generation(mapping bytes) noexcept;
    static void release(void* held) noexcept;

    std::array<shard, shard_count> shards_;
    std::atomic<std::size_t> shards_held_{shard_count};
    mapping bytes_;
};

}  // namespace trunkline::store
