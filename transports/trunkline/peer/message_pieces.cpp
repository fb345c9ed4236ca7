#include <trunkline/peer/message_pieces.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::peers {
namespace {

pin share_of(std::shared_ptr<pin> const& divided) {
    using share = std::shared_ptr<pin>;
    return {new share(divided), [](void* held) noexcept { delete static_cast<share*>(held); }};
}

}  // namespace

message_pieces::message_pieces(bitcode::encoded message, bool framed) noexcept
    : message_(std::move(message)),
      prefix_due_(framed),
      size_(message_.size()),
      count_(message_.slices().size()) {
    if (framed) {
        prefix_ = typed::record_prefix(typed::record_kind::message, size_);
    }
}

void message_pieces::own() {
    bitcode::output rest{bitcode_limits{}};
    auto const slices = message_.slices();
    for (; at_ < count_; ++at_) {
        rest.add(slices[at_].bytes.subspan(std::exchange(offset_, 0)));
    }
    message_ = std::move(rest).finish();
    at_ = 0;
    count_ = message_.slices().size();
    divided_.reset();
}

std::span<slice> message_pieces::next(std::size_t size_max) {
    given_.clear();
    begun_ = true;
    std::size_t left = size_max;
    if (std::exchange(prefix_due_, false)) {
        given_.push_back({prefix_, {}});
        left -= prefix_.size();
    }
    std::span<slice> const slices = message_.slices();
    while (left > 0 && at_ < count_) {
        std::size_t const size = std::min(left, slices[at_].bytes.size() - offset_);
        given_.push_back(cut(slices[at_], size));
        left -= size;
    }
    return given_;
}

slice message_pieces::cut(slice& from, std::size_t size) {
    slice piece{from.bytes.subspan(offset_, size), {}};
    bool const ends = offset_ + size == from.bytes.size();
    if (ends && offset_ == 0) {
        piece.keep_alive = std::move(from.keep_alive);
    } else if (from.keep_alive || divided_) {
        if (!divided_) {
            divided_ = std::make_shared<pin>(std::move(from.keep_alive));
        }
        piece.keep_alive = share_of(divided_);
    }
    offset_ += size;
    if (ends) {
        ++at_;
        offset_ = 0;
        divided_.reset();
    }
    return piece;
}

}  // namespace trunkline::peers
