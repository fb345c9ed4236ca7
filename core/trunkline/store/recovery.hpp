// Finds the history that a file holds: the longest run of entries from its begin that ends with a
// sound one (FORMAT.md, "Recovery").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/entry.hpp>

#include <cstdint>
#include <optional>

namespace trunkline::store {

/// One entry of a history.
struct entry_view {
    std::uint64_t trailer_offset = 0;
    trailer tail;
    payload_extent payload;

    /// Offset just past the entry: where the next one begins.
    [[nodiscard]] std::uint64_t end() const noexcept { return trailer_offset + trailer_size; }
    [[nodiscard]] bytes_view bytes(bytes_view file) const noexcept {
        return file.subspan(payload.start, payload.size());
    }
};

/// The entry that ends at `end`, if the bytes there have the structure of one: its trailer is not
/// all zero, it begins before its trailer, and a payload fits between. No checksum. Any bytes, any
/// `end`.
[[nodiscard]] std::optional<entry_view> entry_before(bytes_view file, std::uint64_t end,
                                                     std::uint32_t alignment) noexcept;

/// True when the pad before the payload is all zero.
[[nodiscard]] bool has_zero_pad(bytes_view file, entry_view const& entry) noexcept;

/// True when the payload has the checksum that the trailer says.
[[nodiscard]] bool has_right_checksum(bytes_view file, entry_view const& entry) noexcept;

/// True when what is written last of an entry is missing (FORMAT.md, "Batches"). It is unfinished
/// then, unless its checksum is right.
[[nodiscard]] bool lacks_commit_part(bytes_view file, entry_view const& entry) noexcept;

/// True when the trailer begins in a sector that holds nothing of it, and its previous tail does,
/// too (FORMAT.md, "Recovery", 2). The entry is torn then, unless its checksum is right.
[[nodiscard]] bool lacks_first_sector(bytes_view file, entry_view const& entry) noexcept;

/// Goes through a history from its newest entry to its oldest. Stops at the first place without
/// structure; complete() tells whether that was offset 0.
class history {
public:
    history(bytes_view file, std::uint64_t tail, std::uint32_t alignment) noexcept
        : file_(file), at_(tail), alignment_(alignment) {}

    /// The next older entry, or nothing.
    [[nodiscard]] std::optional<entry_view> next() noexcept {
        auto const found = entry_before(file_, at_, alignment_);
        if (found) {
            at_ = found->tail.previous_tail;
        }
        return found;
    }

    /// After next() gave nothing: the entries cover every byte from 0 to the tail.
    [[nodiscard]] bool complete() const noexcept { return at_ == 0; }

private:
    bytes_view file_;
    std::uint64_t at_;
    std::uint32_t alignment_;
};

/// What a search for histories has done. Each number grows at most linearly with the file, whatever
/// it holds; tests hold it to that.
struct search_work {
    std::uint64_t offsets = 0;  ///< looked at as the end of an entry
    std::uint64_t links = 0;    ///< followed from one entry to the one before
    std::uint64_t bytes = 0;    ///< read for checksums

    search_work& operator+=(search_work const& more) noexcept {
        offsets += more.offsets;
        links += more.links;
        bytes += more.bytes;
        return *this;
    }
};

/// What recovery found. Nothing was changed.
struct recovered {
    std::uint64_t tail = 0;     ///< bytes that the history covers; 0 when there is none
    std::uint64_t entries = 0;  ///< in the history
    search_work work = {};      ///< none when the file ends well
};

/// An unfinished entry is none, as it belongs to a batch that was cut short. Only the first entry
/// of a file names what it would name, 0, so that it may have lost its checksum later.
enum class first_entry : std::uint8_t { is_finished, may_be_unfinished };

/// The oldest entry of the history that ends at `tail`, which is not 0.
[[nodiscard]] entry_view oldest_entry(bytes_view file, std::uint64_t tail,
                                      std::uint32_t alignment) noexcept;

/// How many entries there are below `tail`.
[[nodiscard]] std::uint64_t history_size(bytes_view file, std::uint64_t tail,
                                         std::uint32_t alignment) noexcept;

/// The history of a file that ends well: entries that cover every byte, the newest with a zero pad
/// and the right checksum. Nothing for any other file, and for one with an unfinished entry. Costs
/// a step per entry, and the checksum.
[[nodiscard]] std::optional<recovered> whole_history(bytes_view file,
                                                     std::uint32_t alignment) noexcept;

/// The longest history: entries that cover every byte from 0, the newest with a zero pad and the
/// right checksum. When that does not end at the end of the file, its other checksums are looked
/// at, too: the history ends before an entry that fails and covers sound ones. Work and memory grow
/// linearly with the file, whatever it holds. Fails with not_enough_memory only.
[[nodiscard]] result<recovered> recover(bytes_view file, std::uint32_t alignment);

}  // namespace trunkline::store
