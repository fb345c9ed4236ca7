#include <trunkline/store/alignment.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/history_search.hpp>

#include <algorithm>
#include <array>

namespace trunkline::store {
namespace {

// Values above this size are passed over while there may be smaller ones, in bytes.
inline constexpr std::uint64_t small_payload = 64 * 1024;

// Entries that say something are compared until this many have been seen.
inline constexpr int evidence_max = 16;

// Strikes the alignments under which `entry` fails its checksum, if it holds under any.
void weigh(bytes_view file, entry_view const& entry, alignment_set& fit) noexcept {
    alignment_set holds;
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        auto const payload = find_payload(file.data(), entry.trailer_offset,
                                          entry.tail.previous_tail, alignments[i]);
        holds.set(i, fit[i] && payload &&
                         checksum_of(file.subspan(payload->start, payload->size())) ==
                             entry.tail.checksum);
    }
    fit = holds.empty() ? fit : holds;
}

// True when the alignments that still fit do not agree where the payload begins.
bool says_something(bytes_view file, entry_view const& entry, alignment_set const& fit) noexcept {
    std::optional<std::optional<payload_extent>> first;
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        if (!fit[i]) {
            continue;
        }
        auto const payload = find_payload(file.data(), entry.trailer_offset,
                                          entry.tail.previous_tail, alignments[i]);
        if (first && *first != payload) {
            return true;
        }
        first = payload;
    }
    return false;
}

using preference = std::array<std::size_t, alignments.size()>;

// The places in `alignments`, the preferred one first.
preference in_order(std::optional<std::uint32_t> preferred) noexcept {
    preference order{0, 1, 2};
    auto const found = std::ranges::find(order, preferred, [](auto i) { return alignments[i]; });
    if (found != order.end()) {
        std::ranges::rotate(order.begin(), found, found + 1);
    }
    return order;
}

// The best of what a search finds, so far.
struct best_history {
    std::size_t rank = alignments.size();  // in the order of preference
    std::uint64_t tail = 0;

    void weigh(std::size_t other_rank, std::uint64_t other_tail) noexcept {
        if (other_tail > tail || (other_tail == tail && other_rank < rank)) {
            *this = {other_rank, other_tail};
        }
    }
};

found_tail find_best(history_search& search, preference const& order) {
    auto tried = alignment_set::all();
    best_history best;
    while (auto const hit = search.next(tried, best.tail)) {
        auto const unfit =
            alignment_set::all().without(fitting_alignments(search.file(), hit->tail));
        auto const fit = hit->under.without(unfit);
        auto const tails = search.without_imitations(hit->tail, fit);
        for (std::size_t rank = 0; rank < order.size(); ++rank) {
            if (fit[order[rank]]) {
                best.weigh(rank, tails[order[rank]]);
            }
        }
        // An alignment's longest history is looked at once: either it was kept as far as it goes,
        // or the other entries speak against it.
        tried = tried.without(hit->under);
    }
    return {best.tail, alignments[order[best.rank % order.size()]]};
}

result<aligned_history> recover_damaged(bytes_view file, preference const& order) {
    history_search search(file, alignment_set::all());
    auto const found = find_history(search, [&] { return find_best(search, order); });
    if (!search.has_memory()) {
        return make_error_code(boost::system::errc::not_enough_memory);
    }
    auto const entries = history_size(file, found.tail, found.alignment);
    return aligned_history{found.alignment, {found.tail, entries, search.work()}};
}

}  // namespace

alignment_set fitting_alignments(bytes_view file, std::uint64_t tail) noexcept {
    auto fit = alignment_set::all();
    std::optional<entry_view> smallest;
    // The chain is the same under every alignment; 1 asks least of its entries.
    history entries(file, tail, 1);
    int seen = 0;
    while (auto const entry = entries.next()) {
        if (!says_something(file, *entry, fit)) {
            continue;
        }
        if (entry->payload.size() > small_payload) {
            if (!smallest || entry->payload.size() < smallest->payload.size()) {
                smallest = entry;
            }
            continue;
        }
        weigh(file, *entry, fit);
        if (++seen == evidence_max || fit.size() == 1) {
            return fit;
        }
    }
    if (smallest && seen == 0) {
        weigh(file, *smallest, fit);
    }
    return fit;
}

result<aligned_history> recover_aligned(bytes_view file, std::optional<std::uint32_t> preferred) {
    auto const order = in_order(preferred);
    std::optional<alignment_set> fit;
    for (auto const i : order) {
        auto const whole = whole_history(file, alignments[i]);
        if (!whole) {
            continue;
        }
        fit = fit ? *fit : fitting_alignments(file, file.size());
        if ((*fit)[i]) {
            return aligned_history{alignments[i], *whole};
        }
    }
    return recover_damaged(file, order);
}

}  // namespace trunkline::store
