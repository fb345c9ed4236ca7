// What peers can make us hold before anything is known of them, and by what is compressed: LIM-02
// and LIM-12.
#include <trunkline/base/limits.hpp>
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/memory_peak.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using frame::kind;
using rpc::message_type;

// What was compressed counts as what it was, alone and as a part of more.
void a_limit_holds_for_what_was_compressed(world& at) {
    constexpr std::size_t most = 50'000;
    session_limits small;
    small.message_size_max = most;
    std::size_t calls = 0;
    auto pair = facing(at, real::called)
                    .handle(mirror,
                            [&](blob const& given) {
                                ++calls;
                                return given;
                            })
                    .tell([&](auto& builder) { builder.limits(small); })
                    .connect();
    auto const before = carried(at);
    std::uint32_t id = 9;
    for (std::size_t const size : {most / 2, most + 1, 20 * most}) {
        pair.far().say(
            whole_of(id, head_of(message_type::call, id, mirror.id) + encoded(part_of(0, size))));
        auto const answer = pair.far().await(message_type::response, id);
        expect((answer.status() == rpc::status::success) == (size < most),
               size < most ? "a message within the limit is refused"
                           : "a message above the limit goes through compressed");
        id += 2;
    }
    expect(calls == 1, "a handler was called with a message above the limit");
    expect(carried(at) - before < most, "nothing was compressed");
}

// Of a message that is far above every limit.
void inflating_stops(world& at) {
    std::size_t const size = at.amount("bytes inflated");
    constexpr std::size_t part = 60 * kib;
    constexpr std::size_t beside = 12 * mib;
    unread kept;
    auto pair = facing(at, real::called).handle(sizes, kept.handler()).connect();
    std::string bomb = frame_of(kind::open, 5, 0, head_of(message_type::call, 5, sizes.id));
    bomb.reserve(size + size / 1000);
    for (std::uint32_t i = 1; bomb.size() + 2 * part < size; ++i) {
        bomb += frame_of(kind::data, 5, i, std::string(part, '\0'));
    }
    memory_peak const memory;
    pair.far().say(bomb);
    at.let_pass(1s);
    expect(memory.growth() <= bomb.size() + beside,  // of which the played side has a copy
           "what is compressed takes " + std::to_string(memory.growth()) + " bytes of memory");
}

void a_limit_stops_what_is_inflated(world& at) {
    a_limit_holds_for_what_was_compressed(at);
    inflating_stops(at);
}

// What one that nobody knows says on and on: given the number of each piece.
using harangue = std::function<std::string(std::uint32_t)>;

std::array<harangue, 3> harangues() {
    constexpr std::size_t piece = 100 * kib;
    return {
        [](std::uint32_t i) {
            return (i == 0 ? "GET /ws HTTP/1.1\r\nHost: x\r\nX: " : "") + std::string(piece, 'x');
        },
        [](std::uint32_t i) {  // TLS: the begin of a greeting of the largest size, again and again
            return (i == 0 ? std::string("\x16\3\1\x40\0\1\xff\xff\xff", 9) : std::string()) +
                   std::string(piece, '\0');
        },
        [](std::uint32_t i) {  // calls that never end
            return frame_of(kind::open, 2 * i + 1, 0,
                            head_of(message_type::call, i, echo.id) + std::string(piece, 'x'));
        },
    };
}

void expect_within(rpc_server const& server, session_limits const& most) {
    for (peer const& each : server.peers()) {
        expect(!each.is_connected() || protocol_of(each).held_size() <= most.held_size_max,
               "more is held for a stranger than may be");
    }
}

void a_stranger_makes_us_hold_little(world& at) {
    session_limits most;
    most.held_size_max = 4 * mib;
    most.message_size_max = 3 * mib;
    most.frame_payload_size_max = 3 * mib;
    std::size_t const said_max = at.amount("bytes");
    constexpr std::size_t beside = 2 * mib;
    auto builder = at.a_server();
    builder.handle(echo, same).limits(most);
    auto const server = start(at, builder);
    auto const spoken = at.place().network().make_dialer(at.loop());
    auto const raw = at.place().raw_dialer();
    for (transport::dialer* const by : {raw.get(), spoken.get()}) {
        for (harangue const& next : harangues()) {
            if (by == nullptr) {
                continue;
            }
            memory_peak const memory;
            bare_link stranger(
                value_of(dial_bare(at, *by, server.endpoints().front()), "a stranger's dial"));
            std::size_t said = 0;
            for (std::uint32_t i = 0; said < said_max && !stranger.has_ended(); ++i) {
                auto const piece = next(i);
                said += piece.size();
                stranger.say(piece);
                at.let_pass(1ms);
                expect_within(server, most);
                if (stranger.unsaid() != 0 && !at.comes_true([&] {
                        return stranger.unsaid() == 0 || stranger.has_ended();
                    })) {
                    break;  // nobody reads him any more
                }
            }
            expect_within(server, most);
            expect(memory.growth() <= most.held_size_max + beside,
                   "a stranger takes " + std::to_string(memory.growth()) + " bytes of memory");
        }
    }
    auto const client = value_of(at.a_client().connect(), "connecting behind strangers");
    static_cast<void>(value_of(client.call(echo, {"x"}), "a call behind strangers"));
}

constexpr std::array rules{
    rule{"LIM-02",
         level::must,
         "The limit of a message holds for what was compressed, and inflating stops there.",
         "What is counted: bytes of the wire, or of the message.",
         needs::compression | needs::one_shape,
         a_limit_stops_what_is_inflated,
         {"a bomb", {{"bytes inflated", 20 * mib, 200 * mib}}}},
    rule{"LIM-12",
         level::must,
         "What anybody can make a server hold stays below its limit, whatever he says.",
         "What is kept of a handshake, and of calls that do not end.",
         needs::one_role | needs::one_shape,
         a_stranger_makes_us_hold_little,
         {"many times the limit", {{"bytes", 12 * mib, 64 * mib}}}},
};

}  // namespace

std::span<rule const> held_limit_rules() {
    return rules;
}

}  // namespace trunkline::conformance
