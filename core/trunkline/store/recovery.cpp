#include <trunkline/store/recovery.hpp>

#include <trunkline/store/digest.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <ranges>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

// A set of offsets, one bit each. The pages of a fresh mapping cost memory only once a bit in them
// is set.
class offset_set {
public:
    explicit offset_set(std::uint64_t size) noexcept : bytes_(size / 8 + 1) {
        void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        bits_ = memory == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(memory);
    }
    offset_set(offset_set const&) = delete;
    offset_set& operator=(offset_set const&) = delete;
    ~offset_set() {
        if (bits_ != nullptr) {
            ::munmap(bits_, bytes_);
        }
    }
    [[nodiscard]] explicit operator bool() const noexcept { return bits_ != nullptr; }
    void insert(std::uint64_t offset) noexcept {
        bits_[offset / 8] = static_cast<std::uint8_t>(bits_[offset / 8] | (1U << (offset % 8)));
    }
    [[nodiscard]] bool contains(std::uint64_t offset) const noexcept {
        return (bits_[offset / 8] >> (offset % 8) & 1U) != 0;
    }

private:
    std::uint64_t bytes_;
    std::uint8_t* bits_;
};

// The mark of a trailer whose last sector never reached the disk: no previous tail, no checksum.
// Only the oldest entry of a history can look so, as a previous tail of zero ends the walk.
bool is_half_written(bytes_view file, entry_view const& entry) noexcept {
    return entry.tail.previous_tail == 0 && entry.tail.checksum == 0 &&
           !has_right_checksum(file, entry);
}

// Counts the entries below `tail`; nothing when they do not reach back to 0, or reach it only by a
// trailer that was half written.
std::optional<std::uint64_t> count_entries(bytes_view file, std::uint64_t tail,
                                           std::uint32_t alignment) noexcept {
    history entries(file, tail, alignment);
    std::uint64_t count = 0;
    while (auto const entry = entries.next()) {
        if (is_half_written(file, *entry)) {
            return std::nullopt;
        }
        ++count;
    }
    return entries.complete() ? std::optional(count) : std::nullopt;
}

// Looks for the newest sound entry at every offset, from the end of a damaged file backwards. What
// was found out about an offset is remembered, so each is looked at once however many candidates
// lead to it.
class scan {
public:
    scan(bytes_view file, std::uint32_t alignment) noexcept
        : file_(file),
          alignment_(alignment),
          proven_(file.size() + 1),
          refuted_(file.size() + 1),
          sound_(file.size() + 1),
          checksums_(file) {}

    [[nodiscard]] bool has_memory() const noexcept { return proven_ && refuted_ && sound_; }

    [[nodiscard]] std::uint64_t find_tail(std::uint64_t from) {
        for (auto end = from; end >= entry_size_min; --end) {
            auto const previous = load_le<std::uint64_t>(file_.data() + end - 12);
            if (previous >= end || (previous != 0 && previous < entry_size_min)) {
                continue;  // nearly every offset of ordinary data ends here
            }
            auto const entry = entry_before(file_, end, alignment_);
            if (entry && has_zero_pad(file_, *entry) && reaches_begin(previous) &&
                has_right_checksum(*entry)) {
                return end;
            }
        }
        return 0;
    }

    // Behind a write that was cut short lie bytes of its payload, or what the disk held before. A
    // history that ends there may rest on an entry that is none, and whose checksum fails: it spans
    // sound entries, or it is half new and half old and lies where the write was lost. The oldest
    // such entry gives way to the longest run of sound entries that begins where it begins. Any
    // other entry that fails was damaged later and stays. Gives the tail of what remains.
    [[nodiscard]] std::uint64_t without_imitations(std::uint64_t tail) {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> failing;
        for (auto at = tail; at != 0;) {
            auto const entry = entry_before(file_, at, alignment_);
            at = entry->tail.previous_tail;
            if (!has_right_checksum(*entry)) {
                failing.emplace_back(at, entry->trailer_offset);
            }
        }
        for (auto const& [begin, end] : failing | std::views::reverse) {
            if (end + unsettled_size >= file_.size() || longest_sound_run(begin, end) != begin) {
                return longest_sound_run(begin, file_.size());
            }
        }
        return tail;
    }

private:
    bool has_right_checksum(entry_view const& entry) {
        return checksums_.of(entry.payload.start, entry.payload.end) == entry.tail.checksum;
    }

    // The end of the longest run of entries with zero pads and right checksums that begins at
    // `begin` and ends at most at `limit`; `begin` when there is none.
    std::uint64_t longest_sound_run(std::uint64_t begin, std::uint64_t limit) {
        auto longest = begin;
        for (auto end = begin + entry_size_min; end <= limit; ++end) {
            auto const previous = load_le<std::uint64_t>(file_.data() + end - 12);
            if (previous != begin &&
                (previous < begin || previous >= end || !sound_.contains(previous))) {
                continue;
            }
            auto const entry = entry_before(file_, end, alignment_);
            if (entry && has_zero_pad(file_, *entry) && has_right_checksum(*entry)) {
                sound_.insert(end);
                longest = end;
            }
        }
        return longest;
    }

    // True when the entries below `tail` go back to offset 0.
    bool reaches_begin(std::uint64_t tail) noexcept {
        auto at = tail;
        bool proven = false;
        for (;;) {
            if (at == 0 || proven_.contains(at)) {
                proven = true;
                break;
            }
            if (refuted_.contains(at)) {
                break;
            }
            auto const entry = entry_before(file_, at, alignment_);
            if (!entry) {
                refuted_.insert(at);
                break;
            }
            at = entry->tail.previous_tail;
        }
        remember(tail, at, proven ? proven_ : refuted_);
        return proven;
    }

    void remember(std::uint64_t from, std::uint64_t to, offset_set& verdict) noexcept {
        while (from != to) {
            verdict.insert(from);
            from = load_le<std::uint64_t>(file_.data() + from - 12);
        }
    }

    bytes_view file_;
    std::uint32_t alignment_;
    offset_set proven_;
    offset_set refuted_;
    offset_set sound_;
    range_checksums checksums_;
};

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
    auto const pad =
        file.subspan(entry.tail.previous_tail, entry.payload.start - entry.tail.previous_tail);
    return std::ranges::all_of(pad, [](std::byte each) { return each == std::byte{0}; });
}

bool has_right_checksum(bytes_view file, entry_view const& entry) noexcept {
    return checksum_of(entry.bytes(file)) == entry.tail.checksum;
}

result<recovered> recover(bytes_view file, std::uint32_t alignment) {
    auto const last = entry_before(file, file.size(), alignment);
    if (last && has_zero_pad(file, *last) && has_right_checksum(file, *last)) {
        if (auto const entries = count_entries(file, file.size(), alignment)) {
            return recovered{file.size(), *entries};
        }
    }
    if (file.size() < entry_size_min) {
        return recovered{};
    }
    scan damaged(file, alignment);
    if (!damaged.has_memory()) {
        return make_error_code(boost::system::errc::not_enough_memory);
    }
    auto const tail = damaged.without_imitations(damaged.find_tail(file.size()));
    return recovered{tail, count_entries(file, tail, alignment).value_or(0)};
}

}  // namespace trunkline::store
