// Frames and messages that nobody should send: MAL, and those of MUX and LIM that need such.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/last_words.hpp>
#include <trunkline/conform/rules/families.hpp>

#include <trunkline/rpc/header.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conform {
namespace {

using conformance::expect;
using conformance::head_of;
using conformance::level;
using conformance::rule;
using conformance::world;

// A header that declares this many bytes, and a few of them.
std::string declaring(caller const& by, std::uint32_t stream_id, std::uint32_t size) {
    std::string made = by.frame(frame::kind::open, stream_id, 0, "begun");
    for (unsigned i = 0; i < 4; ++i) {
        made[frame::payload_size_offset + i] = static_cast<char>(size >> (8 * i) & 0xffU);
    }
    return made;
}

void an_answer_nobody_waits_for_is_dropped(world& at) {
    caller one(at);
    one.expect_alive("a call");
    auto const id = one.next_id();
    std::string const success(1, '\0');
    one.say(one.frame(frame::kind::open, id, 0,
                      head_of(rpc::message_type::response, id, unknown_method, success)));
    one.say(one.frame(frame::kind::end, id, 1));
    one.expect_alive("a call behind an answer that nobody asked for");
    expect(one.answers_to(id) == 0, "an answer that nobody asked for was answered");
}

void late_frames_are_bounded(world& at) {
    caller one(at);
    auto const id = one.next_id();
    one.say(one.frames_of_call(id, "given up").front());
    one.say(one.frame(frame::kind::cancel, id, 1));
    for (std::size_t i = 0; i < at.amount("frames"); ++i) {
        one.say(one.frame(frame::kind::data, id, static_cast<std::uint32_t>(i) + 2, "late"));
    }
    one.expect_alive("a call behind late frames of one that was given up");
    // Before it was given up, at most.
    expect(one.answers_to(id) <= 1, "late frames of a call that was given up are answered");
}

void a_length_over_the_limit_is_refused(world& at) {
    caller one(at);
    one.expect_alive("a call");
    one.say(declaring(one, one.next_id(), 0xffff'ffff));
    expect(one.ends(), "a frame that declares 4294967295 bytes is not refused");
    expect_served(at, "a call after a frame that was too large");
}

void lengths_at_borders_do_no_harm(world& at) {
    for (std::uint32_t const size : {0x7fff'ffffU, 0x8000'0000U, 0xffff'fff3U, 0xffff'ffffU}) {
        caller one(at);
        one.expect_alive("a call");
        auto const id = one.next_id();
        one.say(declaring(one, id, size));
        expect_served(at, "a call beside a frame that declares " + std::to_string(size) + " bytes");
        expect(one.answers_to(id) == 0, "a frame was taken that is not there");
    }
    caller one(at);
    auto const id = one.next_id();
    std::string const message = head_of(rpc::message_type::call, id, unknown_method);
    one.say(one.frame(frame::kind::open, id, 0, message.substr(0, 1)));
    one.say(one.frame(frame::kind::data, id, 1));
    one.say(one.frame(frame::kind::data, id, 2, message.substr(1)));
    one.say(one.frame(frame::kind::end, id, 3));
    one.expect_not_found(id, "a call with a frame of nothing");
}

void unknown_kinds_are_skipped(world& at) {
    caller one(at);
    one.expect_alive("a call");
    for (int const kind : {6, 15, 16, 31, 32, 128, 255}) {
        one.say(one.frame(static_cast<frame::kind>(kind), one.next_id(), 0, "what is this"));
        one.expect_alive("a call behind a frame of kind " + std::to_string(kind));
    }
}

// Every prefix of a call.
void a_part_is_no_call(world& at) {
    caller const by(at);
    std::string const whole = by.bytes_of_call(1, "in part");
    std::size_t const first = by.frames_of_call(1, "in part").front().size();
    crowd parts(at);
    for (std::size_t part = 1; part < whole.size(); ++part) {
        parts.say(whole.substr(0, part), part % 2 == 0);
    }
    parts.expect_survived("calls in part");
    for (std::size_t part = 1; part < whole.size(); ++part) {
        // That there is no such method can be told before the end of the call.
        expect(parts[part - 1].answers().size() <= (part < first ? 0 : 1),
               "a call is answered that ended after " + std::to_string(part) + " of its " +
                   std::to_string(whole.size()) + " bytes");
    }
}

void every_flipped_bit_is_survived(world& at) {
    std::string const call = caller(at).bytes_of_call(1, "flipped");
    crowd all(at);
    for (std::size_t bit = 0; bit < 8 * call.size(); bit += at.amount("bits between changes")) {
        std::string bytes = call;
        bytes[bit / 8] =
            static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
        all.say(bytes);
        if (all.size() == 100) {
            all.expect_survived("calls with a bit that is wrong");
            all.clear();
        }
    }
    all.expect_survived("calls with a bit that is wrong");
}

// Frames that are whole, and nothing else about them is right: bare noise is hardly ever a frame.
std::string noise_in_frames(world& at, caller const& by) {
    std::string made;
    auto& random = at.random();
    for (int i = 0; i < 20; ++i) {
        auto const kind = static_cast<frame::kind>(random() % 8);
        auto const stream = static_cast<std::uint32_t>(random() % 4);
        auto const sequence = static_cast<std::uint32_t>(random() % 4);
        std::string payload = noise(at, random() % 64);
        if (random() % 2 == 0) {
            auto const type = static_cast<rpc::message_type>(random() % 4);
            auto const id = static_cast<std::uint32_t>(random());
            std::string const head = head_of(type, id, random(), payload);
            payload = head.substr(0, 1 + random() % 40);
        }
        made += by.frame(kind, stream, sequence, payload);
    }
    return made;
}

void noise_is_survived(world& at) {
    caller const by(at);
    std::string const call = by.bytes_of_call(1);
    crowd all(at);
    for (std::size_t round = 0; round < at.amount("connections"); ++round) {
        all.say((round % 4 < 2 ? call : "") +
                (round % 2 == 0 ? noise_in_frames(at, by) : noise(at, 1 + at.random()() % 2000)));
        if (all.size() == 100) {
            all.expect_survived("noise");
            all.clear();
        }
    }
}

void frames_without_a_stream_do_nothing(world& at) {
    caller one(at);
    one.expect_alive("a call");
    one.say(one.frame(frame::kind::data, one.next_id(), 5, "data"));
    one.say(one.frame(frame::kind::end, one.next_id(), 3));
    one.say(one.frame(frame::kind::cancel, one.next_id(), 9));
    one.expect_alive("a call behind frames of streams that were never begun");
    expect(one.answers() == 2, "frames of a stream that was never begun are answered");
}

void frames_behind_an_end_do_nothing(world& at) {
    caller one(at);
    auto const id = one.call("once");
    one.expect_not_found(id, "a call");
    one.say(one.frame(frame::kind::data, id, 1, "again"));
    one.say(one.frame(frame::kind::end, id, 2));
    one.say(one.frame(frame::kind::cancel, id, 3));
    one.expect_alive("a call behind frames of one that has ended");
    expect(one.answers_to(id) == 1, "frames behind the end of a call are answered");
}

// Beside a call that is half said, which goes on behind all of them.
void a_broken_head_breaks_one_stream(world& at) {
    caller one(at);
    one.expect_alive("a call");
    auto const kept = one.next_id();
    auto const frames = one.frames_of_call(kept, "kept");
    one.say(frames.front());
    auto const id = one.next_id();
    std::string const head = head_of(rpc::message_type::call, id, unknown_method, "metadata");
    std::string wrong_type = head;
    wrong_type[rpc::type_offset] = '\x09';
    std::string too_long = head;
    too_long[rpc::metadata_size_offset + 1] = '\xff';
    for (auto const& [what, message] : std::initializer_list<std::pair<char const*, std::string>>{
             {"no head at all", ""},
             {"a head of one byte", head.substr(0, 1)},
             {"a head of 10 bytes", head.substr(0, 10)},
             {"a head that lacks its last byte", head.substr(0, rpc::header_size - 1)},
             {"metadata that ends early", head.substr(0, rpc::header_size + 3)},
             {"metadata of 65 KiB that is not there", too_long},
             {"a type that is none", wrong_type}}) {
        auto const stream = one.next_id();
        one.say(one.frame(frame::kind::open, stream, 0, message));
        one.say(one.frame(frame::kind::end, stream, 1));
        one.expect_alive(std::string("a call behind one with ") + what);
        expect(!one.was_told_of_success(), std::string("a call with ") + what + " succeeds");
    }
    one.say(frames.back());
    one.expect_not_found(kept, "a call that was begun before others with broken heads");
    expect(one.answers_to(kept) == 1, "a call beside broken heads is answered twice");
}

// What published servers take, though no published client sends it.
void what_others_accept_is_accepted(world& at) {
    caller one(at);
    auto id = one.next_id();
    std::string const head = head_of(rpc::message_type::call, id, unknown_method);
    one.say(one.frame(frame::kind::data, id, 0, head));
    one.say(one.frame(frame::kind::end, id, 1));
    one.expect_not_found(id, "a call that begins with a Data frame");

    // The same stream again, and an Open in its middle.
    auto const again = one.next_id();
    std::string const message = head_of(rpc::message_type::call, again, unknown_method);
    one.say(one.frame(frame::kind::open, id, 0, message.substr(0, 9)));
    one.say(one.frame(frame::kind::open, id, 1, message.substr(9)));
    one.say(one.frame(frame::kind::end, id, 2));
    one.expect_not_found(again, "a call on a stream that was used before, in two Open frames");

    id = one.next_id();
    one.say(one.frame(frame::kind::open, id, 0,
                      head_of(rpc::message_type::call, id, unknown_method) + "few bytes"));
    one.say(one.frame(frame::kind::end, id, 1));
    one.expect_not_found(id, "a call with few arguments as its payload");

    id = one.next_id();
    one.say(one.frame(frame::kind::open, id, 0,
                      head_of(rpc::message_type::call, id, unknown_method, "both") + "both"));
    one.say(one.frame(frame::kind::end, id, 1));
    one.expect_not_found(id, "a call with arguments in both places");
}

void one_that_is_refused_disturbs_no_other(world& at) {
    caller other(at);
    other.expect_alive("a call");
    for (int i = 0; i < 10; ++i) {
        caller one(at);
        one.say(declaring(one, one.next_id(), 0xffff'ffff));
        other.expect_alive("a call beside a connection over the limit");
    }
}

constexpr std::array rules{
    rule{.id = "MUX-07",
         .binding = level::should,
         .text = "An answer that nobody waits for is dropped, and changes nothing else.",
         .look_at = "Whether messages are told apart by their type, or taken as calls.",
         .check = an_answer_nobody_waits_for_is_dropped},
    rule{.id = "MUX-08",
         .binding = level::must,
         .text = "Late frames of a call that was given up do nothing, however many arrive.",
         .look_at = "What is held of streams that have ended.",
         .check = late_frames_are_bounded,
         .volumes = {"what adds up", {{"frames", 1000, 100'000}}}},
    rule{.id = "MAL-01",
         .binding = level::should,
         .text = "A frame that declares more than any limit ends the connection when its header is "
                 "read.",
         .look_at = "What is done with the length before the payload comes.",
         .check = a_length_over_the_limit_is_refused},
    rule{.id = "MAL-02",
         .binding = level::must,
         .text = "Lengths of 0 and around 2^31 and 2^32 are handled without overflow.",
         .look_at = "Arithmetic on the length field: header and length added up.",
         .check = lengths_at_borders_do_no_harm},
    rule{.id = "MAL-03",
         .binding = level::must,
         .text = "Frames of unknown kinds are skipped, and what follows them is read.",
         .look_at = "What is done with a kind above 5.",
         .check = unknown_kinds_are_skipped},
    rule{.id = "MAL-04",
         .binding = level::must,
         .text = "Every part of a call and then the end of the input: no answer, and the server "
                 "lives.",
         .look_at = "What an end of input makes of a message that is not complete.",
         .check = a_part_is_no_call},
    rule{.id = "MAL-05",
         .binding = level::must,
         .text = "Calls with a bit that is wrong leave the server usable, and never succeed.",
         .look_at = "What is read from headers without being checked.",
         .check = every_flipped_bit_is_survived,
         .volumes = {"each bit", {{"bits between changes", 3, 1}}}},
    rule{.id = "MAL-06",
         .binding = level::repeated,
         .text = "Arbitrary bytes, bare and in frames, leave the server usable.",
         .look_at = "What is read from headers without being checked.",
         .check = noise_is_survived,
         .volumes = {"rare bytes", {{"connections", 100, 10'000}}}},
    rule{.id = "MAL-07",
         .binding = level::must,
         .text = "Data, End and Cancel of streams that were never begun do nothing.",
         .look_at = "What is done with frames of unknown streams.",
         .check = frames_without_a_stream_do_nothing},
    rule{.id = "MAL-08",
         .binding = level::must,
         .text = "Data, End and Cancel behind the end of a call do nothing.",
         .look_at = "What is kept of a stream behind its end.",
         .check = frames_behind_an_end_do_nothing},
    rule{.id = "MAL-09",
         .binding = level::must,
         .text = "A head that is cut short, with a wrong length or of no known type, breaks its "
                 "stream and no other.",
         .look_at = "What an error within one message does to the connection.",
         .check = a_broken_head_breaks_one_stream},
    rule{.id = "MAL-14",
         .binding = level::must,
         .text = "What the published programs accept is accepted: any kind of first frame, stream "
                 "ids that are used again, small arguments as payload.",
         .look_at = "Checks that are stricter than the protocol.",
         .check = what_others_accept_is_accepted},
    rule{.id = "LIM-11",
         .binding = level::must,
         .text = "A connection over a limit does not disturb another one.",
         .look_at = "What is shared by connections.",
         .check = one_that_is_refused_disturbs_no_other},
};

}  // namespace

std::span<rule const> malformed_rules() {
    return rules;
}

}  // namespace trunkline::conform
