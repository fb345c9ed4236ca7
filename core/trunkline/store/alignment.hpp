// Tells from the checksums of a file with which alignment it was written (FORMAT.md, "Alignment").
#pragma once

#include <trunkline/store/recovery.hpp>

#include <array>

namespace trunkline::store {

/// For each of `alignments`, whether the history below `tail` can have been written with it.
using alignment_fit = std::array<bool, alignments.size()>;

/// Compares checksums of the first few entries, from the newest, whose payload would begin at
/// another place under another alignment. An entry that fits no alignment is damaged and says
/// nothing. All fit when nothing speaks against any; reading is then the same under each.
[[nodiscard]] alignment_fit fitting_alignments(bytes_view file, std::uint64_t tail) noexcept;

/// A history and the alignment it was read with.
struct aligned_history {
    std::uint32_t alignment = alignment_max;
    recovered found;
};

/// As recover(), but when the file, or more of it, makes sense under another alignment only, that
/// alignment and its history are given. So the file was written with `alignment` exactly if the
/// result says so.
[[nodiscard]] result<aligned_history> recover_checked(bytes_view file, std::uint32_t alignment);

/// The history under the alignment that fits best: one that fits and covers the whole file, else
/// the longest that fits. Among equals the earliest in `alignments`.
[[nodiscard]] result<aligned_history> recover_detected(bytes_view file);

}  // namespace trunkline::store
