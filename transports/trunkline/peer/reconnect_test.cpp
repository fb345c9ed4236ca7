// Clients that come back: the family REC of the catalogue, and how far a lost call had come.
#include <trunkline/peer/reconnect.hpp>

#include <trunkline/peer/test_far_end.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/tls/refusal.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <boost/asio/ssl/error.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using transport::connection_state;

class reconnect : public ::testing::Test {
protected:
    /// What a client was told, in letters: c(onnecting) C(onnected) D(isconnected) E(rror).
    [[nodiscard]] auto noting() {
        return [this](connection_state state, error_code why) {
            constexpr std::string_view letters = "cCdDE";
            states += letters[static_cast<std::size_t>(state)];
            last_why = why;
        };
    }

    far_end far;
    std::string states;
    error_code last_why;
};

TEST_F(reconnect, REC_01_the_next_call_succeeds_after_a_lost_connection) {
    far.handle(echo, echoed);
    auto const client = far.client().on_state(noting()).reconnect({.seed = 1}).connect().value();
    peer const handle = client;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(handle.call(echo, {"hello"}).value()->value, "hello");
        far.cut();
        far.loop.run_for(1us);
        EXPECT_FALSE(handle.is_connected());
        EXPECT_TRUE(handle.is_reconnecting());
        EXPECT_EQ(handle.call(echo, {"again"}).value()->value, "again");
        EXPECT_TRUE(handle.is_connected());
        EXPECT_FALSE(handle.is_reconnecting());
    }
    EXPECT_EQ(states, "cCEcCEcCEcC");
    EXPECT_EQ(handle, client);
}

TEST_F(reconnect, REC_01_a_client_that_was_not_asked_to_stays_away) {
    far.handle(echo, echoed);
    auto const client = far.client().on_state(noting()).connect().value();
    far.cut();
    far.loop.run_for(24h);
    EXPECT_EQ(states, "cCE");
    EXPECT_FALSE(client.is_reconnecting());
    auto const failed = client.call(echo, {"x"}).error();
    EXPECT_EQ(failed.error, rpc::rpc_error::not_connected);
    EXPECT_EQ(failed.progress, call_progress::not_sent);
}

TEST_F(reconnect, REC_01_handlers_of_the_client_are_called_on_the_next_connection) {
    peer joined;
    far.settings.on_connected = [&](peer one) { joined = std::move(one); };
    auto const client = far.client().handle(echo, echoed).reconnect({.seed = 1}).connect().value();
    far.cut();
    far.loop.run_for(10s);
    EXPECT_EQ(joined.call(echo, {"you"}).value()->value, "you");
}

// The waits of one client: each within what it may be, the longest growing up to the bound.
TEST(reconnect_waits, REC_02_they_grow_and_are_bounded) {
    reconnect_options const fixed{.first_wait = 100ms, .wait_max = 1s, .growth = 2, .jitter = 0};
    peers::reconnect_waits waits(fixed);
    for (auto const expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        EXPECT_EQ(waits.next(), expected);
    }
    waits.reset();
    EXPECT_EQ(waits.next(), 100ms);
    reconnect_options half{fixed};
    half.jitter = 0.5;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        half.seed = seed;
        auto const first = peers::reconnect_waits(half).next();
        EXPECT_GE(first, 50ms);
        EXPECT_LE(first, 100ms);
    }
}

TEST(reconnect_waits, REC_02_each_client_draws_its_own) {
    reconnect_options const options;
    EXPECT_NE(peers::reconnect_waits(options).next(), peers::reconnect_waits(options).next());
    reconnect_options const same{.seed = 7};
    EXPECT_EQ(peers::reconnect_waits(same).next(), peers::reconnect_waits(same).next());
}

TEST_F(reconnect, REC_02_ten_thousand_clients_come_back_spread) {
    constexpr std::size_t crowd = 10'000;
    std::vector<rpc_client> clients;
    clients.reserve(crowd);
    for (std::size_t i = 0; i < crowd; ++i) {
        clients.push_back(far.client().reconnect({.first_wait = 10s, .seed = i}).connect().value());
    }
    far.accepted.clear();
    auto const begin = far.loop.now();
    far.cut();
    far.loop.run_for(11s);
    ASSERT_EQ(far.accepted.size(), crowd);
    std::array<std::size_t, 10> tenths{};
    for (auto const at : far.accepted) {
        ++tenths[std::min<std::size_t>(9, static_cast<std::size_t>((at - begin) / 1s))];
    }
    for (std::size_t const each : tenths) {  // a thousand is expected, thirty its deviation
        EXPECT_NEAR(static_cast<double>(each), 1000, 200);
    }
}

TEST_F(reconnect, REC_03_calls_in_flight_may_have_been_executed) {
    int executed = 0;
    far.handle(never, [&](received<text> said, call_context context) {
        ++executed;
        return waits(std::move(said), std::move(context));
    });
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    auto const call = begin_call(far.loop, client, never, "x");
    far.loop.run_for(1ms);
    far.cut();
    far.loop.run_for(20s);
    EXPECT_EQ(call->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(call->progress, call_progress::maybe_executed);
    EXPECT_EQ(executed, 1);
}

TEST_F(reconnect, REC_03_the_gap_can_be_refused) {
    far.handle(echo, echoed);
    auto const client = far.client().reconnect({.seed = 1, .calls_wait = false}).connect().value();
    far.cut();
    far.loop.run_for(1us);
    auto const call = begin_call(far.loop, client, echo, "x");
    far.loop.run_for(0us);
    EXPECT_EQ(call->error, rpc::rpc_error::not_connected);
    EXPECT_EQ(call->progress, call_progress::not_sent);
}

/// Two calls, one behind the other on a link that takes byte by byte.
struct two_calls {
    std::shared_ptr<outcome> first, second;
    std::vector<std::string> executed;
    std::size_t read = 0;
};

two_calls cut_after(std::size_t position, bool comes_back) {
    far_end far(1);
    two_calls made;
    far.handle(echo, [&](text const& said) {
        made.executed.push_back(said.value);
        return said;
    });
    auto builder = far.client();
    if (comes_back) {
        builder.reconnect({.seed = position});
    }
    auto const client = builder.connect().value();
    far.faults.readable = position;
    made.first = begin_call(far.loop, client, echo, "first");
    made.second = begin_call(far.loop, client, echo, "second");
    while (!far.faults.links.empty() && !made.second->has_ended()) {
        far.loop.run_for(1ms);
    }
    made.read = far.faults.read;
    far.faults.readable = std::numeric_limits<std::size_t>::max();
    far.loop.run_for(40s);
    EXPECT_TRUE(made.first->has_ended() && made.second->has_ended()) << position;
    return made;
}

std::ptrdiff_t times(two_calls const& of, std::string_view what) {
    return std::count(of.executed.begin(), of.executed.end(), what);
}

// Where the link broke is known to a byte: it takes one beyond what has been read.
void expect_told_apart(outcome const& call, std::ptrdiff_t executed, std::size_t begin,
                       std::size_t read) {
    if (call.said) {
        EXPECT_EQ(executed, 1) << read;
        return;
    }
    EXPECT_EQ(call.error, rpc::rpc_error::connection_lost) << read;
    if (read != begin) {
        EXPECT_EQ(call.progress,
                  read < begin ? call_progress::not_sent : call_progress::maybe_executed)
            << read;
    }
    if (call.progress == call_progress::not_sent) {
        EXPECT_EQ(executed, 0) << read;
    }
    EXPECT_LE(executed, 1) << read;
}

TEST(reconnect_cut, FLT_01_REC_03_not_sent_is_told_from_maybe_executed_at_every_byte) {
    std::size_t const whole = cut_after(std::numeric_limits<std::size_t>::max(), false).read;
    ASSERT_GT(whole, 60U);
    std::size_t second_begin = 0;  // where the answer to the first is possible
    while (times(cut_after(second_begin, false), "first") == 0) {
        ++second_begin;
    }
    ASSERT_LT(second_begin, whole);
    std::size_t not_sent = 0;
    for (std::size_t position = 0; position < whole; ++position) {
        auto const got = cut_after(position, false);
        expect_told_apart(*got.first, times(got, "first"), 0, got.read);
        expect_told_apart(*got.second, times(got, "second"), second_begin, got.read);
        not_sent += got.second->progress == call_progress::not_sent ? 1 : 0;
    }
    EXPECT_GE(not_sent, second_begin - 1);
}

// What was not sent goes out on the next connection by itself; nothing is ever done twice.
TEST(reconnect_cut, FLT_01_REC_04_what_is_not_marked_is_never_sent_twice) {
    std::size_t const whole = cut_after(std::numeric_limits<std::size_t>::max(), true).read;
    std::size_t sent_later = 0;
    for (std::size_t position = 0; position < whole; ++position) {
        auto const got = cut_after(position, true);
        for (auto const& [call, name] :
             {std::pair(got.first, "first"), std::pair(got.second, "second")}) {
            EXPECT_LE(times(got, name), 1) << position;
            if (call->said) {
                EXPECT_EQ(times(got, name), 1) << position;
            } else {
                EXPECT_EQ(call->error, rpc::rpc_error::connection_lost);
                EXPECT_EQ(call->progress, call_progress::maybe_executed) << position;
            }
        }
        sent_later += !got.first->said && got.second->said ? 1 : 0;
    }
    EXPECT_GT(sent_later, 20U);
}

TEST_F(reconnect, REC_04_a_call_marked_as_repeatable_is_made_again) {
    int executed = 0;
    far.handle(echo, [&](text const& said) {
        if (++executed < 3) {
            far.cut();
        }
        return said;
    });
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    auto const marked = begin_call(far.loop, client, echo, "x", {.repeatable = true});
    far.loop.run_for(29s);
    EXPECT_EQ(marked->said, "x");
    EXPECT_EQ(executed, 3);
    executed = 0;
    auto const unmarked = begin_call(far.loop, client, echo, "y");
    far.loop.run_for(29s);
    EXPECT_EQ(unmarked->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(unmarked->progress, call_progress::maybe_executed);
    EXPECT_EQ(executed, 1);
}

TEST_F(reconnect, REC_04_repeating_ends_with_the_deadline) {
    int executed = 0;
    far.handle(echo, [&](text const& said) {
        ++executed;
        far.cut();
        far.reachable(false);
        return said;
    });
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    auto const begin = far.loop.now();
    auto const call = begin_call(far.loop, client, echo, "x", {.timeout = 5s, .repeatable = true});
    far.loop.run_for(20s);
    EXPECT_EQ(call->error, call_error::deadline_passed);
    EXPECT_EQ(call->progress, call_progress::maybe_executed);
    EXPECT_EQ(call->at - begin, 5s);
    EXPECT_EQ(executed, 1);
}

TEST_F(reconnect, REC_04_repeating_ends_with_its_attempts_and_its_budget) {
    int executed = 0;
    far.handle(echo, [&](text const& said) {
        ++executed;
        far.cut();
        return said;
    });
    auto const attempts = [&](retry_options const& options) {
        executed = 0;
        auto const client = far.client()
                                .default_timeout(0ms)
                                .reconnect({.first_wait = 1ms, .seed = 1})
                                .retries(options)
                                .connect()
                                .value();
        auto const call = begin_call(far.loop, client, echo, "x", {.repeatable = true});
        far.loop.run_for(1h);
        EXPECT_EQ(call->error, rpc::rpc_error::connection_lost);
        return executed;
    };
    EXPECT_EQ(attempts({.attempts_max = 3}), 3);
    EXPECT_EQ(attempts({.tokens = 10, .attempts_max = 100}), 5);  // more than half of ten: four
    EXPECT_EQ(attempts({.tokens = 2, .attempts_max = 100}), 1);
}

TEST(retry_budget, REC_04_answers_fill_it_again) {
    peers::retry_budget budget({.tokens = 4, .tokens_per_answer = 0.5});
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
    EXPECT_FALSE(budget.take());
    for (int i = 0; i < 2; ++i) {
        budget.answered();
    }
    EXPECT_FALSE(budget.take());
    for (int i = 0; i < 100; ++i) {
        budget.answered();
    }
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
}

/// As OpenSSL tells of one that has come.
error_code alert(int number) {
    return {static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + number)),
            boost::asio::error::get_ssl_category()};
}

TEST(reconnect_policy, REC_07_ends_that_the_next_connection_would_meet_are_final) {
    using rpc::rpc_error;
    using transport::transport_error;
    using websocket::upgrade_error;
    std::vector<error_code> const final_ones{
        transport_error::closed,
        transport_error::rejected_by_peer,
        transport_error::protocol_error,
        transport_error::message_too_big,
        transport_error::invalid_endpoint,
        transport_error::handshake_refused,
        rpc_error::frame_too_large,
        rpc_error::too_many_protocol_errors,
        rpc_error::no_layout,
        error_code(X509_V_ERR_HOSTNAME_MISMATCH, tls::verify_category()),
        alert(SSL_AD_UNKNOWN_CA),
        alert(SSL_AD_DECRYPT_ERROR),
        alert(SSL_AD_CERTIFICATE_REQUIRED),
        upgrade_error::not_switching,
        upgrade_error::wrong_accept_key};
    for (error_code const each : final_ones) {
        EXPECT_FALSE(peers::may_reconnect_after(each)) << each.message();
    }
    std::vector<error_code> const others{
        transport_error::closed_by_peer,      transport_error::link_lost,
        transport_error::silent_peer,         transport_error::write_stalled,
        transport_error::handshake_timeout,   upgrade_error::unavailable,
        alert(SSL_AD_INTERNAL_ERROR),         boost::asio::ssl::error::stream_truncated,
        boost::asio::error::connection_reset, boost::asio::error::connection_refused,
        boost::asio::error::host_not_found};
    for (error_code const each : others) {
        EXPECT_TRUE(peers::may_reconnect_after(each)) << each.message();
    }
}

TEST_F(reconnect, REC_07_a_client_that_was_closed_stays_away) {
    auto const client = far.client().on_state(noting()).reconnect({.seed = 1}).connect().value();
    client.close();
    far.loop.run_for(1h);
    EXPECT_EQ(states, "cCdD");
    EXPECT_EQ(far.accepted.size(), 1U);
}

TEST_F(reconnect, REC_07_closing_in_the_gap_ends_it) {
    far.handle(echo, echoed);
    auto const client = far.client().on_state(noting()).reconnect({.seed = 1}).connect().value();
    far.cut();
    far.loop.run_for(1us);
    auto const call = begin_call(far.loop, client, echo, "x");
    client.close();
    far.loop.run_for(1h);
    EXPECT_EQ(call->error, rpc::rpc_error::not_connected);
    EXPECT_EQ(call->progress, call_progress::not_sent);
    EXPECT_EQ(states, "cCED");
    EXPECT_EQ(last_why, transport::transport_error::closed);
    EXPECT_FALSE(client.is_reconnecting());
}

TEST_F(reconnect, REC_07_a_client_destroyed_in_the_gap_ends_its_calls) {
    far.handle(echo, echoed);
    std::optional<rpc_client> client(far.client().reconnect({.seed = 1}).connect().value());
    far.cut();
    far.loop.run_for(1us);
    auto const call = begin_call(far.loop, *client, echo, "x");
    client.reset();
    far.loop.run_for(1h);
    EXPECT_EQ(call->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(call->progress, call_progress::not_sent);
    EXPECT_EQ(far.accepted.size(), 1U);
}

TEST_F(reconnect, REC_07_a_client_may_be_destroyed_by_every_state) {
    for (std::size_t at = 3; at <= 8; ++at) {
        std::optional<rpc_client> client;
        std::size_t told = 0;
        client.emplace(far.client()
                           .on_state([&](auto, auto) {
                               if (++told == at) {
                                   client.reset();
                               }
                           })
                           .reconnect({.seed = 1})
                           .connect()
                           .value());
        for (int i = 0; i < 3 && client; ++i) {
            far.cut();
            far.loop.run_for(10s);
        }
        EXPECT_FALSE(client.has_value()) << at;
        EXPECT_EQ(told, at);
    }
}

TEST_F(reconnect, REC_08_the_budget_is_spent) {
    far.handle(echo, echoed);
    auto const client =
        far.client().on_state(noting()).reconnect({.budget = 3, .seed = 1}).connect().value();
    far.reachable(false);
    far.cut();
    far.loop.run_for(1us);
    auto const call = begin_call(far.loop, client, echo, "x", {.timeout = 0ms});
    far.loop.run_for(1h);
    EXPECT_EQ(states,
              "cCE"
              "cE"
              "cE"
              "cE"
              "E");
    EXPECT_EQ(last_why, call_error::not_coming_back);
    EXPECT_EQ(call->error, rpc::rpc_error::not_connected);
    EXPECT_EQ(call->progress, call_progress::not_sent);
    EXPECT_FALSE(client.is_reconnecting());
}

TEST_F(reconnect, REC_08_the_budget_begins_anew_only_after_a_healthy_time) {
    auto const tries_until_gone = [&](std::chrono::seconds lasting) {
        std::size_t const before = far.accepted.size();
        auto const client = far.client()
                                .reconnect({.budget = 3, .healthy_after = 10s, .seed = 1})
                                .connect()
                                .value();
        for (int i = 0; i < 20 && (client.is_connected() || client.is_reconnecting()); ++i) {
            while (client.is_reconnecting()) {
                far.loop.run_for(1ms);
            }
            far.loop.run_for(lasting);
            far.cut();
            far.loop.run_for(1us);
        }
        return far.accepted.size() - before;
    };
    EXPECT_EQ(tries_until_gone(9s), 4U);
    EXPECT_GT(tries_until_gone(10s), 15U);
}

TEST_F(reconnect, REC_01_what_waits_is_bounded_in_calls_and_bytes) {
    far.handle(echo, echoed);
    auto const client =
        far.client()
            .reconnect({.seed = 1, .waiting_calls_max = 10, .waiting_size_max = 1000})
            .connect()
            .value();
    for (std::size_t const size : {10U, 200U}) {
        far.cut();
        far.loop.run_for(1us);
        std::vector<std::shared_ptr<outcome>> calls;
        for (int i = 0; i < 12; ++i) {
            calls.push_back(begin_call(far.loop, client, echo, std::string(size, 'x')));
        }
        far.loop.run_for(20s);
        std::size_t const room = size == 10 ? 10 : 4;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            EXPECT_EQ(calls[i]->said.has_value(), i < room) << i;
            if (i >= room) {
                EXPECT_EQ(calls[i]->error, rpc::rpc_error::queue_full);
                EXPECT_EQ(calls[i]->progress, call_progress::not_sent);
            }
        }
    }
}

TEST_F(reconnect, REC_01_calls_of_the_gap_keep_their_order) {
    std::string order;
    far.handle(echo, [&](text const& said) {
        order += said.value;
        return said;
    });
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    far.cut();
    far.loop.run_for(1us);
    std::vector<std::shared_ptr<outcome>> calls;
    for (char const each : std::string("abcdefgh")) {
        calls.push_back(begin_call(far.loop, client, echo, std::string(1, each)));
    }
    far.loop.run_for(20s);
    EXPECT_EQ(order, "abcdefgh");
}

TEST_F(reconnect, REC_01_a_stream_opened_in_the_gap_begins_on_the_next_connection) {
    constexpr typed::client_stream<text, text> join{"join"};
    far.handle(join, [](stream_reader<text>& from, call_context) -> boost::asio::awaitable<text> {
        text all;
        for (;;) {
            auto const next = co_await from.async_read(boost::asio::use_awaitable);
            if (!next || !*next) {
                co_return all;
            }
            all.value += (**next)->value;
        }
    });
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    far.cut();
    far.loop.run_for(1us);
    auto upload = client.open(join);
    upload.to.async_write({"one "}, [](auto) {});
    upload.to.async_write({"two"}, [](auto) {});
    upload.to.finish();
    EXPECT_EQ(upload.answer.get().value()->value, "one two");
}

class reconnect_over : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, reconnect_over, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(reconnect_over, REC_01_a_server_that_was_restarted_is_found_again) {
    std::optional<rpc_server> server(a_server().handle(echo, echoed).start().value());
    std::string const where = server->endpoints().front();
    auto const client = a_client(*server)
                            .default_timeout(patience)
                            .reconnect({.first_wait = 2ms, .wait_max = 20ms, .budget = 100'000})
                            .connect()
                            .value();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
        server.reset();
        rpc_server::builder again;
        again.listen(where).over(names_).certificates(parties().serving).handle(echo, echoed);
        server.emplace(again.start().value());
    }
    // Marked, as the end of the old connection may be noticed behind it.
    EXPECT_EQ(client.call(echo, {"back"}, {.repeatable = true}).value()->value, "back");
}

TEST(reconnect_websocket, REC_07_a_client_closed_for_its_fault_stays_away) {
    auto const server =
        rpc_server::builder()
            .listen("ws://127.0.0.1:0/ws")
            .handle(echo,
                    [](text const& said, call_context context) {
                        context.caller.close(transport::close_code::policy_violation, "no");
                        return said;
                    })
            .start()
            .value();
    seen<state_change> states;
    auto const client = rpc_client::builder(server.endpoints().front())
                            .reconnect({.first_wait = 1ms})
                            .on_state([&](auto state, auto why) { states.add({state, why}); })
                            .connect()
                            .value();
    EXPECT_FALSE(client.call(echo, {"x"}).has_value());
    auto const told = states.wait_for_last([](state_change const& each) {
        return each.state == connection_state::error ||
               each.state == connection_state::disconnected;
    });
    EXPECT_EQ(told.back().why, transport::transport_error::rejected_by_peer);
    EXPECT_FALSE(client.is_reconnecting());
}

}  // namespace
}  // namespace trunkline
