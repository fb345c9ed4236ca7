// Writes what is live of a store into a new file that takes its place.
#pragma once

#include <trunkline/store/entry_cursor.hpp>
#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace trunkline::store {

/// One compaction: the new file is written beside the store, then it takes its place. Until then
/// the store is as it was, and the new file goes with this object.
class compaction {
public:
    /// Of the store at `path`. `where` outlives this object.
    compaction(disk& where, std::filesystem::path path) noexcept
        : where_(where), path_(std::move(path)) {}
    compaction(compaction const&) = delete;
    compaction& operator=(compaction const&) = delete;
    ~compaction();

    /// Makes the new file, with the entries of `live` in the order they come (newest first), and
    /// syncs it. It holds the writer lock. Fails with damaged when a payload fails its checksum, or
    /// with an error of the system.
    [[nodiscard]] result<void> write(entry_cursor live, std::uint32_t alignment);

    /// What was written. Its handle and its mapping may be moved away.
    [[nodiscard]] opened_file& made() noexcept { return made_; }

    /// Gives the new file the name of the store; the folder is not synced.
    [[nodiscard]] result<void> take_place();

private:
    [[nodiscard]] result<void> make_side_file();
    [[nodiscard]] result<void> copy_entries(entry_cursor& live);

    disk& where_;
    std::filesystem::path path_;
    std::optional<std::filesystem::path> side_;
    opened_file made_;
};

}  // namespace trunkline::store
