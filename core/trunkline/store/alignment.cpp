#include <trunkline/store/alignment.hpp>

#include <trunkline/store/digest.hpp>

#include <algorithm>
#include <optional>

namespace trunkline::store {
namespace {

// Values above this size are passed over while there may be smaller ones, in bytes.
inline constexpr std::uint64_t small_payload = 64 * 1024;

// Entries that say something are compared until this many have been seen.
inline constexpr int evidence_max = 16;

// Strikes the alignments under which `entry` fails its checksum, if it holds under any.
void weigh(bytes_view file, entry_view const& entry, alignment_fit& fit) noexcept {
    alignment_fit holds{};
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        if (!fit[i]) {
            continue;
        }
        auto const payload = find_payload(file.data(), entry.trailer_offset,
                                          entry.tail.previous_tail, alignments[i]);
        holds[i] = payload && checksum_of(file.subspan(payload->start, payload->size())) ==
                                  entry.tail.checksum;
    }
    if (std::ranges::find(holds, true) != holds.end()) {
        fit = holds;
    }
}

// True when the alignments that still fit do not agree where the payload begins.
bool says_something(bytes_view file, entry_view const& entry, alignment_fit const& fit) noexcept {
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

std::size_t index_of(std::uint32_t alignment) noexcept {
    return static_cast<std::size_t>(std::ranges::find(alignments, alignment) - alignments.begin());
}

}  // namespace

alignment_fit fitting_alignments(bytes_view file, std::uint64_t tail) noexcept {
    alignment_fit fit;
    fit.fill(true);
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
        if (++seen == evidence_max || std::ranges::count(fit, true) == 1) {
            return fit;
        }
    }
    if (smallest && seen == 0) {
        weigh(file, *smallest, fit);
    }
    return fit;
}

result<aligned_history> recover_checked(bytes_view file, std::uint32_t alignment) {
    auto const own = recover(file, alignment);
    if (!own) {
        return own.error();
    }
    auto const fit = fitting_alignments(file, own->tail);
    bool const fits = fit[index_of(alignment)];
    aligned_history best{alignment, *own};
    if (fits && own->tail == file.size()) {
        return best;
    }
    for (auto const other : alignments) {
        if (other == alignment || !fit[index_of(other)]) {
            continue;
        }
        auto const found = recover(file, other);
        if (!found) {
            return found.error();
        }
        bool const better = !fits && best.alignment == alignment;
        if ((better || found->tail > best.found.tail) &&
            fitting_alignments(file, found->tail)[index_of(other)]) {
            best = {other, *found};
        }
    }
    return best;
}

result<aligned_history> recover_detected(bytes_view file) {
    std::optional<aligned_history> best;
    for (auto const alignment : alignments) {
        auto const found = recover(file, alignment);
        if (!found) {
            return found.error();
        }
        if (!fitting_alignments(file, found->tail)[index_of(alignment)]) {
            continue;
        }
        if (!best || found->tail > best->found.tail) {
            best = {alignment, *found};
        }
        if (found->tail == file.size()) {
            break;
        }
    }
    return best.value_or(aligned_history{});
}

}  // namespace trunkline::store
