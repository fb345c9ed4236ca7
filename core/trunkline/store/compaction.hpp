// Writes what is live of a store into a new file that takes its place.
#pragma once

#include <trunkline/store/entry_cursor.hpp>
#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>

#include <filesystem>

namespace trunkline::store {

/// A new file with the entries of `live`, in the order they come (newest first), synced and in the
/// place of the one at `path`; its folder is not synced. It holds the writer lock. Fails with
/// damaged when a payload fails its checksum, or with an error of the system; the file at `path` is
/// then as it was, and the new one is gone.
[[nodiscard]] result<opened_file> compact_file(disk& where, std::filesystem::path const& path,
                                               entry_cursor live, std::uint32_t alignment);

}  // namespace trunkline::store
