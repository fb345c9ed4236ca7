// What opening a store found, kept and cut.
#pragma once

#include <trunkline/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace trunkline::store {

/// What opening a store has found, and dropped.
struct open_report {
    std::filesystem::path path;         ///< as given
    bool created = false;               ///< the file did not exist
    bool read_only = false;             ///< nothing of the file was changed
    std::uint64_t size_found = 0;       ///< bytes
    std::uint64_t tail_kept = 0;        ///< bytes
    std::uint64_t entries_kept = 0;     ///< tombstones and overwritten values included
    std::uint64_t live_keys = 0;        ///< keys with a value
    std::uint32_t alignment_found = 0;  ///< the one the file speaks for; 0 when it was not read
    std::filesystem::path
        cut_file;  ///< where the bytes after the tail were saved; empty when nothing was cut

    /// One line for people, after an open that succeeded.
    [[nodiscard]] std::string to_text() const;

    /// One line for people, after an open that failed with `why`: what is wrong and what to do.
    [[nodiscard]] std::string explain(error_code why) const;
};

}  // namespace trunkline::store
