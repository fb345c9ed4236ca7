// Connections that change what frames say: numbers of streams and calls, answers, fields of calls.
#include <trunkline/conformance/wrong/passing_frame.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

constexpr std::uint32_t side_bit = 0x8000'0000;  // of the numbers of who accepted

bool begins(passing_frame const& each, rpc::message_type what) {
    return each.is(frame::kind::open) && each.payload.size() >= rpc::header_size &&
           rpc::decode_header(each.payload).type_byte == static_cast<std::uint8_t>(what);
}

bool has_status(passing_frame const& each, rpc::status what) {
    return each.is_refusal() && each.payload[rpc::header_size] == static_cast<std::byte>(what);
}

// An answer of one status has another one.
subject with_status(rpc::status before, rpc::status after) {
    return altering([before, after](passing_frame& each) {
        if (has_status(each, before)) {
            each.payload[rpc::header_size] = static_cast<std::byte>(after);
        }
    });
}

subject without_field(std::uint8_t tag) {
    return altering(
        [tag](passing_frame& each) { for_fields(each, tag, [](auto) { return false; }); });
}

constexpr std::uint8_t trace_tag = 4;
constexpr std::uint8_t metadata_tag = 5;

// Of each stream, the number that its next frame has to have.
using turns = std::map<std::uint32_t, std::uint32_t>;

// Whether a frame comes in its turn; which is then the next one's.
bool is_its_turn(turns& of, passing_frame const& each) {
    if (each.head.kind_byte > static_cast<std::uint8_t>(frame::kind::cancel)) {
        return true;
    }
    auto& next = of[each.head.stream_id];
    if (each.is(frame::kind::open)) {
        next = each.head.sequence;
    }
    if (each.head.sequence != next) {
        return false;
    }
    ++next;
    return true;
}

void add_wrong_answers(std::vector<wrong_transport>& all) {
    all.push_back({"tells a failure where a method is unknown",
                   with_status(rpc::status::method_not_found, rpc::status::system_error),
                   "MUX-04"});
    all.push_back({"tells a refusal where a handler has failed",
                   with_status(rpc::status::system_error, rpc::status::failed), "MUX-11"});
    all.push_back({"changes the words of a refusal", altering([](passing_frame& each) {
                       if (has_status(each, rpc::status::failed)) {
                           each.payload.back() ^= std::byte{1};
                       }
                   }),
                   "ERR-02"});
    all.push_back({"loses messages that nobody answers", losing([](passing_frame const& each) {
                       return begins(each, rpc::message_type::event);
                   }),
                   "MUX-12"});
    all.push_back({"loses calls of who was dialled", losing([](passing_frame const& each) {
                       return begins(each, rpc::message_type::call) &&
                              (each.head.stream_id & side_bit) != 0;
                   }),
                   "BID-01"});
}

void add_wrong_numbers(std::vector<wrong_transport>& all) {
    all.push_back({"loses frames that come out of their turn",
                   losing([next = turns()](passing_frame const& each) mutable {
                       return !is_its_turn(next, each);
                   }),
                   "DLV-07"});
    all.push_back({"takes a frame that comes again for the next one",
                   altering([next = turns()](passing_frame& each) mutable {
                       if (!is_its_turn(next, each) &&
                           each.head.sequence + 1 == next[each.head.stream_id]) {
                           each.head.sequence = next[each.head.stream_id]++;
                       }
                   }),
                   "DLV-08"});
    all.push_back({"has no stream of the largest number", losing([](passing_frame const& each) {
                       return (each.head.stream_id | side_bit) == ~std::uint32_t{0};
                   }),
                   "DLV-09"});
    all.push_back({"does not know who has begun a stream",
                   altering([](passing_frame& each) { each.head.stream_id &= ~side_bit; }),
                   "MUX-01"});
    all.push_back({"ends the stream before with each one that is given up",
                   with_frames([last = frame::header{}](passing_frame& each, bytes& out) mutable {
                       each.append_to(out);
                       if (each.is(frame::kind::open)) {
                           last = each.head;
                       } else if (each.is(frame::kind::cancel) &&
                                  last.stream_id != each.head.stream_id) {
                           passing_frame other = each;
                           other.head.stream_id = last.stream_id;
                           other.append_to(out);
                       }
                   }),
                   "CLS-09"});
    all.push_back({"loses parts without bytes", losing([](passing_frame const& each) {
                       return each.is(frame::kind::data) && each.payload.size() <= 4;
                   }),
                   "INT-02"});
}

void add_wrong_fields(std::vector<wrong_transport>& all) {
    all.push_back({"loses what goes with a call", without_field(metadata_tag), "INT-12"});
    all.push_back({"loses traces", without_field(trace_tag), "OBS-03"});
    all.push_back({"does not tell that somebody goes away", losing([](passing_frame const& each) {
                       return each.is(extension::kind::go_away);
                   }),
                   "SHD-02"});
    all.push_back({"loses pings",
                   losing([](passing_frame const& each) { return each.is(extension::kind::ping); }),
                   "LIV-07"});
}

}  // namespace

void add_wrong_words(std::vector<wrong_transport>& to) {
    add_wrong_answers(to);
    add_wrong_numbers(to);
    add_wrong_fields(to);
}

}  // namespace trunkline::conformance
