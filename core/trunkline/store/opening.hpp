// Opens the file of a store: lock, recovery, and saving what has to be cut (FORMAT.md, "Recovery").
#pragma once

#include <trunkline/store/entry.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/store.hpp>

#include <cstdint>
#include <memory>

namespace trunkline::store {

/// A store file ready for use: locked, mapped, and exactly as long as its history, unless it was
/// opened for reading only.
struct opened_file {
    std::unique_ptr<file> handle;
    mapping bytes;
    std::uint64_t tail = 0;
    std::uint64_t entries = 0;
    std::uint32_t alignment = alignment_max;
    bool read_only = false;
};

/// As store::open says. `report` is filled as far as things went.
[[nodiscard]] result<opened_file> open_store_file(disk& where, std::filesystem::path const& path,
                                                  open_options const& options, open_report& report);

}  // namespace trunkline::store
