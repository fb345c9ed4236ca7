#include <trunkline/store/history_search.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
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

// How many alignments an entry reaches the begin under says which: the smallest ones. Where a pad
// fits, those of smaller alignments do, as they are no longer.
inline constexpr unsigned count_bits = 3;
static_assert(std::ranges::is_sorted(alignments, std::greater()) &&
              alignments.size() <= count_bits);

constexpr alignment_set smallest(unsigned count) noexcept {
    return alignment_set::of_bits(alignment_set::all().bits() << (alignments.size() - count));
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
    start_over();
    return true;
}

void history_search::shorten(std::uint64_t size) noexcept {
    file_ = file_.first(size);
    start_over();
}

// Behind where the last trailer can begin.
void history_search::start_over() noexcept {
    at_ = file_.size() - std::min(file_.size(), trailer_size - 1);
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
    for (auto const& each : links) {
        if (reached_.at(each.previous_tail - trailer_size) == offset_map::mark) {
            checksums_.prefetch(each.previous_tail - trailer_size);
        }
    }
    for (auto const& each : links) {
        auto const before = known_at(each.previous_tail - trailer_size);
        if ((before & count_bits) != 0) {
            link_later(each, before);
        }
    }
}

// Entries that begin at 0, up to 64 at a time. They are the same under every alignment. Those that
// look incomplete are if their checksum is wrong, which is seen when it is asked for.
void history_search::link_first(possible_trailers const& found) {
    auto unfinished = found.first & found.no_checksum;
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
    unfinished_first_seen_ = unfinished_first_seen_ || (unfinished & ~torn) != 0;
    reached_.add_all(found.offset, found.first & ~(unfinished | torn), alignments.size());
    reached_.add_all(found.offset, found.first, offset_map::mark);
}

// What reached_ says of the entry whose trailer lies there.
unsigned history_search::known_at(std::uint64_t trailer_offset) {
    auto const known = reached_.at(trailer_offset);
    if (known != offset_map::mark) {
        return known;
    }
    if (checksums_.match(0, trailer_offset)) {
        reached_.add(trailer_offset, alignments.size());
    } else {
        reached_.clear(trailer_offset, offset_map::mark);
        if (!lacks_first_sector(file_, {trailer_offset, {}, {}})) {
            reached_.add(trailer_offset, alignments.size() | offset_map::aside);
        }
    }
    return reached_.at(trailer_offset);
}

// Of those tried.
alignment_set history_search::reached_at(std::uint64_t trailer_offset) {
    auto const all = smallest(known_at(trailer_offset) & count_bits);
    return alignment_set::of_bits(all.bits() & tried_.bits());
}

// The marks of entries whose first one is not what it has to be.
unsigned history_search::passed() const noexcept {
    return first_ == first_entry::is_finished ? offset_map::aside : 0;
}

// `before` is what is known of the entry before.
void history_search::link_later(link const& entry, unsigned before) {
    auto const at = entry.trailer_offset;
    auto const previous = entry.previous_tail;
    ++work_.links;
    auto reached = before & count_bits;
    if (at - previous < alignment_max) {
        while (reached != 0 &&
               !find_payload(file_.data(), at, previous, alignments[alignments.size() - reached])) {
            --reached;
        }
    }
    if (lies_in_two_sectors(at) && is_incomplete({at, load_trailer(file_.data() + at), {}})) {
        return;
    }
    reached_.add(at,
                 reached | (before & offset_map::aside) | (reached != 0 ? offset_map::mark : 0));
}

std::optional<history_search::hit> history_search::next(alignment_set tried, std::uint64_t floor) {
    while (has_memory_) {
        auto const last = reached_.last_mark(at_, passed());
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
    for (auto left = reached_.marks(offset, 0); left != 0; left &= left - 1) {
        checksums_.prefetch_begin(
            previous_tail_at(file_, offset + static_cast<unsigned>(std::countr_zero(left))));
    }
}

// Strikes all that have a wrong checksum among 64, which costs less at once; also those that are
// passed, as they would have to be looked at next if nothing were found.
void history_search::look_at_group(std::uint64_t offset) {
    auto const marked = reached_.marks(offset, 0);
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
            auto const sound = checksums_.sound_under(previous, at);
            bool const may_be_tombstone = at - previous == 1;
            bool const is_wrong =
                (sound.empty() || (sound.bits() & reached_at(at).bits()) == 0) && !may_be_tombstone;
            wrong |= is_wrong ? left & (0 - left) : 0;
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
history_search::tails history_search::without_imitations(std::uint64_t tail, alignment_set under) {
    tails kept;
    kept.fill(tail);
    if (tail == file_.size()) {
        return kept;  // nothing was lost
    }
    struct failing_entry {
        std::uint64_t begin;
        std::uint64_t end;
        alignment_set under;
    };
    std::vector<failing_entry> failing;
    // The same entries under every alignment; 1 asks least of them.
    history entries(file_, tail, 1);
    while (auto const entry = entries.next()) {
        if (auto const fails = failing_under(*entry, under); !fails.empty()) {
            failing.push_back({entry->tail.previous_tail, entry->end(), fails});
        }
    }
    if (failing.empty()) {
        return kept;
    }
    offset_map sound(file_.size());
    has_memory_ = has_memory_ && sound;
    for (auto const& each : failing | std::views::reverse) {
        auto const asked = under.without(under.without(each.under));
        if (!has_memory_ || asked.empty()) {
            continue;
        }
        sound_runs runs{each.begin, asked, sound, each.begin + 1, {}};
        runs.longest.fill(each.begin);
        extend(runs, each.end - 1);
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            runs.under.set(i, asked[i] && runs.longest[i] != each.begin);
        }
        if (runs.under.empty()) {
            continue;
        }
        extend(runs, file_.size());
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            kept[i] = runs.under[i] ? runs.longest[i] : kept[i];
        }
        under = under.without(runs.under);
    }
    return kept;
}

// Under which alignments the entry has a wrong checksum.
alignment_set history_search::failing_under(entry_view entry, alignment_set tried) const {
    alignment_set fails;
    std::optional<payload_extent> last;
    bool is_wrong = false;
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        auto const payload = find_payload(file_.data(), entry.trailer_offset,
                                          entry.tail.previous_tail, alignments[i]);
        if (!tried[i] || !payload) {
            continue;
        }
        if (payload != last) {  // under several alignments most entries are the same
            last = payload;
            entry.payload = *payload;
            is_wrong = !has_right_checksum(file_, entry);
        }
        fails.set(i, is_wrong);
    }
    return fails;
}

// Looks at the trailers that end at most at `limit` as well.
void history_search::extend(sound_runs& runs, std::uint64_t limit) {
    if (limit < runs.next + trailer_size) {
        return;
    }
    trailer_scan scan(file_, runs.next, limit);
    auto const next = limit - trailer_size + 1;
    work_.offsets += next - std::exchange(runs.next, next);
    possible_trailers found;
    while (scan.next(found)) {
        if (runs.begin == 0 && found.first != 0) {
            auto const right = checksums_.match_from_begin(found.offset, found.first);
            runs.ends.add_all(found.offset, right, runs.under.bits());
            if (right != 0) {
                auto const last = 63U - static_cast<unsigned>(std::countl_zero(right));
                runs.longest.fill(found.offset + last + trailer_size);
            }
        }
        add_sound(found, runs);
    }
}

// Adds those of 64 that make a run longer; but for those that name 0.
void history_search::add_sound(possible_trailers const& found, sound_runs& runs) {
    auto const in_run = [&](std::uint64_t tail) {
        if (tail == runs.begin) {
            return runs.under;
        }
        auto const known =
            tail < runs.begin + entry_size_min ? 0U : runs.ends.at(tail - trailer_size);
        return alignment_set::of_bits(known & runs.under.bits());
    };
    std::uint64_t possible = 0;
    for (auto left = found.later; left != 0; left &= left - 1) {
        auto const at = found.offset + static_cast<unsigned>(std::countr_zero(left));
        auto const previous = previous_tail_at(file_, at);
        // Entries that end among these are not known yet.
        bool const is_possible =
            previous < at && (previous > found.offset || !in_run(previous).empty());
        possible |= is_possible ? left & (0 - left) : 0;
    }
    bool const prepared = possible != 0 && checksums_.prepare(found.offset, possible);
    for (auto left = possible; left != 0; left &= left - 1) {
        auto const at = found.offset + static_cast<unsigned>(std::countr_zero(left));
        auto const previous = previous_tail_at(file_, at);
        bool const may_be_tombstone = at - previous == 1;
        auto const tried = in_run(previous);
        if (tried.empty() ||
            (prepared && !may_be_tombstone && checksums_.sound_under(previous, at).empty())) {
            continue;
        }
        entry_view entry{at, load_trailer(file_.data() + at), {}};
        auto const right = look_at(entry, tried);
        runs.ends.add(at, right.bits());
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            runs.longest[i] = right[i] ? std::max(runs.longest[i], entry.end()) : runs.longest[i];
        }
    }
}

}  // namespace trunkline::store
