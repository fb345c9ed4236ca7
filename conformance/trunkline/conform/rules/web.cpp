// What lies below calls: the handshake, WebSocket, and silence: EST-13, CLS-11, RES-08, FLT-11,
// LIM-12, LIV.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/rules/families.hpp>
#include <trunkline/conform/web_talk.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
          with(good, "Version: 13", "Version: 12"),
          with(good, "Sec-WebSocket-Key", "Sec-WebSocket-Kee"),
          with(good, "Upgrade: websocket\r\n", ""), with(good, "Connection: Upgrade\r\n", "")}) {
        web_talk talk(at);
        talk.say(each);
        expect(talk.status() != 101, "a request that is none is upgraded: " + each);
    }
    expect_served(at, "a call after requests that are none");
}

void strangers_are_refused(world& at) {
    for (std::string_view const opening :
         {std::string_view("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
          std::string_view("EHLO mail.test\r\n\r\n"), std::string_view("*1\r\n$4\r\nPING\r\n\r\n"),
          std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
          std::string_view("GET /ws HTTP/1.1\r\nHost: ")}) {
        web_talk talk(at);
        for (int i = 0; i < 64 && !talk.has_ended(); ++i) {
            talk.say(i == 0 ? std::string(opening) : std::string(16 * kib, 'x'));
        }
        expect(talk.ends(), "who speaks another protocol is not refused: " + std::string(opening));
    }
    expect_served(at, "a call after other protocols");
}

// The same code is usual only (RFC 6455, section 5.5.1).
void a_close_is_answered(world& at) {
    for (auto const& [code, reason] :
         {std::pair{std::uint16_t{1000}, "done"}, std::pair{std::uint16_t{4001}, ""}}) {
        auto talk = upgraded(at);
        talk.send(close_of(code, reason));
        expect(talk.await(opcode::close).has_value(), "a Close is not answered with a Close");
        expect(talk.ends(), "the connection stays behind its Close");
    }
}

void broken_handshakes_are_forgotten(world& at) {
    std::string const request = upgrade_request(at);
    for (std::size_t part = 0; part < request.size(); part += at.amount("bytes between cuts")) {
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

// One says nothing more, and one says a byte each second: the time is that of the whole.
void a_slow_handshake_is_cut(world& at) {
    auto const& about = stranger_of(at).about();
    std::string const within = " is not cut within " + std::to_string(about.handshake.count()) +
                               " ms and what --wait gives";
    std::string const request = upgrade_request(at);
    web_talk silent(at);
    silent.say("GET");
    web_talk slow(at);
    std::size_t said = 0;
    std::unique_ptr<transport::timer> next;
    std::function<void()> const trickle = [&] {
        if (!slow.has_ended() && slow.link().unsaid() == 0 && said < request.size() - 1) {
            slow.link().say(request.substr(said++, 1));
        }
        next = at.loop().after(1s, trickle);
    };
    trickle();
    static_cast<void>(comes_true_within(at, about.handshake + about.patience,
                                        [&] { return silent.has_ended() && slow.has_ended(); }));
    expect(silent.has_ended(), "a handshake that does not go on" + within);
    expect(slow.has_ended(), "a handshake of one byte each second" + within);
}

// A Close need not tell why (RFC 6455, section 7.1.7); one that does may not tell something else.
bool tells_of_a_breach(web_frame const& close) {
    static constexpr std::array<std::uint16_t, 4> known{1002, 1003, 1007, 1008};
    auto const code = close.close_code();
    return !code || std::ranges::find(known, *code) != known.end();
}

void connection_errors_end_the_connection(world& at) {
    for (auto const& [what, broken] : std::initializer_list<std::pair<char const*, web_frame>>{
             {"a frame without a mask", {.payload = "x", .masked = false}},
             {"a reserved bit", {.payload = "x", .reserved = 1}},
             {"a reserved opcode", {.code = static_cast<opcode>(3), .payload = "x"}},
             {"a reserved control opcode", {.code = static_cast<opcode>(11), .payload = "x"}},
             {"a continuation of nothing", {.code = opcode::continuation, .payload = "x"}}}) {
        auto talk = upgraded(at);
        talk.send(broken);
        expect(talk.ends(), std::string(what) + " does not end the connection");
        auto const told = talk.await(opcode::close);
        expect(!told || tells_of_a_breach(*told),
               std::string(what) + " is told with a code that means something else");
    }
    expect_served(at, "a call after errors of WebSocket");
}

// A pong that is said twice counts once.
std::string pong_payloads(web_talk& of) {
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
    for (std::size_t i = 0; i < at.amount("pings"); ++i) {
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
         .text = "A request that is none for WebSocket is refused.",
         .look_at = "What a request has to have (RFC 6455, section 4.2.1).",
         .uses = needs::message_borders,
         .check = requests_that_are_none_are_refused},
    rule{.id = "INT-07",
         .binding = level::must,
         .text =
             "Messages that are no frames of the protocol, empty ones and text, change nothing, "
             "or are refused as such.",
         .look_at = "What a message means that brings no bytes, or is not binary.",
         .uses = needs::message_borders,
         .check = text_is_no_frame},
    rule{.id = "CLS-11",
         .binding = level::must,
         .text = "A Close is answered with a Close, and then the connection ends.",
         .look_at = "The closing handshake (RFC 6455, section 5.5.1).",
         .uses = needs::close_reason,
         .check = a_close_is_answered},
    rule{.id = "RES-08",
         .binding = level::must,
         .text = "Handshakes that are broken off at any point leave the server usable.",
         .look_at = "What is kept of a connection before its handshake is over.",
         .uses = needs::message_borders,
         .check = broken_handshakes_are_forgotten,
         .volumes = {"each byte", {{"bytes between cuts", 4, 1}}}},
    rule{.id = "FLT-11",
         .binding = level::should,
         .text = "A handshake that does not go on, or by one byte each second, is cut.",
         .look_at = "The time that a handshake may take as a whole, and --handshake-timeout.",
         .uses = needs::message_borders,
         .check = a_slow_handshake_is_cut},
    rule{.id = "MAL-12",
         .binding = level::must,
         .text =
             "An error of the connection ends it; a Close ahead of that has a code that says so.",
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
         .check = a_flood_of_pings_is_survived,
         .volumes = {"what adds up", {{"pings", 5000, 100'000}}}},
    rule{.id = "LIV-06",
         .binding = level::must,
         .text = "A connection that says nothing but its answers to pings stays.",
         .look_at = "What counts as a sign of life, and the time until a silent peer is given up.",
         .check = an_idle_connection_stays},
    rule{.id = "LIM-12",
         .binding = level::should,
         .text = "Who speaks another protocol, or a request without an end, is refused after a "
                 "bounded number of bytes.",
         .look_at = "What is decided from the first bytes, and what is read after that.",
         .check = strangers_are_refused},
};

}  // namespace

std::span<rule const> web_rules() {
    return rules;
}

}  // namespace trunkline::conform
