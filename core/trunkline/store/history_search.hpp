// Looks for histories in a file that does not end well: at every offset.
#pragma once

#include <trunkline/store/entry.hpp>
#include <trunkline/store/offset_map.hpp>
#include <trunkline/store/range_checksums.hpp>
#include <trunkline/store/recovery.hpp>
#include <trunkline/store/trailer_scan.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace trunkline::store {

/// Goes through the file once from its begin and notes which offsets a history reaches, so each is
/// looked at once as an end and once as a link, however many entries lead to it. Then the ends that
/// were reached are asked for their checksums, the last one first. Not thread-safe; `file` must
/// outlive it.
class history_search {
public:
    /// `tried` is what next() will be asked for at most. First entries are finished at first.
    history_search(bytes_view file, alignment_set tried);

    struct hit {
        std::uint64_t tail = 0;
        alignment_set under;  ///< of those tried
    };

    /// The longest history under any of `tried` that is shorter than the one found last and longer
    /// than `floor`: entries back to offset 0, the newest with a zero pad and the right checksum.
    /// Nothing when there is none; check has_memory() then.
    [[nodiscard]] std::optional<hit> next(alignment_set tried, std::uint64_t floor);

    /// A tail for each of `alignments`.
    using tails = std::array<std::uint64_t, alignments.size()>;

    /// What remains of the history that ends at `tail` without an entry that only looks like one
    /// (FORMAT.md, "Recovery", 3): its tail, under each of `under`, for which it reaches the begin.
    [[nodiscard]] tails without_imitations(std::uint64_t tail, alignment_set under);

    /// Starts over with first entries that may be unfinished. False when there is none.
    [[nodiscard]] bool allow_unfinished_first();

    /// Starts over with the bytes before `size` alone.
    void shorten(std::uint64_t size) noexcept;

    [[nodiscard]] bytes_view file() const noexcept { return file_; }
    [[nodiscard]] bool has_memory() const noexcept { return has_memory_; }
    [[nodiscard]] search_work work() const noexcept;

private:
    struct link {
        std::uint64_t trailer_offset;
        std::uint64_t previous_tail;
    };

    // Runs of entries with zero pads and right checksums that begin at `begin`.
    struct sound_runs {
        std::uint64_t begin;
        alignment_set under;
        offset_map& ends;        // a bit for each alignment
        std::uint64_t next = 0;  // the first trailer that was not looked at
        tails longest{};         // `begin` where there is none
    };

    void start_over() noexcept;
    void link_all();
    void link_first(possible_trailers const& found);
    [[nodiscard]] unsigned known_at(std::uint64_t trailer_offset);
    [[nodiscard]] alignment_set reached_at(std::uint64_t trailer_offset);
    [[nodiscard]] unsigned passed() const noexcept;
    void link_later(std::span<link const> links);
    void link_later(link const& entry, unsigned before);
    void prefetch_links(std::uint64_t offset) const noexcept;
    void look_at_group(std::uint64_t offset);
    [[nodiscard]] alignment_set look_at(entry_view& entry, alignment_set tried);
    [[nodiscard]] bool is_sound(entry_view const& entry);
    [[nodiscard]] bool is_incomplete(entry_view const& entry);
    [[nodiscard]] alignment_set failing_under(entry_view entry, alignment_set tried) const;
    void extend(sound_runs& runs, std::uint64_t limit);
    void add_sound(possible_trailers const& found, sound_runs& runs);

    bytes_view file_;
    alignment_set tried_;
    first_entry first_ = first_entry::is_finished;
    bool unfinished_first_seen_ = false;
    std::uint64_t at_ = 0;     // trailers from here on have been looked at
    std::uint64_t group_ = 0;  // the last 64 that look_at_group() saw
    range_checksums checksums_;
    // For every offset of a trailer under how many alignments the entry reaches the begin, and a
    // mark when its checksum may be right; set aside when its first entry is unfinished. A mark
    // alone: a first entry that is incomplete unless its checksum is right.
    offset_map reached_;
    bool has_memory_;
    search_work work_;
};

/// A tail, and the alignment under which it was found.
struct found_tail {
    std::uint64_t tail = 0;
    std::uint32_t alignment = alignment_max;
};

/// The history of a damaged file, as `find()` finds it with `search`: without unfinished entries,
/// or, when there is none, with a first entry that is unfinished. An unfinished batch would pass
/// for that one, too; it does not hide a history that ends inside it.
template <class Find>
[[nodiscard]] found_tail find_history(history_search& search, Find const& find) {
    found_tail const finished = find();
    if (finished.tail != 0 || !search.allow_unfinished_first()) {
        return finished;
    }
    found_tail const longest = find();
    if (longest.tail == 0) {
        return longest;
    }
    search.shorten(oldest_entry(search.file(), longest.tail, longest.alignment).trailer_offset);
    found_tail const inside = find();
    return inside.tail == 0 ? longest : inside;
}

}  // namespace trunkline::store
