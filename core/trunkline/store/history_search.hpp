// Looks for histories in a file that does not end well: at every offset, from the end backwards.
#pragma once

#include <trunkline/store/entry.hpp>
#include <trunkline/store/offset_map.hpp>
#include <trunkline/store/range_checksums.hpp>
#include <trunkline/store/recovery.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace trunkline::store {

/// What is found out about an offset is remembered, so each is looked at once as an end and once as
/// a link, however many entries lead to it. Not thread-safe; `file` must outlive it.
class history_search {
public:
    /// `tried` is what next() will be asked for at most.
    history_search(bytes_view file, alignment_set tried, first_entry first);

    struct hit {
        std::uint64_t tail = 0;
        alignment_set under;  ///< of those tried
    };

    /// The longest history under any of `tried` that is shorter than the one found last and longer
    /// than `floor`: entries back to offset 0, the newest with a zero pad and the right checksum.
    /// Nothing when there is none; check has_memory() then.
    [[nodiscard]] std::optional<hit> next(alignment_set tried, std::uint64_t floor);

    /// What remains of the history that ends at `tail` without an entry that only looks like one
    /// (FORMAT.md, "Recovery", 3): its tail.
    [[nodiscard]] std::uint64_t without_imitations(std::uint64_t tail, std::uint32_t alignment);

    [[nodiscard]] bool has_memory() const noexcept { return has_memory_; }
    [[nodiscard]] search_work work() const noexcept;

private:
    static constexpr std::uint64_t ends_at_once = 1024;

    // Links as they look under one alignment.
    struct chain {
        std::uint32_t alignment = 1;
        std::unique_ptr<offset_map> reach_begin;
    };

    [[nodiscard]] bool collect() noexcept;
    [[nodiscard]] alignment_set look_at(std::uint64_t end, alignment_set tried);
    [[nodiscard]] bool reaches_begin(std::uint64_t tail, chain& links);
    void remember(std::uint64_t from, std::uint64_t to, verdict found, offset_map& in) noexcept;
    [[nodiscard]] bool has_memory_for(std::unique_ptr<offset_map>& map);
    [[nodiscard]] bool is_sound(entry_view const& entry);
    [[nodiscard]] bool is_incomplete(entry_view const& entry);
    [[nodiscard]] std::uint64_t longest_sound_run(std::uint64_t begin, std::uint64_t limit,
                                                  std::uint32_t alignment);

    bytes_view file_;
    first_entry first_;
    std::uint64_t at_;                              // ends above it have been collected
    std::array<std::uint64_t, ends_at_once> ends_;  // that may be ends of entries, the last first
    std::size_t ends_count_ = 0;
    std::size_t ends_next_ = 0;
    range_checksums checksums_;
    // The smallest alignment asks least of a link: what it refutes no other one can prove.
    chain loosest_;
    std::array<chain, alignments.size()> exact_;
    std::unique_ptr<offset_map> sound_;
    bool has_memory_ = true;
    search_work work_;
};

/// A tail, and the alignment under which it was found.
struct found_tail {
    std::uint64_t tail = 0;
    std::uint32_t alignment = alignment_max;
};

/// The history of a damaged file, as `find(file, first_entry)` finds it: without unfinished
/// entries, or, when there is none, with a first entry that is unfinished. An unfinished batch
/// would pass for that one, too; it does not hide a history that ends inside it.
template <class Find>
[[nodiscard]] result<found_tail> find_history(bytes_view file, Find const& find) {
    result<found_tail> const finished = find(file, first_entry::is_finished);
    if (!finished || finished->tail != 0) {
        return finished;
    }
    result<found_tail> const longest = find(file, first_entry::may_be_unfinished);
    if (!longest || longest->tail == 0) {
        return longest;
    }
    auto const first = oldest_entry(file, longest->tail, longest->alignment);
    result<found_tail> const inside =
        find(file.first(first.trailer_offset), first_entry::may_be_unfinished);
    return inside && inside->tail == 0 ? longest : inside;
}

}  // namespace trunkline::store
