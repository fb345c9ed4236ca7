// Servers that stop: the family SHD.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/attempt.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/close_reason.hpp>
#include <trunkline/transport/error.hpp>

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::transport_error;

// From the drain deadline until everything has gone, last words included.
constexpr transport::runtime::duration farewell_max =
    connection_limits{}.close_timeout + linger_timeout + 200ms;

// Where time is real, silences that a drain waits for are short.
connection_limits hasty(world& at) {
    connection_limits limits;
    if (!at.options().virtual_time) {
        limits.drain_quiet = 20ms;
        limits.close_timeout = 100ms;
    }
    return limits;
}

// A stop of a server, which it outlives.
class stopping {
public:
    stopping(world& at, rpc_server& which) : at_(at), begun_(at.loop().now()) {
        which.async_stop([this] { ++ends_; });
    }
    stopping(stopping const&) = delete;
    stopping& operator=(stopping const&) = delete;

    [[nodiscard]] std::size_t ends() const noexcept { return ends_; }
    // Throws rule_broken unless it ends, and within `span` from its begin.
    void expect_end(transport::runtime::duration span, std::string const& of) {
        expect(at_.comes_true([&] { return ends_ == 1; }), of + " never stops");
        auto const slack = at_.options().virtual_time ? 0s : budget;
        expect(at_.loop().now() - begun_ <= span + slack, of + " stops late");
    }

private:
    world& at_;
    transport::runtime::time_point begun_;
    std::size_t ends_ = 0;
};

void what_was_accepted_finishes(world& at) {
    constexpr auto drain = 10s;
    gate held;
    observed seen;
    pairing joining(at);
    joining.server().drain_timeout(drain).limits(hasty(at));
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.handle(never, waits_at(held)).handle(echo, same).extended().connect();
    begun_call const begun(at, pair.caller(), never);
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the call did not arrive");
    stopping stop(at, pair.server());
    expect(at.comes_true([&] { return protocol_of(pair.client()).peer_goes_away(); }),
           "nobody was told that it stops");
    expect(!at.a_client().connect(), "a server that stops lets somebody in");
    begun_call const late(at, pair.caller(), echo);
    expect(at.comes_true([&] { return late.has_ended(); }), "a new call waits");
    expect(late.error() == rpc::rpc_error::peer_going_away,
           "a new call ended with: " + late.error().message());
    expect(stop.ends() == 0 && !begun.has_ended(), "a call that was begun was not waited for");
    held.open(0);
    stop.expect_end(drain, "a server whose calls have ended");
    expect(at.comes_true([&] { return begun.has_ended() && seen.both_have_ended(); }),
           "a connection to a server that has stopped goes on");
    expect(begun.said() == "done", "a call that was accepted was not answered");
    expect(seen.client().is_disconnected() && seen.server().is_disconnected(),
           "a stop ends a connection out of order");
}

void the_rest_is_closed_at_the_deadline(world& at) {
    constexpr std::size_t count = 5;
    std::chrono::milliseconds const drain = at.options().virtual_time ? 20s : 50ms;
    gate held;
    std::vector<error_code> ends;
    auto builder = at.a_server();
    builder.drain_timeout(drain)
        .limits(hasty(at))
        .handle(never, waits_at(held))
        .on_state([&](auto const&, auto state, auto why) {
            if (is_end(state)) {
                ends.push_back(why);
            }
        });
    auto server = start(at, builder);
    std::list<rpc_client> clients;
    std::list<history> told;
    std::list<begun_call> calls;
    for (std::size_t i = 0; i < count; ++i) {
        auto client = at.a_client();
        client.extension().on_state(
            [&now = told.emplace_back()](auto state, auto why) { now.add(state, why); });
        clients.push_back(value_of(client.connect(), "connecting"));
        calls.emplace_back(at, clients.back(), never);
    }
    expect(at.comes_true([&] { return held.arrived() == count; }), "not all calls arrived");
    auto const begun = at.loop().now();
    stopping stop(at, server);
    expect(at.comes_true([&] { return std::ranges::all_of(calls, &begun_call::has_ended); }),
           "a call outlives the server");
    expect(at.loop().now() - begun >= drain, "a call was cut off before the deadline");
    stop.expect_end(drain + farewell_max, "a server with calls that never end");
    expect(ends.size() == count, "not every connection was counted");
    for (error_code const why : ends) {
        expect(why == transport_error::closed,
               "an end at the deadline is told as: " + why.message());
    }
    for (history const& each : told) {
        expect(at.comes_true([&] { return each.has_ended(); }), "a client was not told");
        expect(each.is_disconnected() && each.why() == transport_error::closed_by_peer,
               "a client is told of the deadline as: " + each.why().message());
    }
    for (rpc_client const& each : clients) {
        auto const farewell = each.farewell();
        expect(farewell && farewell->code == transport::close_code::going_away,
               "a client is not told that its server goes away");
    }
    expect(held.cancelled() == count, "a handler was not told");
}

// What the client of a server does while that one stops.
struct doing {
    std::string name;
    std::shared_ptr<void> (*begin)(world& at, rpc_client const& client, rpc_server const& to);
    std::chrono::milliseconds head_start = 10ms;  // links take 5 ms each way
};

constexpr std::size_t large = 1000;  // parts: more than there is time for

std::shared_ptr<void> connects(world& at, rpc_client const&, rpc_server const&) {
    auto builder = at.a_client();
    return std::make_shared<attempt>(builder);
}
std::shared_ptr<void> shakes_hands(world& at, rpc_client const&, rpc_server const& to) {
    struct silent {
        std::unique_ptr<transport::dialer> by;
        std::optional<bare_link> link;
    };
    auto const made = std::make_shared<silent>();
    made->by = at.place().raw_dialer();
    if (made->by != nullptr) {
        made->link.emplace(value_of(dial_bare(at, *made->by, to.endpoints().front()), "a dial"));
    }
    return made;
}
std::shared_ptr<void> reads_much(world&, rpc_client const& client, rpc_server const&) {
    return std::make_shared<drain>(client.open(blobs, {large}));
}
std::shared_ptr<void> writes_much(world&, rpc_client const& client, rpc_server const&) {
    auto up = client.open(sizes);
    auto const kept = std::make_shared<std::pair<pump, pending_answer<number>>>(
        pump(std::move(up.to), 16 * kib, large), std::move(up.answer));
    return kept;
}
std::shared_ptr<void> reads_nothing(world&, rpc_client const& client, rpc_server const&) {
    return std::make_shared<stream_reader<blob>>(client.open(blobs, {large}));
}
std::shared_ptr<void> idles(world&, rpc_client const&, rpc_server const&) {
    return nullptr;
}

void a_stop_ends_in_time(world& at) {
    at.set_links(64 * kib, 5ms);
    std::chrono::milliseconds const drain = at.options().virtual_time ? 3s : 50ms;
    for (doing const& each : {doing{"one that is dialled", connects, 1ms},
                              doing{"one that has just been dialled", connects, 6ms},
                              doing{"one with a handshake under way", shakes_hands},
                              doing{"one that writes much", reads_much},
                              doing{"one that is written to, and does not read", writes_much},
                              doing{"one whose client does not read", reads_nothing},
                              doing{"one with an idle client", idles}}) {
        pumped served{16 * kib};
        unread kept;
        auto builder = at.a_server();
        builder.drain_timeout(drain)
            .limits(hasty(at))
            .handle(blobs, served.handler())
            .handle(sizes, kept.handler());
        auto server = start(at, builder);
        auto const client = value_of(at.a_client().connect(), "connecting");
        auto const under_way = each.begin(at, client, server);
        at.let_pass(each.head_start);
        stopping(at, server).expect_end(drain + farewell_max, each.name);
        expect(server.peers().empty(), each.name + " keeps a connection");
    }
}

void a_second_stop_is_shorter(world& at) {
    gate held;
    pairing joining(at);
    joining.server().drain_timeout(24h).limits(hasty(at));
    auto pair = joining.handle(never, waits_at(held)).connect();
    begun_call const waiting(at, pair.client(), never);
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the call did not arrive");
    stopping first(at, pair.server());
    at.let_pass(1s);
    expect(first.ends() == 0, "a server does not wait for its calls");
    stopping second(at, pair.server());
    second.expect_end(farewell_max, "a server that is told twice");
    expect(first.ends() == 1, "who asked first was not told");
    expect(at.comes_true([&] { return waiting.has_ended(); }), "a call outlives the server");
    stopping third(at, pair.server());
    third.expect_end(farewell_max, "a server that has stopped");
    expect(first.ends() == 1 && second.ends() == 1, "somebody was told twice");
}

void it_can_start_again(world& at) {
    auto url = at.place().url();
    for (std::size_t round = 0; round < at.amount("starts"); ++round) {
        std::size_t joined = 0;
        auto builder = at.a_server(url);
        builder.limits(hasty(at)).handle(echo, same).on_connected([&](peer const&) { ++joined; });
        auto server = value_of(builder.start(), "starting where another server has stopped");
        url = server.endpoints().front();
        at.dial(url);
        auto const client = value_of(at.a_client().connect(), "connecting");
        expect(value_of(client.call(echo, {"on"}), "the first call")->value == "on",
               "the first call was answered wrongly");
        expect(joined == 1, "one connect gave another number of connections");
        stopping(at, server).expect_end(30s + farewell_max, "a server");
    }
}

constexpr std::array rules{
    rule{"SHD-01", level::must,
         "A server that stops lets nobody in, tells its peers, and answers the calls that it has "
         "accepted.",
         "What a drain waits for.", needs::one_role, what_was_accepted_finishes},
    rule{"SHD-02", level::must,
         "At the drain deadline what is left is closed in order, each of it told.",
         "What happens at the deadline of a drain.", needs::one_role,
         the_rest_is_closed_at_the_deadline},
    rule{"SHD-04", level::must,
         "A stop during a dial, a handshake, a large transfer, a blocked write or nothing ends in "
         "time.",
         "What a stop waits for that has no deadline of its own.",
         needs::one_role | needs::one_shape, a_stop_ends_in_time},
    rule{"SHD-05", level::must, "A second stop shortens the drain, and each is told of the end.",
         "What a server that stops does when it is told so again.", needs::one_role,
         a_second_stop_is_shorter},
    rule{"SHD-08",
         level::must,
         "Where a server has stopped, another one can start and be dialled.",
         "What a listener leaves behind.",
         needs::one_role,
         it_can_start_again,
         {"what is left by each", {{"starts", 3, 50}}}},
};

}  // namespace

std::span<rule const> shutdown_rules() {
    return rules;
}

}  // namespace trunkline::conformance
