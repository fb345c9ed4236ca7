#include <trunkline/store/history_search.hpp>

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

std::uint64_t previous_tail_at(bytes_view file, std::uint64_t end) noexcept {
    return load_le<std::uint64_t>(file.data() + end - 12);
}

}  // namespace

history_search::history_search(bytes_view file, alignment_set tried, first_entry first)
    : file_(file), first_(first), at_(file.size()), checksums_(file) {
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        exact_[i].alignment = alignments[i];
        loosest_.alignment = tried[i] ? alignments[i] : loosest_.alignment;
    }
    static_assert(std::ranges::is_sorted(alignments, std::ranges::greater()));
    static_cast<void>(has_memory_for(loosest_.reach_begin));
}

search_work history_search::work() const noexcept {
    auto all = work_;
    all.bytes = checksums_.bytes_read();
    return all;
}

bool history_search::has_memory_for(std::unique_ptr<offset_map>& map) {
    if (map == nullptr) {
        map = std::make_unique<offset_map>(file_.size() + 1);
        has_memory_ = has_memory_ && *map;
    }
    return static_cast<bool>(*map);
}

std::optional<history_search::hit> history_search::next(alignment_set tried, std::uint64_t floor) {
    while (has_memory_) {
        while (ends_next_ < ends_count_ && ends_[ends_next_] > floor) {
            auto const end = ends_[ends_next_++];
            if (auto const under = look_at(end, tried); !under.empty()) {
                return hit{end, under};
            }
        }
        if (ends_next_ < ends_count_ || at_ <= floor || !collect()) {
            break;
        }
    }
    return std::nullopt;
}

// Lists what may be ends of entries among the next offsets; nearly no offset of ordinary data may.
// Where they lead is fetched meanwhile.
bool history_search::collect() noexcept {
    ends_count_ = ends_next_ = 0;
    auto const highest = at_;
    auto const lowest = std::max(entry_size_min, highest - std::min(highest, ends_at_once - 1));
    if (highest < lowest) {
        return false;
    }
    work_.offsets += highest - lowest + 1;
    at_ = lowest - 1;
    auto const* const bytes = file_.data();
    std::size_t count = 0;
    for (auto end = highest; end >= lowest; --end) {
        auto const previous = load_le<std::uint64_t>(bytes + end - 12);
        ends_[count] = end;
        // 0, or at least the end of the shortest entry; and before the trailer.
        bool const possible =
            (previous - 1 >= entry_size_min - 1) & (previous < end - trailer_size);
        count += possible ? 1 : 0;
    }
    for (std::size_t i = 0; i < count; ++i) {
        auto const end = ends_[i];
        auto const previous = load_le<std::uint64_t>(bytes + end - 12);
        if (previous != 0) {
            __builtin_prefetch(bytes + previous - trailer_size);
            loosest_.reach_begin->prefetch(previous);
        }
        // No trailer is all zero.
        ends_[ends_count_] = end;
        ends_count_ +=
            previous != 0 || load_trailer(bytes + end - trailer_size) != trailer{} ? 1 : 0;
    }
    return true;
}

alignment_set history_search::look_at(std::uint64_t end, alignment_set tried) {
    alignment_set found;
    auto const trailer_offset = end - trailer_size;
    entry_view entry{trailer_offset, load_trailer(file_.data() + trailer_offset), {}};
    auto const previous = entry.tail.previous_tail;
    if (!reaches_begin(previous, loosest_)) {
        return found;
    }
    bool sound = false;
    std::uint64_t pad_seen = alignment_max;
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        if (!tried[i]) {
            continue;
        }
        // Under several alignments most entries that get here are the same.
        if (auto const pad = pad_size(previous, alignments[i]); pad != pad_seen) {
            pad_seen = pad;
            auto const payload =
                find_payload(file_.data(), trailer_offset, previous, alignments[i]);
            entry.payload = payload.value_or(payload_extent{});
            sound = payload && is_sound(entry);
        }
        if (sound) {
            found.set(
                i, alignments[i] == loosest_.alignment || (has_memory_for(exact_[i].reach_begin) &&
                                                           reaches_begin(previous, exact_[i])));
        }
    }
    return found;
}

bool history_search::is_sound(entry_view const& entry) {
    auto const& payload = entry.payload;
    return (payload.start == entry.tail.previous_tail || has_zero_pad(file_, entry)) &&
           checksums_.of(payload.start, payload.end) == entry.tail.checksum;
}

// Unfinished or torn, whatever the alignment.
bool history_search::is_incomplete(entry_view const& entry) {
    bool const may_be_unfinished =
        first_ == first_entry::may_be_unfinished && entry.tail.previous_tail == 0;
    bool const suspected = lacks_first_sector(file_, entry) ||
                           (!may_be_unfinished && lacks_commit_part(file_, entry));
    return suspected &&
           std::ranges::none_of(alignments, [&](auto const alignment) {
               auto const same = entry_before(file_, entry.end(), alignment);
               return same &&
                      checksums_.of(same->payload.start, same->payload.end) == entry.tail.checksum;
           });
}

// True when the entries below `tail` go back to offset 0, none unfinished or torn.
bool history_search::reaches_begin(std::uint64_t tail, chain& links) {
    auto at = tail;
    auto found = verdict::proven;
    while (at != 0) {
        if (found = links.reach_begin->at(at); found != verdict::unknown) {
            break;
        }
        ++work_.links;
        auto const entry = entry_before(file_, at, links.alignment);
        if (!entry || is_incomplete(*entry)) {
            found = verdict::refuted;
            links.reach_begin->set(at, found);
            break;
        }
        at = entry->tail.previous_tail;
        found = verdict::proven;
    }
    remember(tail, at, found, *links.reach_begin);
    return found == verdict::proven;
}

void history_search::remember(std::uint64_t from, std::uint64_t to, verdict found,
                              offset_map& in) noexcept {
    while (from != to) {
        in.set(from, found);
        from = previous_tail_at(file_, from);
    }
}

// Behind a write that was cut short lie bytes of its payload, or what the disk held before. A
// history that ends there may rest on an entry that is none: its checksum fails, and it spans sound
// entries, which end where the write was lost. Any other entry that fails was damaged later.
std::uint64_t history_search::without_imitations(std::uint64_t tail, std::uint32_t alignment) {
    if (tail == file_.size()) {
        return tail;  // nothing was lost
    }
    sound_.reset();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> failing;
    history entries(file_, tail, alignment);
    while (auto const entry = entries.next()) {
        if (!has_right_checksum(file_, *entry)) {
            failing.emplace_back(entry->tail.previous_tail, entry->end());
        }
    }
    for (auto const& [begin, end] : failing | std::views::reverse) {
        if (longest_sound_run(begin, end - 1, alignment) != begin) {
            return longest_sound_run(begin, file_.size(), alignment);
        }
    }
    return tail;
}

// The end of the longest run of entries with zero pads and right checksums that begins at `begin`
// and ends at most at `limit`; `begin` when there is none.
std::uint64_t history_search::longest_sound_run(std::uint64_t begin, std::uint64_t limit,
                                                std::uint32_t alignment) {
    auto longest = begin;
    if (!has_memory_for(sound_)) {
        return longest;
    }
    work_.offsets += limit - begin;
    for (auto end = begin + entry_size_min; end <= limit; ++end) {
        auto const previous = previous_tail_at(file_, end);
        if (previous < begin || previous >= end ||
            (previous != begin && sound_->at(previous) != verdict::proven)) {
            continue;
        }
        auto const entry = entry_before(file_, end, alignment);
        if (entry && is_sound(*entry)) {
            sound_->set(end, verdict::proven);
            longest = end;
        }
    }
    return longest;
}

}  // namespace trunkline::store
