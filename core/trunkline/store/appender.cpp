#include <trunkline/store/appender.hpp>

#include <algorithm>
#include <cstring>

namespace trunkline::store {
namespace {

// Pads, trailers and small payloads of one gather write, in bytes. The memory is never moved while
// pieces point into it.
inline constexpr std::size_t small_size = 256 * 1024;
inline constexpr std::size_t small_per_entry_max =
    alignment_max + appender::copied_payload_max + trailer_size;
static_assert(small_per_entry_max <= small_size);

// Pieces of one gather write: as many as the system takes at once.
inline constexpr std::size_t pieces_max = 1024;

}  // namespace

void appender::begin(file& to, std::uint64_t tail, bool hold_back) noexcept {
    file_ = &to;
    written_ = tail;
    tail_ = tail;
    small_used_ = 0;
    pieces_.clear();
    last_is_small_ = false;
    holds_back_ = hold_back;
    held_size_ = 0;
}

result<void> appender::add(record const& entry) {
    if (small_.empty()) {
        small_.resize(small_size);
    }
    if (small_used_ + small_per_entry_max > small_.size() || pieces_.size() + 3 > pieces_max) {
        if (auto const flushed = flush(); !flushed) {
            return flushed;
        }
    }
    auto const begin = tail_;
    auto const pad = entry.tombstone ? 0 : pad_size(begin, alignment_);
    // Pad, payload and trailer go one behind the other into the memory, unless the payload stays
    // where it is. As many zeros as the longest pad has are written, as that is a fixed number.
    auto* at = small_.data() + small_used_;
    std::memset(at, 0, alignment_max);
    at += pad;
    if (entry.payload.size() <= copied_payload_max) {
        std::memcpy(at, entry.payload.data(), entry.payload.size());
        at += entry.payload.size();
    } else {
        note_small(at);
        pieces_.push_back(entry.payload);
        last_is_small_ = false;
    }
    store_trailer(at, {entry.key_hash, begin, entry.checksum});
    tail_ = begin + pad + entry.payload.size() + trailer_size;
    if (holds_back_ && held_size_ == 0) {
        hold_back_commit_part(begin, {at, trailer_size});
    }
    note_small(at + trailer_size);
    return {};
}

result<void> appender::flush() {
    auto const wrote = write_all(*file_, written_, pieces_);
    written_ = tail_;
    small_used_ = 0;
    pieces_.clear();
    last_is_small_ = false;
    return wrote;
}

void appender::hold_back_commit_part(std::uint64_t begin, std::span<std::byte> trailer) noexcept {
    auto const offset = tail_ - trailer_size;
    // Nothing stands before the first entry of a file, so its trailer would pass for one that lost
    // its checksum: none of it is there before the rest.
    auto const part = begin == 0 ? trailer_part{0, trailer_size} : commit_part(offset);
    auto const bytes = trailer.subspan(part.begin, part.end - part.begin);
    held_at_ = offset + part.begin;
    held_size_ = bytes.size();
    std::ranges::copy(bytes, held_.begin());
    std::ranges::fill(bytes, std::byte{0});
}

result<void> appender::commit() {
    bytes_view const held = bytes_view(held_).first(held_size_);
    return write_all(*file_, held_at_, std::span(&held, 1));
}

// Up to `end`.
void appender::note_small(std::byte const* end) {
    auto const* const begin = small_.data() + small_used_;
    auto const size = static_cast<std::size_t>(end - begin);
    if (last_is_small_) {
        auto& last = pieces_.back();
        last = {last.data(), last.size() + size};
    } else if (size != 0) {
        pieces_.emplace_back(begin, size);
        last_is_small_ = true;
    }
    small_used_ += size;
}

}  // namespace trunkline::store
