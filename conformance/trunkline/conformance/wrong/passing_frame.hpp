// What wrong frames are made of: connections that read what they carry, and change frames of it.
#pragma once

#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace trunkline::conformance {

using bytes = std::vector<std::byte>;

/// A frame of layout b on its way.
struct passing_frame {
    frame::header head;
    bytes payload;

    [[nodiscard]] bool is(frame::kind what) const noexcept {
        return head.kind_byte == static_cast<std::uint8_t>(what);
    }
    [[nodiscard]] bool is(extension::kind what) const noexcept {
        return head.kind_byte == static_cast<std::uint8_t>(what);
    }
    // The metadata of an answer begins with something else than success.
    [[nodiscard]] bool is_refusal() const noexcept {
        return is(frame::kind::open) && payload.size() > rpc::header_size &&
               rpc::decode_header(payload).type_byte ==
                   static_cast<std::uint8_t>(rpc::message_type::response) &&
               payload[rpc::header_size] != std::byte{0};
    }
    void append_to(bytes& out) const {
        std::array<std::byte, frame::header_size_max> made;
        frame::header sized = head;
        sized.payload_size = static_cast<std::uint32_t>(payload.size());
        auto const size = frame::encode_header(sized, frame::layout::b, made);
        out.insert(out.end(), made.begin(), made.begin() + static_cast<long>(size));
        out.insert(out.end(), payload.begin(), payload.end());
    }
};

/// Given each frame, and where it puts what goes on.
using frame_change = std::function<void(passing_frame&, bytes& out)>;
using frame_test = std::function<bool(passing_frame const&)>;

/// Cuts what goes out into frames. Those above `whole_max` bytes go through as they are.
class frame_edit {
public:
    explicit frame_edit(frame_change change, std::size_t whole_max = 20 * kib)
        : change_(std::move(change)), whole_max_(whole_max) {}

    void operator()(bytes& out, std::uint64_t /*from*/) {
        held_.insert(held_.end(), out.begin(), out.end());
        out.clear();
        for (;;) {
            auto const passing = take(std::min(untouched_, held_.size()));
            untouched_ -= passing.size();
            out.insert(out.end(), passing.begin(), passing.end());
            if (held_.size() < frame::header_size_b) {
                return;
            }
            auto const head = frame::decode_header(held_, frame::layout::b);
            std::size_t const size = frame::header_size_b + std::size_t{head.payload_size};
            if (size > whole_max_) {
                untouched_ = size;
            } else if (held_.size() < size) {
                return;
            } else {
                static_cast<void>(take(frame::header_size_b));
                passing_frame one{head, take(head.payload_size)};
                change_(one, out);
            }
        }
    }

private:
    bytes take(std::size_t size) {
        auto const end = held_.begin() + static_cast<long>(size);
        bytes taken(held_.begin(), end);
        held_.erase(held_.begin(), end);
        return taken;
    }

    frame_change change_;
    std::size_t whole_max_;
    bytes held_;
    std::size_t untouched_ = 0;  // of what comes next
};

inline subject with_frames(frame_change const& change) {
    return with_edit(frame_edit(change));
}

inline subject altering(std::function<void(passing_frame&)> const& alter) {
    return with_frames([alter](passing_frame& each, bytes& out) {
        alter(each);
        each.append_to(out);
    });
}

inline subject losing(frame_test const& which) {
    return with_frames([which](passing_frame& each, bytes& out) {
        if (!which(each)) {
            each.append_to(out);
        }
    });
}

/// All that comes behind such a frame is lost.
inline subject deaf_behind(frame_test const& which) {
    return losing([which, deaf = false](passing_frame const& each) mutable {
        return std::exchange(deaf, deaf || which(each));
    });
}

/// Such a frame takes the next one with it.
inline subject losing_behind(frame_test const& which) {
    return losing([which, next = false](passing_frame const& each) mutable {
        return std::exchange(next, which(each));
    });
}

/// Calls `change` with each field `tag` of a header frame (extension/FORMAT.md); false: the field
/// is left out.
template <class Change>
void for_fields(passing_frame& of, std::uint8_t tag, Change change) {
    if (!of.is(extension::kind::header)) {
        return;
    }
    constexpr std::size_t head = 3;
    bytes& all = of.payload;
    for (std::size_t at = 0; at + head <= all.size();) {
        std::size_t const size = std::to_integer<std::size_t>(all[at + 1]) +
                                 (std::to_integer<std::size_t>(all[at + 2]) << 8U);
        if (at + head + size > all.size()) {
            return;
        }
        if (std::to_integer<std::uint8_t>(all[at]) == tag &&
            !change(std::span(all).subspan(at + head, size))) {
            auto const begin = all.begin() + static_cast<long>(at);
            all.erase(begin, begin + static_cast<long>(head + size));
        } else {
            at += head + size;
        }
    }
}

}  // namespace trunkline::conformance
