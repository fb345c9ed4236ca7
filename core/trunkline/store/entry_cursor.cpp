#include <trunkline/store/entry_cursor.hpp>

namespace trunkline::store {
namespace {

std::optional<entry_handle> entry_at(std::shared_ptr<generation> const& pages,
                                     payload_extent const& payload) {
    return std::optional<entry_handle>(std::in_place, pages, payload,
                                       load_trailer(pages->data() + payload.end));
}

}  // namespace

entry_cursor::entry_cursor(snapshot const& now)
    : pages_(now.pages()),
      index_(now.index()),
      alignment_(now.alignment()),
      tail_(now.tail()),
      at_(tail_),
      met_(index_->capacity()) {}

// Goes on along the chain, as far as the ring has room.
void entry_cursor::look_ahead() noexcept {
    while (taken_ - given_ < ahead_max && at_ >= entry_size_min) {
        auto const* const file = pages_->data();
        auto const trailer_offset = at_ - trailer_size;
        auto const end = load_trailer(file + trailer_offset);
        if (end.previous_tail >= trailer_offset) {
            at_ = 0;  // not the file that was opened
            return;
        }
        index_->prefetch(end.key_hash);
        ahead_[taken_++ % ahead_max] = trailer_offset;
        at_ = end.previous_tail;
    }
}

std::optional<entry_handle> entry_cursor::next() {
    for (;;) {
        look_ahead();
        if (given_ == taken_) {
            return std::nullopt;
        }
        auto const trailer_offset = ahead_[given_++ % ahead_max];
        auto const key_hash = load_le<std::uint64_t>(pages_->data() + trailer_offset);
        if (is_newest(key_hash, trailer_offset)) {
            auto const payload = find_live_payload(pages_->data(), trailer_offset, alignment_);
            if (!payload.empty()) {
                return entry_at(pages_, payload);
            }
        }
    }
}

// Newer entries are met first. Where the index leads beyond the tail, the key was written again
// since, and only what was met says whether this entry is the newest below the tail.
bool entry_cursor::is_newest(std::uint64_t key_hash, std::uint64_t trailer_offset) {
    auto const newest = index_->look_up(key_hash, pages_->data());
    if (newest.offset == 0) {
        deleted_.insert(key_hash);
        return false;
    }
    if (newest.offset < tail_ && newest.offset != trailer_offset) {
        return false;
    }
    bool const is_first = !met_[newest.at] && !deleted_.contains(key_hash);
    met_[newest.at] = true;
    return is_first;
}

share_cursor::share_cursor(snapshot const& now, std::uint64_t share, std::uint64_t shares)
    : pages_(now.pages()),
      index_(now.index()),
      alignment_(now.alignment()),
      at_(index_->capacity() / shares * share),
      end_(share + 1 == shares ? index_->capacity() : index_->capacity() / shares * (share + 1)) {}

std::optional<entry_handle> share_cursor::next() {
    while (at_ < end_) {
        auto const payload =
            find_live_payload(pages_->data(), index_->offset_in(at_++), alignment_);
        if (!payload.empty()) {
            return entry_at(pages_, payload);
        }
    }
    return std::nullopt;
}

}  // namespace trunkline::store
