// What is noticed of a link that breaks, falls silent or is slow: the family FLT.
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/rules/weigh.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/sweeper.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using rpc::rpc_error;
using transport::transport_error;

constexpr typed::server_stream<number, typed::raw> pour{"pour"};

// A message in three frames: some bytes in the first one, and in the second one.
std::string in_three_frames(std::uint32_t stream_id, std::string const& head) {
    return frame_of(frame::kind::open, stream_id, 0, head) +
           frame_of(frame::kind::data, stream_id, 1, "first part") +
           frame_of(frame::kind::data, stream_id, 2, "second part") +
           frame_of(frame::kind::end, stream_id, 3);
}

heard_frame await_open(world& at, frame_peer const& by) {
    std::optional<heard_frame> found;
    expect(at.comes_true([&] {
        for (heard_frame const& each : by.frames()) {
            if (each.head.kind_byte == static_cast<std::uint8_t>(frame::kind::open)) {
                found = each;
            }
        }
        return found.has_value();
    }),
           "a call did not arrive");
    return *found;
}

// What a reader of a cut message is given: parts, and then never the end.
void expect_no_end(stream_reader<typed::raw>& from) {
    for (;;) {
        auto const part = from.read();
        if (!part) {
            expect(part.error().error == rpc_error::connection_lost,
                   "a message that was cut ends with: " + part.error().error.message());
            return;
        }
        expect(part->has_value(), "a message that was cut ends as if it were whole");
    }
}

// The link ends, in order as far as it knows, behind so many bytes of a message; false when that
// was all of it.
bool expect_cut_to_be_told(world& at, real side, std::size_t size) {
    observed seen;
    std::optional<stream_reader<typed::raw>> from;
    std::optional<stream_reply<number>> reply;
    facing meeting(at, side);
    meeting.tell([&](auto& builder) { seen.watch(builder); });
    meeting.handle(weigh,
                   [&](stream_reader<typed::raw> parts, stream_reply<number> to, call_context) {
                       from = std::move(parts);
                       reply.emplace(std::move(to));
                   });
    auto pair = meeting.connect();
    std::string said = in_three_frames(9, head_of(rpc::message_type::call, 9, weigh.id));
    if (side == real::calling) {
        from = pair.tested().open(pour, {1});
        // A call for parts may stay open until it is answered.
        heard_frame const call = await_open(at, pair.far());
        auto const id = rpc::decode_header(as_bytes(call.payload)).request_id;
        std::string const success(1, '\0');
        said = in_three_frames(call.head.stream_id,
                               head_of(rpc::message_type::response, id, pour.id, success));
    }
    if (size >= said.size()) {
        return false;
    }
    pair.far().say(said.substr(0, size));
    at.let_pass(100ms);
    pair.far().link().close();
    auto const& states = side == real::calling ? seen.caller(at) : seen.callee(at);
    expect(at.comes_true([&] { return states.has_ended(); }), "the end was not noticed");
    expect(size == 0 || states.why() == transport_error::link_lost,
           "a link that ended within a message is told as: " + states.why().message());
    expect(size == 0 || !states.is_disconnected(), "a link that ended within a message ended well");
    if (from) {
        expect_no_end(*from);
    }
    return true;
}

void a_cut_message_has_no_end(world& at) {
    auto const step = at.amount("bytes between cuts");
    for (real const side : {real::calling, real::called}) {
        for (std::size_t size = at.options().seed % step; expect_cut_to_be_told(at, side, size);
             size += step) {
        }
    }
}

// How long a side may take to find out that nothing goes in or out any more, while it has something
// to say.
transport::runtime::duration liveness_budget(world& at) {
    connection_limits const limits;
    return (at.about().has.probe ? limits.silence_timeout : limits.write_stall_timeout) +
           2 * transport::sweeper::tick;
}

bool is_found_dead(world& at, history const& side) {
    return side.why() ==
           (at.about().has.probe ? transport_error::silent_peer : transport_error::write_stalled);
}

void a_stuck_peer_is_found(world& at) {
    observed seen;
    auto pair =
        facing(at, real::calling).tell([&](auto& builder) { seen.watch(builder); }).connect();
    pair.far().link().hold(true);
    auto const begun = at.loop().now();
    auto up = pair.tested().open(sizes);
    pump const parts(std::move(up.to), 16 * kib, 1000);
    auto const& states = seen.caller(at);
    expect(at.comes_true([&] { return states.has_ended(); }), "a stuck peer is never found");
    expect(at.loop().now() - begun <= liveness_budget(at), "a stuck peer is found late");
    expect(is_found_dead(at, states), "a stuck peer is told as: " + states.why().message());
    expect(parts.failure() == rpc_error::connection_lost, "its call did not fail");
}

void stall(world& at, bool on) {
    at.disturb().stall(true, on);
    at.disturb().stall(false, on);
}

void a_silence_loses_nothing(world& at) {
    at.set_links(4 * kib, 3ms);
    mixed_calls calls(2000, at.amount("calls"));
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.on_callee([&](auto& builder) { calls.serve(builder); });
    auto pair = joining.connect();
    for (std::size_t round = 0; round < at.amount("silences"); ++round) {
        calls.begin(at, pair.caller());
        at.let_pass(std::chrono::microseconds(1 + at.random()() % 8'000));
        stall(at, true);
        at.let_pass(5s);
        expect(!calls.have_ended(), "a call ended while its link was silent");
        stall(at, false);
        expect(at.comes_true([&] { return calls.have_ended(); }), "what was held up never ended");
        expect(calls.failures().empty(), "a link that was silent for 5 s has lost something");
        calls.expect_sound();
    }
    expect(!seen.client().has_ended() && !seen.server().has_ended(),
           "a link that was silent for 5 s was given up");
}

// Whose peer has gone without a word, and who has something to say to it.
void a_half_open_link_is_found(world& at) {
    for (real const side : {real::calling, real::called}) {
        observed seen;
        auto pair = facing(at, side).tell([&](auto& builder) { seen.watch(builder); }).connect();
        at.let_pass(100ms);  // its greeting has arrived
        stall(at, true);
        auto const begun = at.loop().now();
        auto up = pair.tested().open(sizes);
        pump const parts(std::move(up.to), 16 * kib, 1000);
        auto const& states = side == real::calling ? seen.caller(at) : seen.callee(at);
        expect(at.comes_true([&] { return states.has_ended(); }),
               "a half-open link is never found");
        expect(at.loop().now() - begun <= liveness_budget(at), "a half-open link is found late");
        expect(is_found_dead(at, states), "a half-open link is told as: " + states.why().message());
        stall(at, false);
    }
}

void a_reset_is_told(world& at) {
    auto const expect_reset = [](history const& side, std::string const& whose) {
        expect(!side.is_disconnected() && side.why() == boost::asio::error::connection_reset,
               whose + " is told of a reset: " + side.why().message());
    };
    for (real const side : {real::calling, real::called}) {
        observed seen;
        auto pair = facing(at, side).tell([&](auto& builder) { seen.watch(builder); }).connect();
        auto const& states = side == real::calling ? seen.caller(at) : seen.callee(at);
        // Some systems reset only where something was not read.
        pair.far().link().hold(true);
        begun_call const call(at, pair.tested(), echo);
        at.let_pass(100ms);
        pair.far().link().abort();
        expect(at.comes_true([&] { return states.has_ended(); }), "a reset was not noticed");
        expect_reset(states, "whose peer resets");
    }
    if (at.place().disturb() == nullptr) {
        return;
    }
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto const pair = joining.connect();
    at.disturb().cut();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "a reset was not noticed");
    expect_reset(seen.client(), "the client");
    expect_reset(seen.server(), "the server");
}

// What one connection may take of the server's memory, whatever its peer reads.
constexpr std::size_t share = 1 * mib;

void a_slow_reader_delays_nobody(world& at) {
    pumped served{16 * kib};
    std::vector<peer> guests;
    auto builder = at.a_server();
    builder.handle(blobs, served.handler()).handle(echo, same).on_connected([&](peer one) {
        guests.push_back(std::move(one));
    });
    auto const server = start(at, builder);
    auto const client = value_of(at.a_client().connect(), "connecting");
    auto const dialer = at.place().network().make_dialer(at.loop());
    frame_peer slow(at, std::make_unique<bare_link>(value_of(
                            dial_bare(at, *dialer, server.endpoints().front()), "a dial")));
    expect(at.comes_true([&] { return guests.size() == 2; }), "somebody is missing");
    slow.greet();
    for (std::uint32_t id = 1; id <= 4; ++id) {
        slow.say(
            whole_of(id, head_of(rpc::message_type::call, id, blobs.id, encoded(number{1000}))));
    }
    slow.link().hold(true);
    expect(at.comes_true([&] { return served.all.size() == 4; }), "a call did not arrive");
    for (std::size_t second = 0; second < at.amount("seconds"); ++second) {
        slow.link().read_once(16);
        auto const begun = at.loop().now();
        static_cast<void>(value_of(client.call(echo, {"x"}), "a call beside a slow reader"));
        expect(at.loop().now() - begun <= budget, "a slow reader delays another one");
        if (guests.back().is_connected()) {
            auto const& kept = protocol_of(guests.back());
            expect(kept.output_size() + kept.held_size() <= share,
                   "a slow reader makes its server keep " + std::to_string(kept.output_size()) +
                       " bytes");
        }
        at.let_pass(1s);
    }
}

// Sends one byte each second.
class drip {
public:
    drip(world& at, bare_link& to, std::string what) : at_(at), to_(to), what_(std::move(what)) {
        go_on();
    }

private:
    void go_on() {
        next_ = at_.loop().after(1s, [this] {
            if (to_.unsaid() == 0 && !to_.has_ended()) {
                to_.say(std::string(1, what_[said_++ % what_.size()]));
            }
            go_on();
        });
    }

    world& at_;
    bare_link& to_;
    std::string what_;
    std::size_t said_ = 0;
    std::unique_ptr<transport::timer> next_;
};

void a_slow_handshake_is_cut(world& at) {
    bool const waits = at.amount("real timeouts") > 0;
    if (!at.options().virtual_time && !waits) {
        throw rule_not_applicable{"waits for the whole handshake timeout: full volume only"};
    }
    std::size_t connected = 0;
    auto builder = at.a_server();
    builder.on_connected([&](peer const&) { ++connected; });
    auto const server = start(at, builder);
    at.let_pass(1ms);  // it listens from the next turn on
    auto const dialer = at.place().raw_dialer();
    if (dialer == nullptr) {
        throw rule_not_applicable{"nothing lies below its connections"};
    }
    bare_link link(value_of(dial_bare(at, *dialer, server.endpoints().front()), "a dial"));
    auto const begun = at.loop().now();
    at.let_pass(100ms);
    if (connected != 0) {
        throw rule_not_applicable{"the transport has no handshake"};
    }
    // The begin of a long record, or of a request with a long header.
    drip const bytes(at, link,
                     at.about().has.secure
                         ? std::string("\x16\x03\x01\x3f\xff", 5) + std::string(100, '\0')
                         : "GET / HTTP/1.1\r\nX: " + std::string(100, 'x'));
    expect(at.comes_true([&] { return link.has_ended(); }), "a slow handshake is never cut");
    expect(at.loop().now() - begun <= connection_limits{}.handshake_timeout + budget,
           "a slow handshake is cut late: its bytes give it time");
    expect(connected == 0, "a handshake that was cut has connected");
}

constexpr std::array rules{
    rule{"FLT-02",
         level::must,
         "A link that ends within a header, a head or a payload is told as lost, and what it cut "
         "has no end.",
         "What the end of a link means in the middle of a frame.",
         needs::nothing,
         a_cut_message_has_no_end,
         {"every place, and not each 31st", {{"bytes between cuts", 31, 1}}}},
    rule{"FLT-05", level::must,
         "A peer that neither reads nor writes any more is found within the budget of liveness.",
         "Whether output that makes no progress, or silence, ends a connection.",
         needs::virtual_time, a_stuck_peer_is_found},
    rule{"FLT-06",
         level::must,
         "A link that is silent for 5 s and comes back, which is less than the budget of liveness, "
         "loses nothing.",
         "What is given up before its time.",
         needs::faults | needs::virtual_time,
         a_silence_loses_nothing,
         {"more in flight", {{"calls", 10, 200}, {"silences", 1, 20}}}},
    rule{"FLT-07", level::must,
         "A link on which nothing arrives any more is found by both sides within the budget of "
         "liveness.",
         "Whether output that makes no progress, or silence, ends a connection.",
         needs::faults | needs::virtual_time, a_half_open_link_is_found},
    rule{"FLT-08", level::must, "A reset is told as \"reset\", and not as an end in order.",
         "Which error a read or a write gives behind a reset.", needs::reset, a_reset_is_told},
    rule{"FLT-10",
         level::must,
         "A peer that reads a few bytes each second makes nobody wait, and holds no more than its "
         "share of memory.",
         "What is written for a peer that does not read.",
         needs::one_role,
         a_slow_reader_delays_nobody,
         {"ten minutes", {{"seconds", 8, 600}}}},
    rule{"FLT-11",
         level::must,
         "A peer that sends one byte each second in its handshake is cut at the deadline.",
         "Whether bytes move the deadline of a handshake.",
         needs::one_role,
         a_slow_handshake_is_cut,
         {"10 s of waiting where time is real", {{"real timeouts", 0, 1}}}},
};

}  // namespace

std::span<rule const> fault_link_rules() {
    return rules;
}

}  // namespace trunkline::conformance
