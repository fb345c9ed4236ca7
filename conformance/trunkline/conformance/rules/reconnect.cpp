// Clients that come back: the family REC.
#include <trunkline/conformance/diary.hpp>
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/service.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/peer/line_access.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;

constexpr typed::server_stream<number, number> count_up{"count up"};

// Tries that a rule need not wait for.
constexpr reconnect_options soon{.first_wait = 2ms, .wait_max = 20ms, .jitter = 0};

boost::asio::awaitable<text> answer_later(gate& held) {
    co_await held.pass();
    co_return text{"done"};
}

// How a call ended.
struct ending {
    bool has_ended = false;
    bool answered = false;
    error_code error;
    call_progress progress = call_progress::answered;

    [[nodiscard]] bool is_lost(call_progress how_far) const {
        return error == rpc::rpc_error::connection_lost && progress == how_far;
    }
};

template <class Method, class Request>
std::shared_ptr<ending> begin(peer const& on, Method const& of, Request request,
                              call_options const& options = {}) {
    auto const made = std::make_shared<ending>();
    on.async_call(of, std::move(request), options, [made](auto answer) {
        made->has_ended = true;
        made->answered = answer.has_value();
        if (!answer) {
            made->error = answer.error().error;
            made->progress = answer.error().progress;
        }
    });
    return made;
}

void the_next_call_succeeds(world& at) {
    service served(at, [](rpc_server::builder& made) { made.handle(add_one, one_more); });
    diary states;
    auto const client = value_of(at.a_client()
                                     .handle(add_one, one_more)
                                     .on_state(states.noting(at))
                                     .reconnect(soon)
                                     .connect(),
                                 "connecting");
    for (std::uint64_t i = 1; i <= at.amount("ends"); ++i) {
        expect(at.comes_true([&] { return served.guests().size() == i; }), "nobody connected");
        // Where links can be cut, every other end is that of the link alone.
        faults* const links = at.place().disturb();
        if (links != nullptr && i % 2 == 0) {
            links->cut();
        } else {
            served.restart();
        }
        expect(at.comes_true([&] { return states.endings() == i; }), "nobody noticed the loss");
        bool const by_client = at.options().role == initiator::client;
        expect(by_client || at.comes_true([&] { return served.guests().size() == i + 1; }),
               "the client did not come back");
        peer const& caller = by_client ? client : served.guests().back().who;
        auto const answer = value_of(caller.call(add_one, {i}), "the call after a loss");
        expect(answer->value == i + 1, "the call after a loss was answered wrongly");
        expect(served.guests().size() == i + 1, "the client came back more than once");
    }
}

void expect_waits_that_grow(world& at) {
    service served(at, [](rpc_server::builder&) {});
    diary states;
    auto const client = value_of(
        at.a_client()
            .on_state(states.noting(at))
            .reconnect({.first_wait = 5ms, .wait_max = 20ms, .growth = 2, .jitter = 0, .budget = 5})
            .connect(),
        "connecting");
    served.stop();
    expect(at.comes_true([&] { return states.last_reason() == call_error::not_coming_back; }),
           "the client never gave up");
    std::vector<transport::runtime::duration> const wanted{5ms, 10ms, 20ms, 20ms, 20ms};
    auto const waits = states.waits();
    expect(waits.size() == wanted.size(), "the client did not try as often as it was told");
    for (std::size_t i = 0; i < waits.size(); ++i) {
        expect(waits[i] >= wanted[i], "a wait was shorter than it had to be");
        expect(!at.options().virtual_time || waits[i] == wanted[i],
               "a wait was longer than it had to be");
    }
}

// By seed, so that what is seen is no matter of luck.
void expect_a_crowd_that_spreads(world& at) {
    std::size_t const crowd = at.amount("clients");
    service served(at, [](rpc_server::builder&) {});
    std::vector<rpc_client> clients;
    for (std::size_t i = 0; i < crowd; ++i) {
        clients.push_back(
            value_of(at.a_client().reconnect({.first_wait = 10s, .jitter = 1, .seed = i}).connect(),
                     "connecting"));
    }
    expect(at.comes_true([&] { return served.guests().size() == crowd; }), "somebody is missing");
    auto const begin = at.loop().now();
    served.restart();
    at.let_pass(11s);
    expect(served.guests().size() == 2 * crowd, "not everybody came back within the wait");
    std::array<std::size_t, 10> tenths{};
    for (std::size_t i = crowd; i < 2 * crowd; ++i) {
        auto const second = (served.guests()[i].at - begin) / 1s;
        ++tenths[std::min<std::size_t>(9, static_cast<std::size_t>(second))];
    }
    double const fair = static_cast<double>(crowd) / 10;
    for (std::size_t const each : tenths) {
        expect(std::abs(static_cast<double>(each) - fair) < 6 * std::sqrt(fair),
               "too many or too few came back within one tenth of the spread");
    }
}

void waits_grow_and_spread(world& at) {
    expect_waits_that_grow(at);
    if (at.options().virtual_time) {
        expect_a_crowd_that_spreads(at);
    }
}

// A side that owes one answer is not read from: what comes behind fills the link, and then stays.
void lost_calls_are_told_apart(world& at) {
    gate held;
    std::size_t added = 0;
    auto pair = pairing(at)
                    .on_callee([](auto& builder) {
                        builder.limits(session_limits{.unanswered_requests_max = 1});
                    })
                    .handle(never, [&](received<text>, call_context) { return answer_later(held); })
                    .handle(add_one,
                            [&](number const& given) {
                                ++added;
                                return one_more(given);
                            })
                    .handle(mirror, [](blob const& given) { return given; })
                    .connect();
    auto const reached = begin(pair.caller(), never, text{"wait"});
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the first call did not arrive");
    auto const begun = begin(pair.caller(), mirror, blob{at.noise(2 * mib)});
    at.let_pass(1s);
    auto const behind = begin(pair.caller(), add_one, number{1});
    at.let_pass(1s);
    pair.drop_callee();
    expect(
        at.comes_true([&] { return reached->has_ended && begun->has_ended && behind->has_ended; }),
        "a call outlived its connection");
    expect(reached->is_lost(call_progress::maybe_executed), "a call that arrived is told unsent");
    expect(begun->is_lost(call_progress::maybe_executed), "a call that was begun is told unsent");
    // Sockets of the system take what they like.
    expect(!at.options().virtual_time || behind->is_lost(call_progress::not_sent),
           "a call of which nothing was sent is not told so");
    expect(added == 0, "a call was executed that was not read");
    expect(at.comes_true([&] { return !pair.caller().is_connected(); }), "still connected");
    auto const later = begin(pair.caller(), add_one, number{1});
    expect(at.comes_true([&] { return later->has_ended; }), "a call without connection never ends");
    expect(
        later->error == rpc::rpc_error::not_connected && later->progress == call_progress::not_sent,
        "a call without connection is not told unsent");
}

// Calls that a server keeps until it goes.
struct kept_calls {
    explicit kept_calls(world& at, reconnect_options const& options = soon,
                        retry_options const& retries = {})
        : where(at),
          served(at,
                 [this](rpc_server::builder& made) {
                     made.handle(never, [this](received<text>, call_context) {
                         return answer_later(held);
                     });
                     made.handle(add_one, one_more);
                 }),
          client(value_of(at.a_client().reconnect(options).retries(retries).connect(),
                          "connecting")) {}

    // Waits for the call to arrive the so-manieth time, and loses its connection.
    void lose(std::size_t arrival, bool comes_back = true) {
        expect(where.comes_true([&] { return held.arrived() == arrival; }),
               "a call that was lost was not made again");
        comes_back ? served.restart() : served.stop();
    }

    world& where;
    gate held;
    service served;
    rpc_client client;
};

void only_marked_calls_are_repeated(world& at) {
    kept_calls kept(at);
    auto const marked = begin(kept.client, never, text{"twice"}, {.repeatable = true});
    kept.lose(1);
    kept.lose(2);
    expect(at.comes_true([&] { return kept.held.arrived() == 3; }), "it was not made again");
    kept.held.open(2);
    expect(at.comes_true([&] { return marked->has_ended; }), "a repeated call never ends");
    expect(marked->answered, "a call that was made again was not answered");

    auto const unmarked = begin(kept.client, never, text{"once"});
    kept.lose(4);
    expect(at.comes_true([&] { return unmarked->has_ended; }), "a lost call never ends");
    expect(unmarked->is_lost(call_progress::maybe_executed), "a lost call is not told lost");
    static_cast<void>(value_of(kept.client.call(add_one, {1}), "the next call"));
    expect(kept.held.arrived() == 4, "a call that is not marked was made twice");
}

void repeating_has_an_end(world& at) {
    {
        kept_calls kept(at, soon, {.attempts_max = 3});
        auto const call = begin(kept.client, never, text{}, {.repeatable = true});
        for (std::size_t i = 1; i <= 3; ++i) {
            kept.lose(i);
        }
        expect(at.comes_true([&] { return call->has_ended; }), "it is repeated above its attempts");
        expect(call->is_lost(call_progress::maybe_executed), "a lost call is not told lost");
        static_cast<void>(value_of(kept.client.call(add_one, {1}), "the next call"));
        expect(kept.held.arrived() == 3, "a call was made more often than it may be");
    }
    kept_calls kept(at);
    auto const begun = at.loop().now();
    auto const call = begin(kept.client, never, text{}, {.timeout = 300ms, .repeatable = true});
    kept.lose(1, false);
    expect(at.comes_true([&] { return call->has_ended; }), "it waits beyond its deadline");
    expect(call->error == call_error::deadline_passed, "it does not end by its deadline");
    expect(call->progress == call_progress::maybe_executed, "it is told unsent");
    expect(at.loop().now() - begun >= 300ms, "it ended before its deadline");
    expect(!at.options().virtual_time || at.loop().now() - begun == 300ms,
           "it did not end at its deadline");
}

void repeats_are_marked_and_bounded(world& at) {
    only_marked_calls_are_repeated(at);
    repeating_has_an_end(at);
}

boost::asio::awaitable<call_result<void>> counts(gate& held, std::uint64_t from,
                                                 stream_writer<number>& to) {
    for (std::uint64_t i = 0; i < 5; ++i) {
        number const next{from + i};
        auto const written = co_await to.async_write(next, boost::asio::use_awaitable);
        if (!written) {
            co_return written;
        }
    }
    co_await held.pass();
    co_return call_result<void>();
}

void expect_five(stream_reader<number>& from, std::uint64_t first) {
    for (std::uint64_t i = 0; i < 5; ++i) {
        auto const next = value_of(from.read(), "reading");
        expect(next && (*next)->value == first + i, "items are missing, or out of order");
    }
}

void a_stream_says_that_it_was_cut(world& at) {
    gate held;
    service served(at, [&](rpc_server::builder& made) {
        made.handle(count_up, [&](received<number> from, stream_writer<number>& to, call_context) {
            return counts(held, from->value, to);
        });
    });
    auto const client = value_of(at.a_client().extension().reconnect(soon).connect(), "connecting");
    auto before = client.open(count_up, {100});
    expect_five(before, 100);
    served.restart();
    auto const told = before.read();
    expect(!told, "a stream that was cut goes on, or ends as if it were whole");
    expect(told.error().error == rpc::rpc_error::connection_lost, "it is not told why");
    auto after = client.open(count_up, {200});
    expect_five(after, 200);
    auto const still = before.read();
    expect(!still, "a newer item came on a stream that was cut");
}

void a_server_that_goes_away_gets_no_new_calls(world& at) {
    gate held;
    std::size_t added = 0;
    auto pair = pairing(at)
                    .handle(never, [&](received<text>, call_context) { return answer_later(held); })
                    .handle(add_one,
                            [&](number const& given) {
                                ++added;
                                return one_more(given);
                            })
                    .extended()
                    .connect();
    auto const begun = begin(pair.caller(), never, text{"begun"});
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the call did not arrive");
    bool stopped = false;
    pair.server().async_stop([&] { stopped = true; });
    at.let_pass(100ms);
    auto const late = begin(pair.caller(), add_one, number{1});
    expect(at.comes_true([&] { return late->has_ended; }), "a new call waits");
    expect(late->error == rpc::rpc_error::peer_going_away, "a new call is not told why it fails");
    expect(late->progress == call_progress::not_sent || added == 0, "a refused call was executed");
    expect(!stopped && !begun->has_ended, "a call that was begun was not waited for");
    held.open(0);
    expect(at.comes_true([&] { return stopped; }), "the server never stops");
    expect(begun->answered, "a call that was accepted was not answered");
}

// Nothing that it waits for brings it back.
void expect_away(world& at, service const& served, rpc_client const& client,
                 std::string_view after) {
    at.let_pass(1h);
    expect(!client.is_reconnecting() && !client.is_connected() && served.guests().size() == 1,
           "the client came back after " + std::string(after));
    auto const call = begin(client, echo, text{"x"});
    expect(at.comes_true([&] { return call->has_ended; }), "a call waits for nothing");
    expect(call->error == rpc::rpc_error::not_connected, "a call is not told that nobody is there");
}

void expect_away_after_its_own_close(world& at) {
    service served(at, [](rpc_server::builder&) {});
    diary states;
    auto const client =
        value_of(at.a_client().on_state(states.noting(at)).reconnect(soon).connect(), "connecting");
    client.close();
    expect(at.comes_true([&] { return states.endings() == 1; }), "a close never ends");
    expect_away(at, served, client, "its own close");
}

void expect_away_after_a_broken_limit(world& at) {
    service served(at, [&](rpc_server::builder& made) {
        made.handle(mirror, [&](blob const&) { return blob{at.noise(4 * kib)}; });
    });
    diary states;
    auto const client = value_of(at.a_client()
                                     .limits(session_limits{.frame_payload_size_max = 1 * kib})
                                     .on_state(states.noting(at))
                                     .reconnect(soon)
                                     .connect(),
                                 "connecting");
    expect(!client.call(mirror, {}), "an answer above the limit was taken");
    expect(at.comes_true([&] { return states.endings() == 1; }), "a broken limit costs nothing");
    expect(states.last_reason() == rpc::rpc_error::frame_too_large, "it is not told which limit");
    expect_away(at, served, client, "a broken limit");
}

void expect_away_after_a_rejection(world& at) {
    service served(at, [](rpc_server::builder&) {});
    diary states;
    auto const client =
        value_of(at.a_client().on_state(states.noting(at)).reconnect(soon).connect(), "connecting");
    expect(at.comes_true([&] { return served.guests().size() == 1; }), "the server saw nobody");
    peers::line_access::line_of(served.guests().front().who)
        ->driver()
        ->close(transport::close_code::policy_violation, "no");
    expect(at.comes_true([&] { return states.endings() == 1; }), "a rejection costs nothing");
    expect(states.last_reason() == transport::transport_error::rejected_by_peer,
           "it is not told that it was rejected");
    expect_away(at, served, client, "a rejection");
}

void expect_away_after_a_strange_certificate(world& at) {
    service served(at, [](rpc_server::builder&) {});
    diary states;
    auto const client =
        value_of(at.a_client().on_state(states.noting(at)).reconnect(soon).connect(), "connecting");
    expect(at.comes_true([&] { return served.guests().size() == 1; }), "the server saw nobody");
    served.stop();
    at.place().pose(server_guise::strange, client_guise::unnamed);
    served.start();
    expect(at.comes_true([&] { return states.endings() == 2 && !client.is_reconnecting(); }),
           "a client goes on dialling a server that it does not trust");
    expect_away(at, served, client, "a server it does not trust");
}

void who_is_told_so_stays_away(world& at) {
    expect_away_after_its_own_close(at);
    expect_away_after_a_broken_limit(at);
    if (at.about().has.close_reason) {
        expect_away_after_a_rejection(at);
    }
    if (at.about().has.secure) {
        expect_away_after_a_strange_certificate(at);
    }
}

// How often a client with a budget of three has been accepted when it gives up, or ten times.
std::size_t accepted_until_gone(world& at, std::chrono::milliseconds healthy_after,
                                std::chrono::milliseconds lasting) {
    service served(at, [](rpc_server::builder&) {});
    diary states;
    reconnect_options options = soon;
    options.budget = 3;
    options.healthy_after = healthy_after;
    auto const client = value_of(
        at.a_client().on_state(states.noting(at)).reconnect(options).connect(), "connecting");
    auto const is_gone = [&] { return states.last_reason() == call_error::not_coming_back; };
    for (std::size_t i = 1; i < 10 && !is_gone(); ++i) {
        expect(at.comes_true([&] {
            return served.guests().size() == i && states.times(connection_state::connected) == i;
        }),
               "nobody came back");
        at.let_pass(lasting);
        served.restart();
        expect(at.comes_true([&] { return states.endings() == i || is_gone(); }),
               "nobody noticed the loss");
        expect(at.comes_true([&] { return is_gone() || served.guests().size() == i + 1; }),
               "the client neither comes back nor gives up");
    }
    return served.guests().size();
}

void only_health_gives_a_new_budget(world& at) {
    expect(accepted_until_gone(at, 10s, 9s) == 4, "an unhealthy connection gave a new budget");
    // Where time is real, health comes at once, so that nobody waits for it.
    bool const is_virtual = at.options().virtual_time;
    expect(accepted_until_gone(at, is_virtual ? 10s : 0s, 10s) == 10,
           "a healthy connection gave no new budget");
}

constexpr std::array rules{
    rule{"REC-01",
         level::must,
         "After a lost connection the client reconnects on its own and the next call succeeds.",
         "What ends a connection, and whether its owner dials again after that.",
         needs::nothing,
         the_next_call_succeeds,
         {"waits that do not add up", {{"ends", 3, 30}}}},
    rule{"REC-02",
         level::must,
         "Waits between tries grow, are bounded, and are spread at random: clients cut at once do "
         "not return within one tenth of the spread.",
         "How the time of the next try is drawn.",
         needs::one_shape | needs::one_role,
         waits_grow_and_spread,
         {"the crowd of a large server", {{"clients", 200, 10'000}}}},
    rule{"REC-03", level::must,
         "Calls in flight at the cut end with \"maybe executed\" or \"not sent\", correctly told "
         "apart.",
         "Whether a write takes more than the link does, and what is counted as sent.",
         needs::nothing, lost_calls_are_told_apart},
    rule{"REC-04", level::must,
         "A call marked as safe to repeat is retried inside its deadline and budget; any other is "
         "never sent twice.",
         "What becomes of calls whose connection is lost.", needs::one_role,
         repeats_are_marked_and_bounded},
    rule{"REC-05", level::must,
         "Where items missed during the cut cannot arrive, the client is told so before any newer "
         "item.",
         "Whether the end of a link reaches streams, and what survives it.", needs::one_role,
         a_stream_says_that_it_was_cut},
    rule{"REC-06", level::must,
         "A server that says \"going away\" gets no new calls; calls already accepted finish.",
         "Whether a drain waits for what was received, and what its go-away overtakes.",
         needs::one_role, a_server_that_goes_away_gets_no_new_calls},
    rule{"REC-07", level::must,
         "A client told not to come back (auth, limit, protocol) does not retry.",
         "Which error an end is reported with, and whether the next connection would meet it.",
         needs::one_role, who_is_told_so_stays_away},
    rule{"REC-08", level::must,
         "The retry budget is reset only after the connection has been healthy for a set time.",
         "When a new connection counts as healthy.", needs::one_role,
         only_health_gives_a_new_budget},
};

}  // namespace

std::span<rule const> reconnect_rules() {
    return rules;
}

}  // namespace trunkline::conformance
