// Establishment: the family EST.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/attempt.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <set>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;
using transport::transport_error;

void expect_error(error_code got, error_code wanted, std::string_view of) {
    std::ostringstream seen;
    seen << of << " fails with: " << got.message() << ", not with: " << wanted.message();
    expect(got == wanted, seen.str());
}

error_code const refused = boost::asio::error::connection_refused;

// Where somebody listened, and nobody does any more.
std::string deserted_url(world& at) {
    return bare_listener(at).url();
}

void one_connect_gives_one_connection(world& at) {
    std::size_t told_client = 0;
    std::size_t told_server = 0;
    pairing joining(at);
    joining.handle(add_one, one_more);
    joining.client().on_state(
        [&](auto state, auto) { told_client += state == connection_state::connected; });
    joining.server().on_state([&](auto const&, auto state, auto) {
        told_server += state == connection_state::connected;
    });
    auto pair = joining.connect();
    expect(pair.client().is_connected(), "the client does not report connected");
    expect(pair.serving().is_connected(), "the server does not report connected");
    auto const answer = value_of(pair.caller().call(add_one, {41}), "the first call");
    expect(answer->value == 42, "the first call was answered wrongly");
    at.let_pass(1s);
    expect(told_client == 1, "the client was not told once that it is connected");
    expect(told_server == 1, "the server was not told once of a connection");
    expect(pair.server().peers().size() == 1, "the server has not one connection");
}

void nobody_listening_is_refused(world& at) {
    auto const url = deserted_url(at);
    auto const before = at.loop().now();
    auto const client = at.a_client(url).connect();
    expect(!client, "connected where nobody listens");
    expect_error(client.error(), refused, "connecting where nobody listens");
    expect(at.loop().now() - before <= budget, "it took long to be refused");
}

void cancelled_before_it_starts(world& at) {
    std::size_t told = 0;
    auto builder = at.a_server();
    builder.on_state([&](auto const&, auto, auto) { ++told; });
    auto const server = start(at, builder);
    auto client = at.a_client();
    client.on_state([&](auto, auto) { ++told; });
    attempt one(client);
    one.cancel();
    expect(at.comes_true([&] { return one.has_ended(); }), "the connect never ended");
    expect(!one.outcome(), "a cancelled connect has connected");
    expect_error(one.outcome().error(), call_error::cancelled, "a cancelled connect");
    at.let_pass(1s);
    expect(told == 0, "states were told of a connect that never started");
    faults* const link = at.place().disturb();
    expect(link == nullptr || link->carried(true) == 0, "something was sent");
    expect(at.place().links() == 0, "there is a link");
}

// What a server has told of its connections.
struct openings {
    std::size_t begun = 0;
    std::size_t ended = 0;

    void watch(rpc_server::builder& server) {
        server.on_state([this](auto const&, auto state, auto) {
            begun += state == connection_state::connecting;
            ended += is_end(state);
        });
    }
};

void cancelled_in_flight(world& at) {
    openings seen;
    auto builder = at.a_server();
    seen.watch(builder);
    auto const server = start(at, builder);
    bool connected = false;
    for (std::size_t turns = 1; !connected; turns += 1 + turns / 3) {
        auto client = at.a_client();
        client.extension();
        attempt one(client);
        std::size_t left = turns;
        static_cast<void>(at.comes_true([&] { return one.has_ended() || left-- == 0; }));
        connected = one.has_ended();
        auto const before = at.loop().now();
        one.cancel();
        expect(at.comes_true([&] { return one.has_ended(); }), "the connect never ended");
        expect(at.loop().now() - before <= budget, "the connect ended late");
        if (connected) {
            expect(one.outcome().has_value(), "it failed without being cancelled");
            expect(one.outcome()->is_connected(), "a cancel that came too late has ended it");
            continue;
        }
        if (!one.outcome()) {
            expect_error(one.outcome().error(), call_error::cancelled, "a cancelled connect");
        }
        one.outcome() = call_error::cancelled;
        expect(at.comes_true([&] { return at.place().links() == 0 && seen.begun == seen.ended; }),
               "a cancelled connect leaves an orphan at the server");
        expect(at.loop().now() - before <= budget, "the server was late to see it end");
    }
}

void silence_costs_the_deadline(world& at) {
    std::chrono::milliseconds const patience = at.options().virtual_time ? 10s : 50ms;
    std::optional<bare_listener> listening;
    std::string url = at.place().silent_url();
    bool const is_silent = !url.empty() || at.place().disturb() != nullptr;
    if (url.empty()) {
        url = listening.emplace(at).url();
        if (auto* const link = at.place().disturb()) {
            link->stall(false, true);
        }
    }
    auto const before = at.loop().now();
    auto const client = at.a_client(url).extension().connect_timeout(patience).connect();
    auto const took = at.loop().now() - before;
    if (client && !is_silent) {
        throw rule_not_applicable{"nobody can be made silent in a handshake"};
    }
    expect(!client, "connected to somebody who never said a word");
    expect_error(client.error(), transport_error::handshake_timeout, "a silent peer");
    expect(took >= patience, "the deadline came early");
    expect(took <= patience + budget, "the deadline came late");
}

void a_taken_address_is_in_use(world& at) {
    auto first_builder = at.a_server();
    first_builder.handle(add_one, one_more);
    auto const first = start(at, first_builder);
    auto const url = first.endpoints().front();
    auto const second = at.a_server(url).start();
    expect(!second, "two servers listen on one address");
    expect_error(second.error(), boost::asio::error::address_in_use,
                 "listening on an address that is taken");
    auto const client = value_of(at.a_client(url).connect(), "connecting to the first listener");
    static_cast<void>(value_of(client.call(add_one, {1}), "calling the first listener"));
}

void a_free_port_is_told(world& at) {
    std::set<std::string> endpoints;
    std::list<rpc_server> servers;
    for (std::uint64_t i = 0; i < 3; ++i) {
        auto builder = at.a_server();
        builder.handle(add_one, [i](number const&) { return number{i}; });
        servers.push_back(start(at, builder));
        auto const& url = servers.back().endpoints().front();
        expect(endpoints.insert(url).second, "two listeners report the address " + url);
        auto const client = value_of(at.a_client(url).connect(), "dialling " + url);
        auto const answer = value_of(client.call(add_one, {}), "calling " + url);
        expect(answer->value == i, "another listener answers at " + url);
    }
}

void what_is_no_address_is_invalid(world& at) {
    auto const good = at.place().url();
    std::string const scheme = good.substr(0, good.find(':'));
    std::array const all{std::string("nonsense"),
                         std::string("://127.0.0.1:7"),
                         std::string("gopher://127.0.0.1:70"),
                         scheme + ":",
                         scheme + "://",
                         scheme + "://127.0.0.1:99999",
                         scheme + "://127.0.0.1:seven",
                         scheme + "://somebody@127.0.0.1:7",
                         scheme + "://127.0.0.1:7/#part",
                         good + std::string(3000, 'x')};
    auto const expect_invalid = [](error_code got, std::string const& url, std::string_view how) {
        std::ostringstream seen;
        seen << how << " \"" << url.substr(0, 60) << "\" gives: " << got.message();
        expect(got == transport_error::invalid_endpoint || got == transport_error::path_too_long,
               seen.str());
    };
    auto const dialer = at.place().network().make_dialer(at.loop());
    auto const before = at.loop().now();
    for (auto const& url : all) {
        expect_invalid(dial_bare(at, *dialer, url).error(), url, "dialling");
        expect_invalid(at.place().network().listen(at.loop(), url).error(), url, "listening on");
        expect_invalid(at.a_client(url).connect().error(), url, "connecting to");
    }
    expect(at.loop().now() - before <= budget, "it took long to find that out");
    faults* const link = at.place().disturb();
    expect(link == nullptr || link->carried(true) == 0, "something was sent");
}

void a_closed_listener_leaves_its_connections(world& at) {
    bare_listener listening(at);
    auto const url = listening.url();
    auto const dialer = at.place().network().make_dialer(at.loop());
    bare_link ours(value_of(dial_bare(at, *dialer, url), "dialling"));
    expect(at.comes_true([&] { return listening.accepted() == 1; }), "nobody was accepted");
    auto const theirs = listening.take();
    // One that is under way when the listener closes ends, this way or that.
    std::optional<result<std::unique_ptr<transport::connection>>> under_way;
    dialer->dial(url, [&](auto made) { under_way.emplace(std::move(made)); });
    listening.close();
    expect(at.comes_true([&] { return under_way.has_value(); }), "a dial hangs for ever");
    under_way.reset();
    auto const late = dial_bare(at, *dialer, url);
    expect(!late, "connected to a listener that is closed");
    expect_error(late.error(), refused, "dialling a listener that is closed");
    ours.say("are you there?");
    expect(at.comes_true([&] { return theirs->heard() == "are you there?"; }),
           "an accepted connection went with its listener");
    theirs->say("yes");
    expect(at.comes_true([&] { return ours.heard() == "yes"; }),
           "an accepted connection went with its listener, one way");
    expect(listening.accepted() == 0, "somebody was accepted after the close");
}

void two_dialers_are_two_peers(world& at) {
    auto builder = at.a_server();
    builder.handle(add_one, [](number const&, call_context context) {
        return number{context.connection_id()};
    });
    auto const server = start(at, builder);
    auto const first = value_of(at.a_client().connect(), "the first connect");
    auto const second = value_of(at.a_client().connect(), "the second connect");
    auto const seen_first = value_of(first.call(add_one, {}), "a call of the first")->value;
    auto const seen_second = value_of(second.call(add_one, {}), "a call of the second")->value;
    expect(seen_first != seen_second, "the server takes two clients for one");
    expect(static_cast<peer const&>(first) != static_cast<peer const&>(second),
           "two connections are one to the client");
    auto const again = value_of(first.call(add_one, {}), "the next call of the first")->value;
    expect(again == seen_first, "the server sees one client under two names");
    std::set<std::uint64_t> ids;
    for (auto const& each : server.peers()) {
        ids.insert(each.id());
    }
    expect(ids == std::set{seen_first, seen_second}, "the server lists other peers");
}

void a_burst_ends_in_connections_or_errors(world& at) {
    std::size_t const size = at.amount("dials");
    auto builder = at.a_server();
    builder.handle(add_one, one_more);
    auto const server = start(at, builder);
    std::list<attempt> all;
    for (std::size_t i = 0; i < size; ++i) {
        auto client = at.a_client();
        all.emplace_back(client);
    }
    expect(at.comes_true([&] { return std::ranges::all_of(all, &attempt::has_ended); }),
           "some connects never ended");
    std::size_t working = 0;
    for (auto& each : all) {
        if (each.outcome()) {
            ++working;
            static_cast<void>(value_of(each.outcome()->call(add_one, {1}), "a call"));
        } else {
            error_code const why = each.outcome().error();
            expect(why == refused || why == transport_error::handshake_timeout ||
                       why.category() == boost::system::system_category(),
                   "a connect of the burst failed with: " + why.message());
        }
    }
    expect(working > 0, "nobody was let in");
    expect(at.comes_true([&] { return server.peers().size() == working; }),
           "the server has other connections than its clients");
}

void what_a_dead_listener_left_is_replaced(world& at) {
    auto const url = at.place().abandoned_url();
    if (url.empty()) {
        throw rule_not_applicable{"a listener that has died leaves nothing behind"};
    }
    auto const refusal = at.a_client(url).connect();
    expect(!refusal, "somebody answers for the dead");
    expect_error(refusal.error(), refused, "dialling what a dead listener has left");
    auto builder = at.a_server(url);
    builder.handle(add_one, one_more);
    auto const server = value_of(builder.start(), "listening where a dead listener was");
    expect(!at.a_server(url).start(), "a listener that lives was robbed of its address");
    auto const client = value_of(at.a_client(url).connect(), "connecting");
    static_cast<void>(value_of(client.call(add_one, {1}), "a call"));
}

void handlers_are_there_for_the_first_byte(world& at) {
    std::optional<std::uint64_t> answered;
    std::optional<std::string> heard;
    std::optional<rpc_client> client;
    std::optional<std::uint64_t> answered_back;
    auto builder = at.a_server();
    builder.handle(add_one, one_more).on_connected([&](peer const& joined) {
        joined.send(news, {"welcome"});
        joined.async_call(add_one, {1},
                          [&](auto answer) { answered_back = answer ? (*answer)->value : 0; });
    });
    auto const server = start(at, builder);
    auto dialling = at.a_client();
    dialling.handle(add_one, one_more).handle(news, [&](text const& told) { heard = told.value; });
    dialling.async_connect([&](result<rpc_client> made) {
        if (made) {
            client.emplace(std::move(*made));
            client->async_call(add_one, {2},
                               [&](auto answer) { answered = answer ? (*answer)->value : 0; });
        }
    });
    expect(at.comes_true([&] { return answered && answered_back && heard; }),
           "what was sent first has got lost");
    expect(answered == 3, "the first call found no handler at the server");
    expect(answered_back == 2, "the first call found no handler at the client");
    expect(heard == "welcome", "the first event found no handler at the client");
}

void each_layout_is_answered_in_itself(world& at) {
    auto builder = at.a_server();
    builder.handle(
        echo, [](received<text> said, call_context context) -> boost::asio::awaitable<text> {
            number const given{said->value.size()};
            auto const told =
                co_await context.caller.async_call(add_one, given, boost::asio::use_awaitable);
            co_return text{told ? std::to_string((*told)->value) : "no answer"};
        });
    auto const server = start(at, builder);
    std::list<rpc_client> clients;
    for (auto const spoken : {frame::layout::a, frame::layout::b, frame::layout::a}) {
        auto dialling = at.a_client();
        dialling.layout(spoken).handle(add_one, one_more);
        clients.push_back(value_of(dialling.connect(), "connecting"));
    }
    for (std::size_t size = 0; size < at.amount("sizes of arguments"); ++size) {
        std::string const said(size * 1000, 'x');
        for (auto const& client : clients) {
            auto const answer = value_of(client.call(echo, {said}), "a call in its layout");
            expect(answer->value == std::to_string(said.size() + 1),
                   "the server's call came back as " + answer->value);
        }
    }
}

constexpr needs sets_its_links = needs::one_shape | needs::one_role;

constexpr std::array rules{
    rule{"EST-01", level::must,
         "Connecting to a listening endpoint yields one accepted connection, both sides report "
         "connected, and the first call succeeds.",
         "How often the listener hands out a connection, and when states are told.", needs::nothing,
         one_connect_gives_one_connection},
    rule{"EST-02", level::must,
         "Connecting where nothing listens fails with the error class \"refused\"; it neither "
         "hangs nor crashes, and leaves no socket, task or timer.",
         "How the dialer ends when there is nobody, and which error it tells.", sets_its_links,
         nobody_listening_is_refused},
    rule{"EST-03", level::must,
         "A connect that is cancelled before it starts fails with \"cancelled\" without touching "
         "the network.",
         "What async_connect does before its first turn.", sets_its_links,
         cancelled_before_it_starts},
    rule{"EST-04", level::must,
         "A connect cancelled while in flight ends within the cancel budget; if the peer accepted, "
         "its side sees a close, not a live orphan.",
         "What the destructor of the dialer does with a handshake under way.", needs::one_role,
         cancelled_in_flight},
    rule{"EST-05", level::must,
         "A connect deadline that passes fails with \"deadline exceeded\" even when the peer "
         "accepts the socket and then stays silent through the handshake.",
         "Whether the deadline covers the handshake, and not the socket alone.", sets_its_links,
         silence_costs_the_deadline},
    rule{"EST-06", level::must,
         "Listening twice on one address fails with \"address in use\" and does not disturb the "
         "first listener.",
         "How listen() finds out that somebody listens.", sets_its_links,
         a_taken_address_is_in_use},
    rule{"EST-07", level::must,
         "Listening on \"any free port\" reports the real address; the reported address can be "
         "dialled.",
         "What endpoint() of the listener says.", sets_its_links, a_free_port_is_told},
    rule{"EST-08", level::must,
         "Malformed, over-long or unsupported addresses fail with \"invalid address\" before any "
         "I/O.",
         "How dial() and listen() read their URL.", sets_its_links, what_is_no_address_is_invalid},
    rule{"EST-09", level::must,
         "Closing a listener refuses new connects, ends those under way, and leaves accepted "
         "connections working.",
         "What close() of the listener does beside not accepting.", needs::one_role,
         a_closed_listener_leaves_its_connections},
    rule{"EST-10", level::must,
         "Two dialers to one listener get two distinct connections with distinct identities on "
         "both sides.",
         "Whether anything of a connection is kept by its address.", needs::one_role,
         two_dialers_are_two_peers},
    rule{"EST-11",
         level::must,
         "A burst of simultaneous connects all end in either a working connection or a clean, "
         "classified error.",
         "The backlog of the listener, and what a dialer makes of a full one.",
         needs::one_role,
         a_burst_ends_in_connections_or_errors,
         {"more than a backlog", {{"dials", 24, 1000}}}},
    rule{"EST-12", level::must,
         "A stale leftover of a dead listener (such as a Unix socket file) is cleaned up and "
         "re-bound; a live one is not stolen.",
         "How listen() tells a dead listener from a live one.", sets_its_links,
         what_a_dead_listener_left_is_replaced},
    rule{"EST-14", level::must,
         "Handlers registered before the connection exists are in force for the first byte "
         "received.",
         "What is read before the handlers are known.", needs::one_role,
         handlers_are_there_for_the_first_byte},
    rule{"EST-15",
         level::must,
         "A listener set to automatic recognises each supported frame layout (13-byte and 21-byte "
         "header) from the first frame, answers in the same one, and never mixes layouts on one "
         "connection.",
         "Whether the first bytes reach the session as they came, and borders where they are.",
         needs::one_role,
         each_layout_is_answered_in_itself,
         {"heads that end anywhere", {{"sizes of arguments", 3, 40}}}},
};

}  // namespace

std::span<rule const> establishment_rules() {
    return rules;
}

}  // namespace trunkline::conformance
