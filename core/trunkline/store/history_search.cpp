#include <trunkline/store/history_search.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <ranges>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

// How far ahead is fetched what links lead to: in bytes, a multiple of 64.
inline constexpr std::uint64_t prefetch_distance = 512;

std::uint64_t previous_tail_at(bytes_view file, std::uint64_t trailer_offset) noexcept {
    return load_le<std::uint64_t>(file.data() + trailer_offset + 8);
}

// True when a border between sectors parts the trailer there.
constexpr bool lies_in_two_sectors(std::uint64_t trailer_offset) noexcept {
    return trailer_offset % sector_size > sector_size - trailer_size;
}

}  // namespace

history_search::history_search(bytes_view file, alignment_set tried)
    : file_(file),
      tried_(tried),
      checksums_(file),
      reached_(file.size()),
      has_memory_(static_cast<bool>(reached_)) {
    link_all();
}

search_work history_search::work() const noexcept {
    auto all = work_;
    all.bytes = checksums_.bytes_read();
    return all;
}

bool history_search::allow_unfinished_first() {
    if (!unfinished_first_seen_) {
        return false;
    }
    first_ = first_entry::may_be_unfinished;
    link_all();
    return true;
}

void history_search::shorten(std::uint64_t size) noexcept {
    file_ = file_.first(size);
    start_over();
}

void history_search::start_over() noexcept {
    at_ = file_.size();
    group_ = at_ / 64 + 1;
}

void history_search::link_all() {
    if (!has_memory_) {
        return;
    }
    start_over();
    work_.offsets += file_.size();
    trailer_scan scan(file_, 1, file_.size());
    possible_trailers found;
    // Where they lead is fetched while they wait.
    std::array<link, 192> waiting;
    std::size_t count = 0;
    while (scan.next(found)) {
        if (found.first != 0) {
            link_first(found);
        }
        for (auto left = found.later; left != 0; left &= left - 1) {
            auto const at = found.offset + static_cast<unsigned>(std::countr_zero(left));
            auto const previous = previous_tail_at(file_, at);
            if (previous >= entry_size_min && previous < at) {
                reached_.prefetch(previous - trailer_size);
                waiting[count++] = {at, previous};
            }
        }
        if (count > waiting.size() - 64) {
            link_later(std::span(waiting).first(std::exchange(count, 0)));
        }
    }
    link_later(std::span(waiting).first(count));
}

// One after the other, as they may be links of each other.
void history_search::link_later(std::span<link const> links) {
    for (auto const& [at, previous] : links) {
        if (reached_.at(previous - trailer_size) == offset_map::mark) {
            checksums_.prefetch(previous - trailer_size);
        }
    }
    for (auto const& [at, previous] : links) {
        if (reached_.at(previous - trailer_size) != 0) {
            link_later(at, previous);
        }
    }
}

// Entries that begin at 0, up to 64 at a time. They are the same under every alignment. Those that
// may be incomplete reach the begin if their checksum is right; that is seen when it is asked for.
void history_search::link_first(possible_trailers const& found) {
    auto unfinished = found.no_checksum;
    std::uint64_t torn = 0;
    if (lies_in_two_sectors(found.offset + 63)) {
        for (unsigned i = 64 - trailer_size + 1; i < 64; ++i) {
            entry_view const entry{found.offset + i, {}, {}};
            auto const bit = std::uint64_t{1} << i;
            if ((found.first & bit) != 0) {
                unfinished = lacks_commit_part(file_, entry) ? unfinished | bit : unfinished & ~bit;
                torn |= lacks_first_sector(file_, entry) ? bit : 0;
            }
        }
    }
    if (first_ == first_entry::may_be_unfinished) {
        reached_.add_all(found.offset, found.first & ~torn, tried_.bits());
        return;
    }
    unfinished_first_seen_ = unfinished_first_seen_ || (found.first & ~torn & unfinished) != 0;
    reached_.add_all(found.offset, found.first & ~torn & ~unfinished, tried_.bits());
    reached_.add_all(found.offset, found.first, offset_map::mark);
}

// What is known of the entry whose trailer lies there.
alignment_set history_search::reached_at(std::uint64_t trailer_offset) {
    auto const known = reached_.at(trailer_offset);
    if (known != offset_map::mark) {
        return alignment_set::of_bits(known);
    }
    if (!checksums_.match(0, trailer_offset)) {
        reached_.clear(trailer_offset, offset_map::mark);
        return {};
    }
    reached_.add(trailer_offset, tried_.bits());
    return tried_;
}

void history_search::link_later(std::uint64_t trailer_offset, std::uint64_t previous) {
    auto reached = reached_at(previous - trailer_size);
    if (reached.empty()) {
        return;
    }
    ++work_.links;
    if (trailer_offset - previous < alignment_max) {
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            reached.set(i, reached[i] &&
                               find_payload(file_.data(), trailer_offset, previous, alignments[i]));
        }
    }
    if (lies_in_two_sectors(trailer_offset) &&
        is_incomplete({trailer_offset, load_trailer(file_.data() + trailer_offset), {}})) {
        return;
    }
    auto const before = reached_.at(trailer_offset);
    reached_.add(
        trailer_offset,
        reached.bits() | (before % offset_map::mark == reached.bits() ? 0U : offset_map::mark));
}

std::optional<history_search::hit> history_search::next(alignment_set tried, std::uint64_t floor) {
    while (has_memory_) {
        auto const last = reached_.last_mark(at_);
        if (!last || *last + trailer_size <= floor) {
            break;
        }
        if (*last / 64 < group_) {
            at_ = *last + 1;
            group_ = *last / 64;
            look_at_group(group_ * 64);
            continue;
        }
        at_ = *last;
        auto const reached = reached_at(at_);
        entry_view entry{at_, load_trailer(file_.data() + at_), {}};
        auto const looked = reached.without(reached.without(tried));
        if (auto const under = look_at(entry, looked); !under.empty()) {
            return hit{entry.end(), under};
        }
        if (looked == reached) {
            reached_.clear(at_, offset_map::mark);
        }
    }
    return std::nullopt;
}

void history_search::prefetch_links(std::uint64_t offset) const noexcept {
    for (auto left = reached_.marks(offset); left != 0; left &= left - 1) {
        checksums_.prefetch(
            previous_tail_at(file_, offset + static_cast<unsigned>(std::countr_zero(left))));
    }
}

// Strikes all that have a wrong checksum among 64, which costs less at once.
void history_search::look_at_group(std::uint64_t offset) {
    auto const marked = reached_.marks(offset);
    if (std::has_single_bit(marked) && !checksums_.has_tables()) {
        return;  // nearly all of ordinary files
    }
    possible_trailers found;
    trailer_scan scan(file_, offset, std::min(file_.size(), offset + 63 + trailer_size));
    auto const first = scan.next(found) ? found.first & marked : 0;
    auto wrong = first & ~checksums_.match_from_begin(offset, first);
    auto const later = marked & ~first;
    prefetch_links(offset - std::min(offset, prefetch_distance));
    if (checksums_.prepare(offset, later)) {
        for (auto left = later; left != 0; left &= left - 1) {
            auto const at = offset + static_cast<unsigned>(std::countr_zero(left));
            auto const previous = previous_tail_at(file_, at);
            auto const sound = checksums_.sound_under(previous, at).bits() & reached_.at(at);
            bool const may_be_tombstone = at - previous == 1;
            wrong |= sound == 0 && !may_be_tombstone ? left & (0 - left) : 0;
        }
    }
    reached_.clear_all(offset, wrong, offset_map::mark);
}

alignment_set history_search::look_at(entry_view& entry, alignment_set tried) {
    auto const previous = entry.tail.previous_tail;
    alignment_set found;
    bool sound = false;
    std::uint64_t pad_seen = alignment_max;
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        if (!tried[i]) {
            continue;
        }
        // Under several alignments most entries are the same.
        if (auto const pad = pad_size(previous, alignments[i]); pad != pad_seen) {
            pad_seen = pad;
            auto const payload =
                find_payload(file_.data(), entry.trailer_offset, previous, alignments[i]);
            entry.payload = payload.value_or(payload_extent{});
            sound = payload && is_sound(entry);
        }
        found.set(i, sound);
    }
    return found;
}

bool history_search::is_sound(entry_view const& entry) {
    auto const& payload = entry.payload;
    return (payload.start == entry.tail.previous_tail || has_zero_pad(file_, entry)) &&
           checksums_.match(payload.start, payload.end);
}

// Unfinished or torn, whatever the alignment.
bool history_search::is_incomplete(entry_view const& entry) {
    return (lacks_first_sector(file_, entry) || lacks_commit_part(file_, entry)) &&
           std::ranges::none_of(alignments, [&](auto const alignment) {
               auto const same = entry_before(file_, entry.end(), alignment);
               return same && checksums_.match(same->payload.start, same->payload.end);
           });
}

// Behind a write that was cut short lie bytes of its payload, or what the disk held before. A
// history that ends there may rest on an entry that is none: its checksum fails, and it spans sound
// entries, which end where the write was lost. Any other entry that fails was damaged later.
std::uint64_t history_search::without_imitations(std::uint64_t tail, std::uint32_t alignment) {
    if (tail == file_.size()) {
        return tail;  // nothing was lost
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> failing;
    history entries(file_, tail, alignment);
    while (auto const entry = entries.next()) {
        if (!has_right_checksum(file_, *entry)) {
            failing.emplace_back(entry->tail.previous_tail, entry->end());
        }
    }
    if (failing.empty()) {
        return tail;
    }
    offset_map sound(file_.size());
    has_memory_ = has_memory_ && sound;
    for (auto const& [begin, end] : failing | std::views::reverse) {
        if (has_memory_ && longest_sound_run(begin, end - 1, alignment, sound) != begin) {
            return longest_sound_run(begin, file_.size(), alignment, sound);
        }
    }
    return tail;
}

// The end of the longest run of entries with zero pads and right checksums that begins at `begin`
// and ends at most at `limit`; `begin` when there is none. `sound` keeps where such runs end.
std::uint64_t history_search::longest_sound_run(std::uint64_t begin, std::uint64_t limit,
                                                std::uint32_t alignment, offset_map& sound) {
    auto longest = begin;
    work_.offsets += limit - begin;
    trailer_scan scan(file_, begin + 1, limit);
    possible_trailers found;
    while (scan.next(found)) {
        std::uint64_t right = 0;
        if (begin == 0 && found.first != 0) {
            right = checksums_.match_from_begin(found.offset, found.first);
            sound.add_all(found.offset, right, 1);
        }
        right |= add_sound(found, begin, alignment, sound);
        if (right != 0) {
            auto const last = 63U - static_cast<unsigned>(std::countl_zero(right));
            longest = found.offset + last + trailer_size;
        }
    }
    return longest;
}

// Adds those of 64 that make a run from `begin` longer, and says which; but for those that name 0.
std::uint64_t history_search::add_sound(possible_trailers const& found, std::uint64_t begin,
                                        std::uint32_t alignment, offset_map& sound) {
    auto const is_in_run = [&](std::uint64_t tail) {
        return tail == begin ||
               (tail >= begin + entry_size_min && sound.at(tail - trailer_size) != 0);
    };
    std::uint64_t possible = 0;
    for (auto left = found.later; left != 0; left &= left - 1) {
        auto const at = found.offset + static_cast<unsigned>(std::countr_zero(left));
        auto const previous = previous_tail_at(file_, at);
        // Entries that end among these are not known yet.
        bool const is_possible = previous < at && (previous > found.offset || is_in_run(previous));
        possible |= is_possible ? left & (0 - left) : 0;
    }
    bool const prepared = possible != 0 && checksums_.prepare(found.offset, possible);
    std::uint64_t added = 0;
    for (auto left = possible; left != 0; left &= left - 1) {
        auto const at = found.offset + static_cast<unsigned>(std::countr_zero(left));
        auto const previous = previous_tail_at(file_, at);
        bool const may_be_tombstone = at - previous == 1;
        if ((prepared && !may_be_tombstone && checksums_.sound_under(previous, at).empty()) ||
            !is_in_run(previous)) {
            continue;
        }
        auto const entry = entry_before(file_, at + trailer_size, alignment);
        if (entry && is_sound(*entry)) {
            sound.add(at, 1);
            added |= left & (0 - left);
        }
    }
    return added;
}

}  // namespace trunkline::store
