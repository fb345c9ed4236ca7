// What opening a store found, kept and cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace trunkline::store {

struct open_report {
    bool created = false;            ///< the file did not exist
    std::uint64_t size_found = 0;    ///< bytes
    std::uint64_t tail_kept = 0;     ///< bytes
    std::uint64_t entries_kept = 0;  ///< tombstones and overwritten values included
    std::uint64_t live_keys = 0;
    std::filesystem::path
        cut_file;  ///< where the bytes after the tail were saved; empty when nothing was cut

    /// One line for people.
    [[nodiscard]] std::string to_text() const;
};

}  // namespace trunkline::store
