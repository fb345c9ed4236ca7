// Connections that do wrong to single frames, as one does that reads what it carries.
#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using bytes = std::vector<std::byte>;

// A frame of layout b on its way.
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

// Given each frame, and where it puts what goes on.
using frame_change = std::function<void(passing_frame&, bytes& out)>;
using frame_test = std::function<bool(passing_frame const&)>;

// Cuts what goes out into frames. Those above `whole_max` bytes go through as they are.
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

subject with_frames(frame_change const& change) {
    return with_edit(frame_edit(change));
}

subject altering(std::function<void(passing_frame&)> const& alter) {
    return with_frames([alter](passing_frame& each, bytes& out) {
        alter(each);
        each.append_to(out);
    });
}

subject losing(frame_test const& which) {
    return with_frames([which](passing_frame& each, bytes& out) {
        if (!which(each)) {
            each.append_to(out);
        }
    });
}

// All that comes behind such a frame is lost.
subject deaf_behind(frame_test const& which) {
    return losing([which, deaf = false](passing_frame const& each) mutable {
        return std::exchange(deaf, deaf || which(each));
    });
}

// What one such frame does to the next one.
subject losing_behind(frame_test const& which) {
    return losing([which, next = false](passing_frame const& each) mutable {
        return std::exchange(next, which(each));
    });
}

bool is_reset(passing_frame const& each) {
    return each.is(extension::kind::reset);
}
bool is_cancel(passing_frame const& each) {
    return each.is(frame::kind::cancel);
}
bool is_unknown(passing_frame const& each) {
    return each.head.kind_byte > extension::kind_known;
}
bool is_refusal(passing_frame const& each) {
    return each.is_refusal();
}

// Calls `change` with each field `tag` of a header frame (extension/FORMAT.md); false: the field is
// left out.
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

constexpr std::uint8_t timeout_tag = 3;
constexpr std::uint8_t metadata_tag = 5;

void add_lost_frames(std::vector<wrong_transport>& all) {
    all.push_back({"loses resets", losing(is_reset), "CAN-02"});
    all.push_back({"loses every eighth reset", losing([resets = 0](auto const& each) mutable {
                       return is_reset(each) && ++resets % 8 == 0;
                   }),
                   "CAN-10"});
    all.push_back({"loses cancels", losing(is_cancel), "CAN-05"});
    all.push_back({"loses grants of credit",
                   losing([](auto const& each) { return each.is(extension::kind::credit); }),
                   "CAN-07"});
    all.push_back({"loses the fields of calls",
                   losing([](auto const& each) { return each.is(extension::kind::header); }),
                   "MAL-09"});
    all.push_back({"loses frames of unknown kinds", losing(is_unknown), "MAL-03"});
    all.push_back({"loses answers that refuse", losing(is_refusal), "DDL-07"});
    all.push_back({"loses what comes behind a reset", losing_behind(is_reset), "CAN-02"});
    all.push_back({"is deaf behind a cancel", deaf_behind(is_cancel), "DDL-05"});
    all.push_back({"is deaf behind a refusal", deaf_behind(is_refusal), "MAL-12"});
    all.push_back({"is deaf behind a frame of an unknown kind", deaf_behind(is_unknown), "MAL-03"});
    all.push_back({"loses a stream's second begin",
                   losing([last = std::uint32_t{0}](auto const& each) mutable {
                       return each.is(frame::kind::open) &&
                              std::exchange(last, each.head.stream_id) == each.head.stream_id;
                   }),
                   "MAL-08"});
}

void add_changed_frames(std::vector<wrong_transport>& all) {
    all.push_back({"gives up another call than was asked for", altering([](passing_frame& each) {
                       if (is_reset(each) && each.payload.size() > 1) {
                           each.payload[1] ^= std::byte{0x40};
                       }
                   }),
                   "CAN-02"});
    all.push_back({"keeps a reset back until something follows",
                   with_frames([kept = bytes()](passing_frame& each, bytes& out) mutable {
                       bytes const now = std::exchange(kept, {});
                       each.append_to(is_reset(each) ? kept : out);
                       out.insert(out.end(), now.begin(), now.end());
                   }),
                   "CAN-02"});
    all.push_back({"gives frames only once they are whole",
                   with_edit(frame_edit(
                       [](passing_frame& each, bytes& out) { each.append_to(out); }, 32 * mib)),
                   "MAL-01"});
    all.push_back({"promises more time than is left", altering([](passing_frame& each) {
                       for_fields(each, timeout_tag, [](auto field) {
                           field[3] ^= std::byte{0x80};  // half an hour
                           return true;
                       });
                   }),
                   "DDL-06"});
    all.push_back({"promises less time than is left", altering([](passing_frame& each) {
                       for_fields(each, timeout_tag, [](auto field) {
                           field[1] = std::byte{0};  // up to 65 ms
                           return true;
                       });
                   }),
                   "DDL-06"});
    all.push_back({"carries 32 entries of metadata and no more", altering([](passing_frame& each) {
                       for_fields(each, metadata_tag,
                                  [entries = 0](auto) mutable { return ++entries <= 32; });
                   }),
                   "LIM-05"});
    all.push_back({"begins streams that nobody has begun",
                   altering([last = std::uint32_t{0}](passing_frame& each) mutable {
                       if (each.is(frame::kind::open)) {
                           last = each.head.stream_id;
                       } else if (each.is(frame::kind::data) && each.head.sequence == 5 &&
                                  each.head.stream_id != last) {
                           each.head.kind_byte = static_cast<std::uint8_t>(frame::kind::open);
                           each.head.sequence = 0;
                       }
                   }),
                   "MAL-07"});
    all.push_back({"gives up what is larger than 4 KiB", altering([](passing_frame& each) {
                       if (each.is(frame::kind::open) && each.payload.size() > 4 * kib) {
                           each.head.kind_byte = static_cast<std::uint8_t>(frame::kind::cancel);
                           each.payload.clear();
                       }
                   }),
                   "LIM-01"});
}

}  // namespace

subject right_frames() {
    return altering([](passing_frame&) {});
}

void add_wrong_frames(std::vector<wrong_transport>& to) {
    add_lost_frames(to);
    add_changed_frames(to);
}

}  // namespace trunkline::conformance
