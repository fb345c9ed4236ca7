// Goes through the live entries of a store.
#pragma once

#include <trunkline/store/entry_handle.hpp>
#include <trunkline/store/snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace trunkline::store {

/// The newest entry of every live key, the newest first, as the store was when the cursor was made:
/// later writes are not seen. Costs one look into the index per entry of the file, one bit of
/// memory per slot of the index, and some for each deleted key that has no slot any more. Not
/// thread-safe; outlives the store.
class entry_cursor {
public:
    /// Made inside the reader gate of the store, or by its writer.
    explicit entry_cursor(snapshot const& now);

    /// The next entry, or nothing at the end.
    [[nodiscard]] std::optional<entry_handle> next();

private:
    // Entries whose place in the index is being fetched while older ones are given.
    static constexpr std::size_t ahead_max = 16;

    void look_ahead() noexcept;
    [[nodiscard]] bool is_newest(std::uint64_t key_hash, std::uint64_t trailer_offset);

    std::shared_ptr<generation> pages_;
    std::shared_ptr<index_table> index_;
    std::uint32_t alignment_;
    std::uint64_t tail_;
    std::uint64_t at_;
    std::array<std::uint64_t, ahead_max> ahead_;  // a ring of trailer offsets
    std::size_t taken_ = 0;                       // how many were put into it
    std::size_t given_ = 0;                       // and taken out of it
    std::vector<bool> met_;                       // slots of keys whose newest entry was met
    std::unordered_set<std::uint64_t> deleted_;  // keys without a slot, which they may get any time
};

/// A share of the live entries, in no order: the union of the shares 0 to `shares` - 1 of one
/// snapshot is all of them, once each. For threads that divide the work. A key that is written
/// while the cursor is under way may be given as it was or as it is. Not thread-safe, but the
/// shares may be used at the same time; outlives the store.
class share_cursor {
public:
    share_cursor(snapshot const& now, std::uint64_t share, std::uint64_t shares);

    [[nodiscard]] std::optional<entry_handle> next();

private:
    std::shared_ptr<generation> pages_;
    std::shared_ptr<index_table> index_;
    std::uint32_t alignment_;
    std::uint64_t at_;
    std::uint64_t end_;
};

}  // namespace trunkline::store
