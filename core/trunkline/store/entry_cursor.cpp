#include <trunkline/store/entry_cursor.hpp>

namespace trunkline::store {
namespace {

// The entry whose trailer lies at `trailer_offset`; nothing for a tombstone.
std::optional<entry_handle> live_entry_at(std::shared_ptr<generation> const& pages,
                                          std::uint64_t trailer_offset, std::uint32_t alignment) {
    auto const payload = find_live_payload(pages->data(), trailer_offset, alignment);
    if (!payload) {
        return std::nullopt;
    }
    return entry_handle(pages, *payload, load_trailer(pages->data() + trailer_offset));
}

}  // namespace

entry_cursor::entry_cursor(snapshot const& now)
    : pages_(now.pages()),
      index_(now.index()),
      alignment_(now.alignment()),
      tail_(now.tail()),
      at_(tail_) {}

std::optional<entry_handle> entry_cursor::next() {
    while (at_ >= entry_size_min) {
        auto const trailer_offset = at_ - trailer_size;
        auto const end = load_trailer(pages_->data() + trailer_offset);
        if (end.previous_tail >= trailer_offset) {
            break;  // not the file that was opened
        }
        at_ = end.previous_tail;
        if (is_newest(end.key_hash, trailer_offset)) {
            if (auto found = live_entry_at(pages_, trailer_offset, alignment_)) {
                return found;
            }
        }
    }
    at_ = 0;
    return std::nullopt;
}

bool entry_cursor::is_newest(std::uint64_t key_hash, std::uint64_t trailer_offset) {
    auto const newest = index_->find(key_hash, pages_->data());
    if (newest < tail_) {
        return newest == trailer_offset;
    }
    return seen_.insert(key_hash).second;
}

share_cursor::share_cursor(snapshot const& now, std::uint64_t share, std::uint64_t shares)
    : pages_(now.pages()),
      index_(now.index()),
      alignment_(now.alignment()),
      at_(index_->capacity() / shares * share),
      end_(share + 1 == shares ? index_->capacity() : index_->capacity() / shares * (share + 1)) {}

std::optional<entry_handle> share_cursor::next() {
    while (at_ < end_) {
        auto const trailer_offset = index_->offset_in(at_++);
        if (trailer_offset != 0) {
            if (auto found = live_entry_at(pages_, trailer_offset, alignment_)) {
                return found;
            }
        }
    }
    return std::nullopt;
}

}  // namespace trunkline::store
