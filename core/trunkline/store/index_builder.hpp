// Makes index tables: from the history of a file, and from a table that has become too small.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/store/key_index.hpp>
#include <trunkline/store/recovery.hpp>

#include <cstdint>
#include <memory>

namespace trunkline::store {

struct built_index {
    std::shared_ptr<index_table> table;
    std::uint64_t live_keys = 0;
};

/// The index of the `entries` entries below `tail`: the newest of each key hash. Keys whose newest
/// entry is a tombstone are not counted. Fails with not_enough_memory.
[[nodiscard]] result<built_index> build_index(bytes_view file, std::uint64_t tail,
                                              std::uint64_t entries, std::uint32_t alignment);

/// A table of `capacity` slots with the live keys of `old`; tombstones are left out.
[[nodiscard]] result<std::shared_ptr<index_table>> rebuild_index(index_table const& old,
                                                                 std::uint64_t capacity,
                                                                 std::byte const* file,
                                                                 std::uint32_t alignment);

}  // namespace trunkline::store
