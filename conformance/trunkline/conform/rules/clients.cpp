// What is decided of a client by what it has said.
#include <trunkline/conform/client_rules.hpp>

#include <trunkline/conform/guests.hpp>
#include <trunkline/conform/rules/families.hpp>
#include <trunkline/rpc/header.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace trunkline::conform {
namespace {

using conformance::expect;
using conformance::level;
using conformance::needs;
using conformance::rule;
using conformance::rule_not_applicable;
using conformance::world;
using websocket::opcode;

using books = std::vector<guest_book>;

// It was still there when it was hung up on, and so had the time to answer.
bool has_stayed(guest_book const& one) {
    return one.was_closed || !one.has_ended;
}

// Throws unless at least one connection tells something.
void expect_told(std::size_t told, std::string const& why) {
    if (told == 0) {
        throw rule_not_applicable{why};
    }
}

std::string pongs_of(guest_book const& one) {
    std::string all;
    for (web_frame const& each : one.web_frames) {
        // Others are nobody's business.
        if (each.code == opcode::pong && each.payload.starts_with("ping ")) {
            all += each.payload + ";";
        }
    }
    return all;
}

std::string pings_of(guest_book const& one) {
    std::string all;
    for (std::size_t i = 0; i < one.pings; ++i) {
        all += ping_payload(i) + ";";
    }
    return all;
}

// In order, the last of them at least (RFC 6455, section 5.5.3). Published clients say each pong
// twice.
bool has_answered_pings(guest_book const& one) {
    std::size_t answered = 0;  // up to the one that was answered last
    std::string last;
    for (web_frame const& each : one.web_frames) {
        if (each.code != opcode::pong || !each.payload.starts_with("ping ") ||
            each.payload == last) {
            continue;
        }
        last = each.payload;
        while (answered < one.pings && ping_payload(answered) != last) {
            ++answered;
        }
        if (answered++ == one.pings) {
            return false;
        }
    }
    return answered == one.pings;
}

bool has_answered(guest_book const& one, std::uint32_t id = called_id) {
    return std::ranges::any_of(
        one.answers, [id](guest_answer const& each) { return each.head.request_id == id; });
}

// It has said something behind what it had to bear.
bool is_alive(guest_book const& one) {
    return !one.answers.empty() || one.calls.size() > 1 ||
           (one.pings > 1 && has_answered_pings(one));
}

void it_connects_and_calls(world& at) {
    books const& all = guests_of(at).books();
    expect(!all.empty(), "nobody has come");
    expect(std::ranges::any_of(all, [](guest_book const& one) { return !one.calls.empty(); }),
           "no call has come to its end");
}

void it_asks_for_an_upgrade(world& at) {
    books const& all = guests_of(at).books();
    for (guest_book const& one : all) {
        expect(one.request.empty() || one.is_welcome,
               "a request for an upgrade is none: " + one.request.substr(0, 200));
    }
    expect_told(all.size(), "nobody has come");
}

// The answer, or its own Close that crossed ours: then it need not answer, and RFC 6455 has the
// same code as the usual one only.
void it_answers_a_close(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        if (one.was_closed) {
            ++told;
            expect(std::ranges::find(one.web_frames, opcode::close, &web_frame::code) !=
                       one.web_frames.end(),
                   "a Close is not answered with a Close");
        }
    }
    expect_told(told, "the client had ended all of its connections");
}

void its_ids_have_no_top_bit(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        for (rpc::header const& each : one.calls) {
            ++told;
            expect((each.request_id & rpc::acceptor_id_bit) == 0,
                   "a request has the id " + std::to_string(each.request_id) +
                       ", which belongs to servers: the top bit is set");
        }
        for (frame::header const& each : one.frames) {
            expect((each.stream_id & rpc::acceptor_id_bit) == 0,
                   "a stream has the id " + std::to_string(each.stream_id) +
                       ", which belongs to servers: the top bit is set");
        }
    }
    expect_told(told, "no call has come to its end");
}

void its_frames_are_those_of_the_base_protocol(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        expect(one.oddity.empty(), "there came " + one.oddity);
        std::map<std::uint32_t, std::uint32_t> next;
        for (frame::header const& each : one.frames) {
            ++told;
            expect(each.kind_byte <= frame::kind_max,
                   "there came a frame of kind " + std::to_string(each.kind_byte));
            auto const kind = static_cast<frame::kind>(each.kind_byte);
            expect(each.sequence == next[each.stream_id]++,
                   "there came a frame out of its sequence");
            expect(
                (kind == frame::kind::open) == (each.sequence == 0) || kind == frame::kind::cancel,
                "a stream begins with another frame than Open, or has one in its middle");
            if (kind == frame::kind::end || kind == frame::kind::cancel) {
                next.erase(each.stream_id);
            }
        }
    }
    expect_told(told, "no frame has come");
}

void it_answers_a_call(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        if (!one.was_called || (!has_stayed(one) && !has_answered(one))) {
            continue;
        }
        ++told;
        expect(has_answered(one), "a call of the client is not answered");
        for (guest_answer const& each : one.answers) {
            expect(
                each.head.request_id != called_id || each.status == rpc::status::method_not_found,
                "a call of a method that the client does not have is answered with status " +
                    std::to_string(static_cast<int>(each.status)));
        }
    }
    expect_told(told, "the client has ended before it could answer");
}

void it_skips_unknown_kinds(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        if (one.was_called && (is_alive(one) || has_stayed(one))) {
            ++told;
            expect(is_alive(one), "nothing more came behind a frame of unknown kind");
        }
    }
    expect_told(told, "the client has ended before that could be seen");
}

void it_drops_what_it_did_not_ask_for(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        if (one.was_called && (is_alive(one) || has_stayed(one))) {
            ++told;
            expect(!has_answered(one, unasked_id), "an answer that nobody asked for is answered");
            expect(is_alive(one), "nothing more came behind an answer that nobody asked for");
        }
    }
    expect_told(told, "the client has ended before that could be seen");
}

void it_speaks_websocket(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        bool in_message = false;
        for (web_frame const& each : one.web_frames) {
            ++told;
            expect(each.masked, "a frame of WebSocket has no mask");
            expect(each.reserved == 0, "a reserved bit is set in a frame of WebSocket");
            bool const is_control = websocket::is_control(each.code);
            expect((static_cast<unsigned>(each.code) & 7U) <= 2, "an opcode is reserved");
            expect(!is_control || (each.fin && each.payload.size() <= 125),
                   "a control frame is too large, or in fragments");
            expect(is_control || (each.code == opcode::continuation) == in_message,
                   "a fragment is of no message");
            in_message = is_control ? in_message : !each.fin;
        }
    }
    expect_told(told, "no frame of WebSocket has come");
}

void it_answers_pings(world& at) {
    std::size_t told = 0;
    for (guest_book const& one : guests_of(at).books()) {
        if (one.pings == 0 || (!has_stayed(one) && !has_answered_pings(one))) {
            continue;
        }
        ++told;
        expect(has_answered_pings(one), "pings are not answered, or not with their bytes: " +
                                            pings_of(one) + " with " + pongs_of(one));
    }
    expect_told(told, "the client has ended before it could answer");
}

constexpr std::array rules{
    rule{.id = "EST-01",
         .binding = level::must,
         .text = "The client connects, and a call comes to its end.",
         .look_at = "The URL that the client was given, and whether it called anything.",
         .check = it_connects_and_calls},
    rule{.id = "EST-13",
         .binding = level::must,
         .text = "The client asks for WebSocket with a request that is one.",
         .look_at = "RFC 6455, section 4.1.",
         .uses = needs::message_borders,
         .check = it_asks_for_an_upgrade},
    rule{.id = "CLS-11",
         .binding = level::must,
         .text = "A Close is answered with a Close, but one that it crosses.",
         .look_at = "The closing handshake (RFC 6455, section 5.5.1).",
         .uses = needs::close_reason,
         .check = it_answers_a_close},
    rule{
        .id = "MUX-01",
        .binding = level::must,
        .text = "Ids that the two sides choose never meet: those of a client have a clear top bit.",
        .look_at = "Where ids of requests and of streams come from.",
        .check = its_ids_have_no_top_bit},
    rule{.id = "MUX-07",
         .binding = level::must,
         .text = "An answer that nobody waits for is dropped, and changes nothing else.",
         .look_at = "Whether messages are told apart by their type, or taken as calls.",
         .check = it_drops_what_it_did_not_ask_for},
    rule{.id = "MUX-13",
         .binding = level::must,
         .text = "The client sends frames of the base protocol only, each stream in its sequence.",
         .look_at = "What is sent beside calls, and how frames are numbered.",
         .check = its_frames_are_those_of_the_base_protocol},
    rule{.id = "BID-01",
         .binding = level::must,
         .text = "A call of a method that the client does not have is answered with \"method not "
                 "found\".",
         .look_at = "Whether the client takes calls; muxio does since 0.10.",
         .check = it_answers_a_call},
    rule{.id = "MAL-03",
         .binding = level::must,
         .text = "Frames of unknown kinds are skipped, and what follows them is read.",
         .look_at = "What is done with a kind above 5.",
         .check = it_skips_unknown_kinds},
    rule{.id = "MAL-14",
         .binding = level::must,
         .text = "What the client sends is WebSocket: masked, no reserved bits, small controls.",
         .look_at = "RFC 6455, section 5.2.",
         .uses = needs::message_borders,
         .check = it_speaks_websocket},
    rule{.id = "LIV-01",
         .binding = level::must,
         .text = "Pings are answered with the same payload, in order.",
         .look_at = "Where pongs wait.",
         .uses = needs::probe,
         .check = it_answers_pings},
};

}  // namespace

std::span<rule const> client_rules() {
    static auto const all = [] {
        auto made = rules;
        for (rule& each : made) {
            each.uses = each.uses | one_run;
        }
        return made;
    }();
    return all;
}

}  // namespace trunkline::conform
