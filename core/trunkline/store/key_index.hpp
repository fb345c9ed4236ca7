// Where the newest entry of each key lies: a table from key hash to trailer offset, written by one
// thread, read by any number without a lock.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/entry.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace trunkline::store {

/// Open addressing with one 8-byte slot per key: the top 16 bits of the hash and the 48-bit offset
/// of the trailer; the rest of the hash is compared in the trailer itself. A slot is set by one
/// atomic store and never moves within its table, so readers need no lock; a table that has to grow
/// is replaced by another one. A deleted key keeps its slot, which then leads to its tombstone,
/// until the next replacement. Slots are chosen by a secret number, so that nobody can choose keys
/// that crowd in one place.
class index_table {
public:
    static constexpr std::uint64_t capacity_min = 64;

    /// `capacity` slots, a power of two, at least capacity_min. Fails with not_enough_memory.
    [[nodiscard]] static result<std::unique_ptr<index_table>> make(std::uint64_t capacity);

    /// As make(), with the secret of this one: hashes stand in the same order in both, so that
    /// going through one leads through the other from begin to end.
    [[nodiscard]] result<std::unique_ptr<index_table>> make_like(std::uint64_t capacity) const;
    ~index_table();
    index_table(index_table const&) = delete;
    index_table& operator=(index_table const&) = delete;

    /// Offset of the trailer of the newest entry with this hash, tombstones included; 0 when there
    /// is none. `file` is the begin of the mapped file. Any thread.
    [[nodiscard]] std::uint64_t find(std::uint64_t hash, std::byte const* file) const noexcept {
        return look_up(hash, file).offset;
    }

    /// Where a hash is, or would be.
    struct place {
        std::uint64_t at;      ///< the slot that holds it, or the empty one that ends the search
        std::uint64_t offset;  ///< what was seen there; 0: nothing, as no trailer lies there
    };

    /// As find(), for who reads the payload as well: the byte that lies `ahead` bytes before a
    /// trailer is fetched together with it.
    [[nodiscard]] std::uint64_t find(std::uint64_t hash, std::byte const* file,
                                     std::uint64_t ahead) const noexcept {
        return look_up(hash, file,
                       [file, ahead](std::uint64_t offset) {
                           __builtin_prefetch(file + (offset - ahead) % file_size_max);
                       })
            .offset;
    }

    /// As find(), with the slot. A hash keeps its slot as long as this table lives. Any thread.
    [[nodiscard]] place look_up(std::uint64_t hash, std::byte const* file) const noexcept {
        return look_up(hash, file, [](std::uint64_t) {});
    }

    /// Makes `offset` the newest entry of `hash`; returns the offset it replaced, 0 for none. There
    /// must be two free slots, as one stays free. Writer only.
    std::uint64_t put(std::uint64_t hash, std::uint64_t offset, std::byte const* file) noexcept;

    /// As put, but leaves a present entry as it is, and returns its offset. Writer only.
    std::uint64_t put_if_absent(std::uint64_t hash, std::uint64_t offset,
                                std::byte const* file) noexcept;

    /// For many hashes at once: asks the processor to fetch the slot of `hash`, and when that has
    /// come, the trailer that it leads to.
    void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&slots_[home(hash)]); }
    void prefetch_trailer(std::uint64_t hash, std::byte const* file) const noexcept {
        for (auto at = home(hash);; at = (at + 1) & (capacity_ - 1)) {
            auto const found = slots_[at].load(std::memory_order_relaxed);
            if (found == 0 || found >> offset_bits == tag_of(hash)) {
                __builtin_prefetch(file + (found & offset_mask));
                return;
            }
        }
    }

    /// Calls `visit(offset)` for every slot in use.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::uint64_t i = 0; i < capacity_; ++i) {
            if (auto const held = slots_[i].load(std::memory_order_acquire); held != 0) {
                visit(held & offset_mask);
            }
        }
    }

    /// The offset in slot `at` (below capacity()), 0 when it is empty. Any thread.
    [[nodiscard]] std::uint64_t offset_in(std::uint64_t at) const noexcept {
        return slots_[at].load(std::memory_order_acquire) & offset_mask;
    }

    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

    /// Memory, in bytes.
    [[nodiscard]] std::uint64_t size_in_memory() const noexcept { return capacity_ * sizeof(slot); }

    /// Slots in use, tombstones included. Writer only.
    [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

    /// How many slots may be used before the table has to be replaced: 7 of 8.
    [[nodiscard]] std::uint64_t used_max() const noexcept { return capacity_ / 8 * 7; }

    /// The capacity for `keys` keys: at most 20 bytes per key beyond the smallest table, with room
    /// left to write.
    [[nodiscard]] static std::uint64_t capacity_for(std::uint64_t keys) noexcept;

    /// What a slot holds.
    [[nodiscard]] static constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept {
        return hash >> offset_bits;
    }
    [[nodiscard]] static constexpr std::uint64_t pack(std::uint64_t hash,
                                                      std::uint64_t offset) noexcept {
        return (tag_of(hash) << offset_bits) | offset;
    }

private:
    using slot = std::atomic<std::uint64_t>;
    static constexpr unsigned offset_bits = 48;
    static constexpr std::uint64_t offset_mask = file_size_max - 1;

    index_table(slot* slots, std::uint64_t capacity, std::uint64_t secret) noexcept;
    [[nodiscard]] static result<std::unique_ptr<index_table>> make(std::uint64_t capacity,
                                                                   std::uint64_t secret);
    [[nodiscard]] std::uint64_t home(std::uint64_t hash) const noexcept {
        return (hash * multiplier_) >> shift_;
    }
    template <class Fetch>
    [[nodiscard]] place look_up(std::uint64_t hash, std::byte const* file,
                                Fetch fetch) const noexcept;
    void set(std::uint64_t at, std::uint64_t hash, std::uint64_t offset) noexcept;
    void use_one_more() noexcept;

    slot* slots_;
    std::uint64_t capacity_;
    unsigned shift_;
    std::uint64_t multiplier_;
    std::uint64_t used_ = 0;
};

// Inline, as a read waits for memory and nothing else: the less there is between two reads, the
// more of the second one the processor does while it waits for the first.
template <class Fetch>
index_table::place index_table::look_up(std::uint64_t hash, std::byte const* file,
                                        Fetch fetch) const noexcept {
    auto const* const slots = slots_;
    auto const last = capacity_ - 1;
    auto const tag = tag_of(hash);
    for (auto at = home(hash);; at = (at + 1) & last) {
        auto const found = slots[at].load(std::memory_order_acquire);
        auto const offset = found & offset_mask;
        fetch(offset);
        if (found == 0 ||
            (found >> offset_bits == tag && load_le<std::uint64_t>(file + offset) == hash)) {
            return {at, offset};
        }
    }
}

inline void index_table::set(std::uint64_t at, std::uint64_t hash, std::uint64_t offset) noexcept {
    slots_[at].store(pack(hash, offset), std::memory_order_release);
}

// One slot stays empty, or the search for an absent key would never end.
inline void index_table::use_one_more() noexcept {
    TRUNKLINE_ASSERT(used_ + 1 < capacity_);
    ++used_;
}

inline std::uint64_t index_table::put(std::uint64_t hash, std::uint64_t offset,
                                      std::byte const* file) noexcept {
    auto const found = look_up(hash, file);
    if (found.offset == 0) {
        use_one_more();
    }
    set(found.at, hash, offset);
    return found.offset;
}

inline std::uint64_t index_table::put_if_absent(std::uint64_t hash, std::uint64_t offset,
                                                std::byte const* file) noexcept {
    auto const found = look_up(hash, file);
    if (found.offset == 0) {
        use_one_more();
        set(found.at, hash, offset);
    }
    return found.offset;
}

}  // namespace trunkline::store
