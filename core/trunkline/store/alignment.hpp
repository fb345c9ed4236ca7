// Tells from the checksums of a file with which alignment it was written (FORMAT.md, "Alignment").
#pragma once

#include <trunkline/store/recovery.hpp>

#include <optional>

namespace trunkline::store {

/// The alignments with which the history below `tail` can have been written. Compares checksums of
/// the first few entries, from the newest, whose payload would begin at another place under another
/// alignment. An entry that fits no alignment is damaged and says nothing. All fit when nothing
/// speaks against any; reading is then the same under each.
[[nodiscard]] alignment_set fitting_alignments(bytes_view file, std::uint64_t tail) noexcept;

/// A history and the alignment it was read with.
struct aligned_history {
    std::uint32_t alignment = alignment_max;  ///< bytes: 64, 16 or 1
    recovered found;                          ///< what the file holds, read with that alignment
};

/// The longest history under an alignment that fits it. Among alignments that fit equally well
/// `preferred` is taken, else the earliest in `alignments`; so a file can have been written with
/// `preferred` exactly if the result says so. Without any history: tail 0 and the preferred
/// alignment. Fails with not_enough_memory only.
[[nodiscard]] result<aligned_history> recover_aligned(bytes_view file,
                                                      std::optional<std::uint32_t> preferred = {});

}  // namespace trunkline::store
