#include <trunkline/store/recovery.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/history_search.hpp>

#include <algorithm>

namespace trunkline::store {
namespace {

bool has_checksum_under_any(bytes_view file, entry_view const& entry) noexcept {
    return std::ranges::any_of(alignments, [&](auto const alignment) {
        auto const same = entry_before(file, entry.end(), alignment);
        return same && has_right_checksum(file, *same);
    });
}

// Counts the entries below `tail`; nothing when they do not reach back to 0, or lead over one that
// is unfinished or torn.
std::optional<std::uint64_t> count_entries(bytes_view file, std::uint64_t tail,
                                           std::uint32_t alignment) noexcept {
    history entries(file, tail, alignment);
    std::uint64_t count = 0;
    while (auto const entry = entries.next()) {
        if ((lacks_commit_part(file, *entry) || lacks_first_sector(file, *entry)) &&
            !has_checksum_under_any(file, *entry)) {
            return std::nullopt;
        }
        ++count;
    }
    return entries.complete() ? std::optional(count) : std::nullopt;
}

}  // namespace

std::optional<entry_view> entry_before(bytes_view file, std::uint64_t end,
                                       std::uint32_t alignment) noexcept {
    if (end < entry_size_min || end > file.size()) {
        return std::nullopt;
    }
    entry_view found;
    found.trailer_offset = end - trailer_size;
    found.tail = load_trailer(file.data() + found.trailer_offset);
    auto const payload =
        find_payload(file.data(), found.trailer_offset, found.tail.previous_tail, alignment);
    if (!payload || found.tail == trailer{}) {
        return std::nullopt;
    }
    found.payload = *payload;
    return found;
}

bool has_zero_pad(bytes_view file, entry_view const& entry) noexcept {
    return is_zero(
        file.subspan(entry.tail.previous_tail, entry.payload.start - entry.tail.previous_tail));
}

bool lacks_commit_part(bytes_view file, entry_view const& entry) noexcept {
    if (file[entry.trailer_offset + 16] != std::byte{0}) {
        return false;  // nearly every entry ends here
    }
    auto const part = commit_part(entry.trailer_offset);
    return is_zero(file.subspan(entry.trailer_offset + part.begin, part.end - part.begin));
}

bool lacks_first_sector(bytes_view file, entry_view const& entry) noexcept {
    if (file[entry.trailer_offset] != std::byte{0}) {
        return false;
    }
    // Where the commit part does not begin with the previous tail, a sector does.
    auto const border = commit_part(entry.trailer_offset).begin;
    return border > 8 && is_zero(file.subspan(entry.trailer_offset, border));
}

bool has_right_checksum(bytes_view file, entry_view const& entry) noexcept {
    return checksum_of(entry.bytes(file)) == entry.tail.checksum;
}

entry_view oldest_entry(bytes_view file, std::uint64_t tail, std::uint32_t alignment) noexcept {
    history entries(file, tail, alignment);
    entry_view oldest;
    while (auto const entry = entries.next()) {
        oldest = *entry;
    }
    return oldest;
}

std::uint64_t history_size(bytes_view file, std::uint64_t tail, std::uint32_t alignment) noexcept {
    history entries(file, tail, alignment);
    std::uint64_t count = 0;
    while (entries.next()) {
        ++count;
    }
    return count;
}

std::optional<recovered> whole_history(bytes_view file, std::uint32_t alignment) noexcept {
    if (file.empty()) {
        return recovered{};
    }
    auto const last = entry_before(file, file.size(), alignment);
    if (!last || !has_zero_pad(file, *last) || !has_right_checksum(file, *last)) {
        return std::nullopt;
    }
    auto const entries = count_entries(file, file.size(), alignment);
    return entries ? std::optional(recovered{file.size(), *entries}) : std::nullopt;
}

result<recovered> recover(bytes_view file, std::uint32_t alignment) {
    if (auto const whole = whole_history(file, alignment)) {
        return *whole;
    }
    auto const tried = alignment_set::only(alignment);
    auto const place = static_cast<std::size_t>(
        std::ranges::distance(alignments.begin(), std::ranges::find(alignments, alignment)));
    history_search search(file, tried);
    auto const found = find_history(search, [&] {
        auto const hit = search.next(tried, 0);
        return found_tail{hit ? search.without_imitations(hit->tail, tried)[place] : 0, alignment};
    });
    if (!search.has_memory()) {
        return make_error_code(boost::system::errc::not_enough_memory);
    }
    return recovered{found.tail, history_size(file, found.tail, alignment), search.work()};
}

}  // namespace trunkline::store
