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
      at_(tail_) {}

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

bool entry_cursor::is_newest(std::uint64_t key_hash, std::uint64_t trailer_offset) {
    if (index_->leads_to(key_hash, trailer_offset)) {
        return true;
    }
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
        auto const payload =
            find_live_payload(pages_->data(), index_->offset_in(at_++), alignment_);
        if (!payload.empty()) {
            return entry_at(pages_, payload);
        }
    }
    return std::nullopt;
}

}  // namespace trunkline::store
