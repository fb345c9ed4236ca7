// What lies below calls: the handshake, WebSocket, and silence: EST-13, CLS-11, RES-08, FLT-11,
// LIV.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/rules/families.hpp>
#include <trunkline/conform/web_talk.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conform {
namespace {

using namespace std::chrono_literals;
using conformance::expect;
using conformance::level;
using conformance::needs;
using conformance::rule;
using conformance::world;
using websocket::opcode;

web_talk upgraded(world& at) {
    web_talk made(at);
    made.upgrade();
    return made;
}

// The request of published clients with one thing that makes it another one.
std::string with(std::string request, std::string_view part, std::string_view instead) {
    request.replace(request.find(part), part.size(), instead);
    return request;
}

void requests_that_are_none_are_refused(world& at) {
    std::string const good = upgrade_request(at);
    for (std::string const& each :
         {with(good, "GET", "POST"), with(good, "Sec-WebSocket-Version: 13\r\n", ""),
          with(good, "Sec-WebSocket-Key", "Sec-WebSocket-Kee"),
          with(good, "Upgrade: websocket\r\n", ""), with(good, "GET /", "GET /elsewhere/")}) {
        web_talk talk(at);
        talk.say(each);
        int const answered = talk.status();
        expect(answered != 101, "a request that is none is upgraded: " + each);
    }
}

void other_protocols_are_refused(world& at) {
    for (std::string_view const opening :
         {std::string_view("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
          std::string_view("EHLO mail.test\r\n\r\n"), std::string_view("*1\r\n$4\r\nPING\r\n\r\n"),
          std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")}) {
        web_talk talk(at);
        for (int i = 0; i < 64 && !talk.has_ended(); ++i) {
            talk.say(i == 0 ? std::string(opening) : std::string(16 * kib, '\xff'));
        }
        expect(talk.ends(), "who speaks another protocol is not refused: " + std::string(opening));
    }
    if (at.about().has.message_borders) {
        requests_that_are_none_are_refused(at);
    }
    expect_served(at, "a call after other protocols");
}

void a_close_code_comes_back(world& at) {
    for (auto const& [code, reason] :
         {std::pair{std::uint16_t{1000}, "done"}, std::pair{std::uint16_t{4001}, ""}}) {
        auto talk = upgraded(at);
        talk.send(close_of(code, reason));
        auto const answer = talk.await(opcode::close);
        expect(answer.has_value(), "a Close is not answered with a Close");
        expect(answer->close_code() == code,
               "a Close with code " + std::to_string(code) + " is answered with another one");
        expect(talk.ends(), "the connection stays behind its Close");
    }
}

void broken_handshakes_are_forgotten(world& at) {
    std::string const request = upgrade_request(at);
    for (std::size_t part = 0; part < request.size(); part += at.amount(4, 1)) {
        web_talk talk(at);
        talk.say(request.substr(0, part));
        if (part % 8 < 4) {
            talk.link().abort();
        } else {
            talk.link().close();
        }
    }
    expect_served(at, "a call after handshakes that were broken off");
}

void a_slow_handshake_is_cut(world& at) {
    constexpr auto budget = 16s;
    web_talk talk(at);
    talk.say("GET");
    expect(comes_true_within(at, budget, [&] { return talk.has_ended(); }),
           "a handshake that does not go on is not cut within 16 s");
}

void connection_errors_end_the_connection(world& at) {
    std::string const text = "\xff\xfe";
    for (auto const& [what, broken] : std::initializer_list<std::pair<char const*, web_frame>>{
             {"a frame without a mask", {.payload = "x", .masked = false}},
             {"a reserved bit", {.payload = "x", .reserved = 1}},
             {"a reserved opcode", {.code = static_cast<opcode>(3), .payload = "x"}},
             {"a reserved control opcode", {.code = static_cast<opcode>(11), .payload = "x"}},
             {"a continuation of nothing", {.code = opcode::continuation, .payload = "x"}}}) {
        auto talk = upgraded(at);
        talk.send(broken);
        auto const answer = talk.await(opcode::close);
        expect(talk.ends(), std::string(what) + " does not end the connection");
        expect(answer.has_value(), std::string(what) + " ends the connection without a Close");
        expect(answer->close_code() == 1002,
               std::string(what) + " is told with another code than 1002");
    }
}

// A pong that is said twice counts once.
std::string pong_payloads(web_talk const& of) {
    std::string all;
    std::optional<std::string> last;
    for (web_frame const& each : of.frames()) {
        if (each.code == opcode::pong && each.payload != last) {
            last = each.payload;
            all += each.payload + ";";
        }
    }
    return all;
}

void pings_are_answered_in_order(world& at) {
    auto talk = upgraded(at);
    caller const frames(at);
    for (std::string const& each : {std::string("first"), std::string(), std::string(125, 'p')}) {
        talk.send({.payload = frames.bytes_of_call(1, "beside a ping")});
        talk.send({.code = opcode::ping, .payload = each});
        auto const before = pong_payloads(talk);
        expect(comes_true(at, [&] { return pong_payloads(talk) != before || talk.has_ended(); }),
               "a ping is not answered");
        expect(pong_payloads(talk) == before + each + ";", "a ping is answered with other bytes");
    }
    // Within a message, too.
    talk.send({.payload = frames.bytes_of_call(3).substr(0, 10), .fin = false});
    talk.send({.code = opcode::ping, .payload = "within"});
    expect(comes_true(at, [&] { return pong_payloads(talk).ends_with("within;"); }),
           "a ping within a message is not answered");
}

void an_idle_connection_stays(world& at) {
    caller one(at);
    one.expect_alive("a call");
    constexpr auto idle = 7s;
    expect(!comes_true_within(at, idle, [&] { return one.has_ended(); }),
           "a connection has ended that answers pings and says nothing else");
    one.expect_alive("a call after 7 s of silence");
}

void a_pong_nobody_asked_for_is_nothing(world& at) {
    auto talk = upgraded(at);
    talk.send({.code = opcode::pong, .payload = "unasked"});
    talk.send({.code = opcode::pong, .payload = ""});
    talk.send({.code = opcode::ping, .payload = "then"});
    expect(talk.await(opcode::pong).has_value(), "a ping behind a pong is not answered");
}

void control_frames_stay_small(world& at) {
    for (auto const& [what, broken] : std::initializer_list<std::pair<char const*, web_frame>>{
             {"a ping of 126 bytes", {.code = opcode::ping, .payload = std::string(126, 'x')}},
             {"a ping in fragments", {.code = opcode::ping, .payload = "x", .fin = false}}}) {
        auto talk = upgraded(at);
        talk.send(broken);
        expect(talk.ends(), std::string(what) + " is not refused");
        expect(pong_payloads(talk).empty(), std::string(what) + " is answered");
    }
}

void a_flood_of_pings_is_survived(world& at) {
    auto talk = upgraded(at);
    std::string flood;
    for (int i = 0; i < at.amount(5000, 100'000); ++i) {
        flood += encode({.code = opcode::ping, .payload = "flood"});
    }
    talk.say(flood + encode({.code = opcode::ping, .payload = "last"}));
    expect(
        comes_true(at, [&] { return talk.has_ended() || pong_payloads(talk).ends_with("last;"); }),
        "the last ping of a flood is not answered, and the connection stays");
    expect_served(at, "a call after a flood of pings");
}

// Messages that mean nothing here: ignored, or refused as such.
void text_is_no_frame(world& at) {
    auto talk = upgraded(at);
    talk.send({.code = opcode::binary, .payload = ""});
    talk.send({.code = opcode::ping, .payload = "empty"});
    expect(talk.await(opcode::pong).has_value(), "an empty message ends the connection");
    talk.send({.code = opcode::text, .payload = "hello"});
    talk.send({.code = opcode::ping, .payload = "text"});
    auto const answer = talk.await(opcode::pong, 1);
    auto const closed = answer ? std::nullopt : talk.await(opcode::close);
    expect(answer || (closed && closed->close_code() == 1003),
           "a text message is neither ignored nor refused with code 1003");
}

constexpr std::array rules{
    rule{.id = "EST-13",
         .binding = level::must,
         .text = "Who speaks another protocol, or asks for something else, is refused after a "
                 "bounded number of bytes.",
         .look_at = "What is decided from the first bytes, and what is read after that.",
         .check = other_protocols_are_refused},
    rule{.id = "INT-07",
         .binding = level::must,
         .text =
             "Messages that are no frames of the protocol, empty ones and text, change nothing, "
             "or are refused as such.",
         .look_at = "What a message means that brings no bytes, or is not binary.",
         .uses = needs::message_borders,
         .check = text_is_no_frame},
    rule{.id = "CLS-11",
         .binding = level::should,
         .text = "A Close is answered with a Close of the same code, and then the connection ends.",
         .look_at = "The closing handshake (RFC 6455, section 5.5.1).",
         .uses = needs::close_reason,
         .check = a_close_code_comes_back},
    rule{.id = "RES-08",
         .binding = level::must,
         .text = "Handshakes that are broken off at any point leave the server usable.",
         .look_at = "What is kept of a connection before its handshake is over.",
         .uses = needs::message_borders,
         .check = broken_handshakes_are_forgotten},
    rule{.id = "FLT-11",
         .binding = level::should,
         .text = "A handshake that does not go on is cut.",
         .look_at = "The time that a handshake may take as a whole.",
         .uses = needs::message_borders,
         .check = a_slow_handshake_is_cut},
    rule{.id = "MAL-12",
         .binding = level::must,
         .text = "An error of the connection ends it, with the code that says so.",
         .look_at = "What is done about frames that RFC 6455 forbids: Close 1002, then the end.",
         .uses = needs::close_reason,
         .check = connection_errors_end_the_connection},
    rule{.id = "LIV-01",
         .binding = level::must,
         .text = "A ping is answered with the same payload, in order, also beside and within "
                 "messages.",
         .look_at = "Where pongs wait.",
         .uses = needs::probe,
         .check = pings_are_answered_in_order},
    rule{.id = "LIV-02",
         .binding = level::must,
         .text = "A connection that is silent, but answers pings, stays.",
         .look_at = "What counts as a sign of life, and the time until a silent peer is given up.",
         .check = an_idle_connection_stays},
    rule{.id = "LIV-03",
         .binding = level::must,
         .text = "A pong that nobody asked for is harmless.",
         .look_at = "What a pong is compared with.",
         .uses = needs::probe,
         .check = a_pong_nobody_asked_for_is_nothing},
    rule{.id = "LIV-04",
         .binding = level::must,
         .text = "Control frames that are too large or in fragments are refused.",
         .look_at = "RFC 6455, section 5.5.",
         .uses = needs::probe,
         .check = control_frames_stay_small},
    rule{.id = "LIV-05",
         .binding = level::must,
         .text = "A flood of pings is answered, the last of them at least, or ends the connection.",
         .look_at = "What pongs are kept in while they cannot be sent.",
         .uses = needs::probe,
         .check = a_flood_of_pings_is_survived},
};

}  // namespace

std::span<rule const> web_rules() {
    return rules;
}

}  // namespace trunkline::conform
