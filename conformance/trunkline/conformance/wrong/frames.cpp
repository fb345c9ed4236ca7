// Connections that do wrong to single frames, as one does that reads what it carries.
#include <trunkline/conformance/wrong/passing_frame.hpp>
#include <trunkline/extension/kinds.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

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
