// Connection state: the family STA.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/attempt.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <functional>
#include <list>
#include <optional>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;
using transport::transport_error;

constexpr auto ignored = [](auto const&) {};

void expect_end(history const& of, bool in_order, error_code why, std::string_view who) {
    std::ostringstream seen;
    seen << who << " is told of " << (of.is_disconnected() ? "a disconnect" : "an error")
         << " with the cause: " << of.why().message();
    expect(of.is_disconnected() == in_order && of.why() == why, seen.str());
}

void connected_then_disconnected_once(world& at) {
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.connect();
    pair.caller().close();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
    at.let_pass(5s);
    for (history const* const each : {&seen.client(), &seen.server()}) {
        expect(each->count(connection_state::connected) == 1, "connected was not told once");
        expect(each->count(connection_state::disconnected) == 1, "disconnected was not told once");
        each->expect_lawful();
    }
}

void refused_is_never_connected(world& at) {
    auto const url = bare_listener(at).url();
    observed seen;
    auto dialling = at.a_client(url);
    seen.watch(dialling);
    expect(!dialling.connect(), "connected where nobody listens");
    at.let_pass(1s);
    expect(seen.client().count(connection_state::connected) == 0, "connected was told");
    expect(seen.client().count(connection_state::error) == 1, "the failure was not told once");
    expect(seen.client().why() == boost::asio::error::connection_refused,
           "the cause is: " + seen.client().why().message());
    seen.client().expect_lawful();
}

void a_late_observer_is_told_the_state(world& at) {
    history client;
    history server;
    history after;
    auto pair = pairing(at).connect();
    auto const notes = [](history& of) {
        return [&of](connection_state state, error_code why) { of.add(state, why); };
    };
    at.let_pass(1s);
    auto const first = pair.client().watch(notes(client));
    auto const second = pair.serving().watch(notes(server));
    expect(at.comes_true([&] {
        return client.count(connection_state::connected) == 1 &&
               server.count(connection_state::connected) == 1;
    }),
           "an observer was not told that there is a connection");
    {
        history gone;
        auto const third = pair.client().watch(notes(gone));
    }
    pair.caller().close();
    expect(at.comes_true([&] { return client.has_ended() && server.has_ended(); }),
           "an observer was not told of the end");
    auto const fourth = pair.client().watch(notes(after));
    expect(at.comes_true([&] { return after.is_disconnected(); }),
           "an observer of what has ended was not told so");
    at.let_pass(1s);
    for (history const* const each : {&client, &server}) {
        expect(each->count(connection_state::connected) == 1, "connected was not told once");
        expect(each->count(connection_state::disconnected) == 1, "disconnected was not told once");
        each->expect_lawful(connection_state::connected);
    }
    after.expect_lawful(connection_state::disconnected);
}

// One step of whoever uses a connection, in any order.
void take_a_step(world& at, rpc_client& client, rpc_server& server) {
    switch (at.random()() % 9) {
        case 0:
            client.async_call(add_one, {1}, ignored);
            break;
        case 1:
            for (auto const& each : server.peers()) {
                each.async_call(add_one, {1}, ignored);
            }
            break;
        case 2:
            static_cast<void>(client.open(blobs, {1}));
            break;
        case 3:
            client.send(news, {"x"});
            break;
        case 4:
            client.close();
            break;
        case 5:
            for (auto const& each : server.peers()) {
                each.close();
            }
            break;
        case 6:
            server.async_stop([] {});
            break;
        case 7:
            if (auto* const link = at.place().disturb()) {
                link->cut();
            }
            break;
        default:
            at.let_pass(std::chrono::milliseconds(at.random()() % 300));
    }
}

void states_follow_their_machine(world& at) {
    for (std::size_t round = 0; round < at.amount("rounds"); ++round) {
        observed seen;
        auto serving = at.a_server();
        serving.handle(add_one, one_more);
        seen.watch(serving);
        auto server = start(at, serving);
        auto dialling = at.a_client();
        seen.watch(dialling);
        auto client = value_of(dialling.connect(), "connecting");
        for (std::size_t steps = at.random()() % 8; steps != 0; --steps) {
            take_a_step(at, client, server);
        }
        client.close();
        expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
        at.let_pass(1s);
        seen.client().expect_lawful();
        for (auto const& [id, each] : seen.served()) {
            each.expect_lawful();
        }
    }
}

// Counts what happens on one side once that has been told of its end.
struct late_callbacks {
    bool over = false;
    std::size_t count = 0;

    void note() noexcept { count += over ? 1 : 0; }
    void note(connection_state state) noexcept {
        note();
        over = over || is_end(state);
    }
    template <class Builder>
    void watch_handlers(Builder& of) {
        of.handle(news, [this](text const&) { note(); });
        of.handle(add_one, [this](number const& given) {
            note();
            return one_more(given);
        });
    }
};

void nothing_comes_after_the_end(world& at) {
    late_callbacks at_client;
    late_callbacks at_server;
    pairing joining(at);
    at_client.watch_handlers(joining.client());
    at_server.watch_handlers(joining.server());
    joining.client().on_state([&](auto state, auto) { at_client.note(state); });
    joining.server().on_state([&](auto const&, auto state, auto) { at_server.note(state); });
    auto pair = joining.connect();
    auto const busy = [](peer const& one, late_callbacks& side) {
        for (std::uint64_t i = 0; i < 20; ++i) {
            one.send(news, {"x"});
            one.async_call(add_one, {i}, [&side](auto const&) { side.note(); });
        }
    };
    busy(pair.client(), at_client);
    busy(pair.serving(), at_server);
    pair.caller().close();
    expect(at.comes_true([&] { return at_client.over && at_server.over; }), "an end was not told");
    at.let_pass(5s);
    expect(at_client.count == 0, "the client was told of something after the end");
    expect(at_server.count == 0, "the server was told of something after the end");
}

// How deep callbacks are inside of each other.
struct depth {
    std::size_t now = 0;
    std::size_t most = 0;
};
class deeper {
public:
    explicit deeper(depth& of) : of_(of) { of_.most = std::max(of_.most, ++of_.now); }
    ~deeper() { --of_.now; }
    deeper(deeper const&) = delete;
    deeper& operator=(deeper const&) = delete;

private:
    depth& of_;
};

void observers_may_act(world& at) {
    std::size_t const rounds = at.amount("rounds");
    depth at_server;
    depth at_client;
    std::size_t asked = 0;
    std::size_t told = 0;
    std::size_t ended = 0;
    auto serving = at.a_server();
    serving.on_state([&](peer const& of, auto state, auto) {
        deeper const here(at_server);
        if (state == connection_state::connected || is_end(state)) {
            ++asked;
            of.async_call(add_one, {1}, [&](auto const&) { ++told; });
            of.close();
        }
    });
    auto const server = start(at, serving);
    std::list<attempt> attempts;
    std::function<void()> const reopen = [&] {
        auto dialling = at.a_client();
        dialling.on_state([&](auto state, auto) {
            deeper const here(at_client);
            if (is_end(state) && ++ended < rounds) {
                reopen();
            }
        });
        attempts.emplace_back(dialling);
    };
    reopen();
    expect(at.comes_true([&] { return ended == rounds; }), "a connection never ended");
    expect(at.comes_true([&] { return told == asked; }), "a call made inside never ended");
    expect(asked >= rounds, "the server was not told of every connection");
    expect(at_server.most <= 3 && at_client.most <= 3, "observers are called ever deeper");
}

void close_has_its_cause(world& at) {
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.connect();
    pair.caller().close();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
    expect_end(seen.caller(at), true, transport_error::closed, "who closes");
    expect_end(seen.callee(at), true, transport_error::closed_by_peer, "whose peer closes");
}

void a_limit_is_a_cause(world& at) {
    observed seen;
    session_limits small;
    small.frame_payload_size_max = 1 * kib;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.handle(add_one, one_more).on_callee([&](auto& builder) { builder.limits(small); });
    auto pair = joining.connect();
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call below the limit"));
    pair.caller().send(news, {std::string(4 * kib, 'x')});
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "a limit was not kept");
    expect_end(seen.callee(at), false, rpc::rpc_error::frame_too_large, "who has the limit");
    expect(seen.caller(at).why() != error_code(), "the other one is told of no cause");
}

void a_cut_is_a_cause(world& at) {
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.connect();
    at.disturb().cut();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "a cut was not told");
    for (history const* const each : {&seen.client(), &seen.server()}) {
        expect_end(*each, false, boost::asio::error::connection_reset, "whose link is cut");
    }
}

void a_timeout_is_a_cause(world& at) {
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.handle(add_one, one_more);
    auto pair = joining.connect();
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call before the stall"));
    at.disturb().stall(at.options().role == initiator::client, true);
    pair.caller().send(news, {std::string(200 * kib, 'x')});
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "a stall was not told");
    error_code const first = seen.caller(at).why();
    error_code const second = seen.callee(at).why();
    auto const is_timeout = [](error_code why) {
        return why == transport_error::silent_peer || why == transport_error::write_stalled;
    };
    expect(is_timeout(first) || is_timeout(second),
           "nobody is told of a timeout, but: " + first.message() + ", " + second.message());
}

void an_end_has_its_cause(world& at) {
    close_has_its_cause(at);
    a_limit_is_a_cause(at);
    if (at.place().disturb() != nullptr) {
        a_cut_is_a_cause(at);
        a_timeout_is_a_cause(at);
    }
}

void every_open_has_its_close(world& at) {
    observed seen;
    auto serving = at.a_server();
    serving.handle(add_one, one_more);
    seen.watch(serving);
    auto const server = start(at, serving);
    std::vector<rpc_client> connected;
    for (std::size_t turns = 1; connected.size() < 3; turns += 1 + turns / 3) {
        auto dialling = at.a_client();
        attempt one(dialling);
        std::size_t left = turns;
        static_cast<void>(at.comes_true([&] { return one.has_ended() || left-- == 0; }));
        if (one.has_ended()) {
            connected.push_back(value_of(std::move(one.outcome()), "connecting"));
            static_cast<void>(value_of(connected.back().call(add_one, {1}), "a call"));
            continue;
        }
        one.cancel();
        expect(at.comes_true([&] { return one.has_ended(); }), "the connect never ended");
    }
    connected[0].close();
    connected.erase(connected.begin() + 1);
    for (auto const& each : server.peers()) {
        each.close();
    }
    expect(at.comes_true([&] { return seen.served().size() >= 3 && seen.server_has_ended(); }),
           "an open was told, and no close");
    at.let_pass(5s);
    for (auto const& [id, each] : seen.served()) {
        expect(each.count(connection_state::connecting) == 1, "an open was not told once");
        expect(
            each.count(connection_state::disconnected) + each.count(connection_state::error) == 1,
            "a close was not told once");
        each.expect_lawful();
    }
}

constexpr std::array rules{
    rule{"STA-01", level::must,
         "A state observer sees exactly connected, then disconnected, once each, for connect then "
         "drop.",
         "How often the end of a link is told.", needs::nothing, connected_then_disconnected_once},
    rule{"STA-02", level::must, "Refused connect reports no connected state at all.",
         "Whether a dial that fails ever gives out a connection.",
         needs::one_shape | needs::one_role, refused_is_never_connected},
    rule{"STA-03", level::must,
         "An observer attached after connection gets the current state at once, then changes.",
         "Whether a state is told when it has been reached, and not before.", needs::nothing,
         a_late_observer_is_told_the_state},
    rule{"STA-04",
         level::must,
         "States follow the declared machine only; every illegal jump fails the rule, under random "
         "operation sequences.",
         "What is told when two ends meet: a close and a reset, a stop and a close.",
         needs::one_role,
         states_follow_their_machine,
         {"many orders", {{"rounds", 8, 200}}}},
    rule{"STA-05", level::must, "No callback runs after the final state has been delivered.",
         "What is still read, or answered, after the end was told.", needs::nothing,
         nothing_comes_after_the_end},
    rule{"STA-06",
         level::must,
         "An observer may close, reopen or call from inside its callback without deadlock or "
         "recursion growth.",
         "Whether done callbacks are called from inside of dial() and close().",
         needs::one_role,
         observers_may_act,
         {"depth that grows", {{"rounds", 8, 200}}}},
    rule{"STA-07", level::must,
         "The disconnected event carries a cause: local close, peer close, timeout, limit, network "
         "error.",
         "Which status and error a read gives at the end.", needs::nothing, an_end_has_its_cause},
    rule{"STA-08", level::must,
         "Every open event is paired with exactly one close event on the server side, also when "
         "the handshake half-completes.",
         "When the listener gives out a connection, and what becomes of half-made ones.",
         needs::one_role, every_open_has_its_close},
};

}  // namespace

std::span<rule const> state_rules() {
    return rules;
}

}  // namespace trunkline::conformance
