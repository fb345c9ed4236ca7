// Says what is in a store file: entries by their kind, bytes by their use. Never changes the file.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/open_report.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace trunkline::store {

/// Sizes in bytes. entries = live_keys + overwritten + tombstones, and
/// size = live_bytes + trailer_bytes + pad_bytes + dead_bytes + passed_over.
struct file_stat {
    std::filesystem::path path;       ///< of the file
    std::uint32_t alignment = 0;      ///< bytes: 64, 16 or 1
    std::uint64_t size = 0;           ///< of the file
    std::uint64_t entries = 0;        ///< all of them
    std::uint64_t live_keys = 0;      ///< of these, the newest values
    std::uint64_t tombstones = 0;     ///< deletions, whether or not something was written again
    std::uint64_t overwritten = 0;    ///< values that a later value or deletion hides
    std::uint64_t live_bytes = 0;     ///< payloads of live entries
    std::uint64_t trailer_bytes = 0;  ///< trailers of live entries
    std::uint64_t pad_bytes = 0;      ///< pads of live entries
    std::uint64_t dead_bytes = 0;     ///< tombstones and overwritten entries, with all they have
    std::uint64_t passed_over = 0;    ///< behind the last entry; opening for writing would cut them
    std::uint64_t size_compacted = 0;  ///< what compacting would leave
    std::uint64_t index_bytes = 0;     ///< of memory for the index while the store is open

    /// What compacting would save; 0 when the file would grow, as pads depend on the order.
    [[nodiscard]] std::uint64_t savings() const noexcept {
        return size > size_compacted ? size - size_compacted : 0;
    }

    /// Without a key: 0.
    [[nodiscard]] double index_bytes_per_key() const noexcept {
        return live_keys == 0 ? 0
                              : static_cast<double>(index_bytes) / static_cast<double>(live_keys);
    }

    /// One line per number, for people.
    [[nodiscard]] std::string to_text() const;
};

/// Looks at every trailer of the file at `path`, at no payload but the last. Takes the shared lock
/// and fails as opening for reading only can fail; `opening`, when given, can explain() it.
[[nodiscard]] result<file_stat> stat_file(std::filesystem::path const& path,
                                          std::optional<std::uint32_t> alignment = {},
                                          disk& where = system_disk(),
                                          open_report* opening = nullptr);

}  // namespace trunkline::store
