// What holds for a driver on every kind of link: one test suite, instantiated once per transport
// with a way to make links.
#pragma once

#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace trunkline::transport::testing {

/// A kind of link. What keeps the link going besides its two ends may be kept in `extra`.
struct link_kind {
    std::string name;
    std::function<std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>>(
        simulated_runtime&)>
        make;
    std::size_t size_max = 150'000;  ///< of one message; less on links that take a turn per byte
};

inline std::ostream& operator<<(std::ostream& to, link_kind const& kind) {
    return to << kind.name;
}

class driver_rules : public ::testing::TestWithParam<link_kind> {
protected:
    void connect() {
        auto [first, second] = GetParam().make(loop);
        acceptor.start(std::move(second));
        dialer.start(std::move(first));
    }

    // Well beyond every timeout: what has not happened by then does not happen.
    bool wait_for(std::function<bool()> const& done) {
        return loop.run_until(done, std::chrono::minutes(2));
    }

    bool wait_for(outcome const& of) {
        return wait_for([&] { return of.times > 0; });
    }

    simulated_runtime loop;
    peer dialer{loop, rpc::side::dialer};
    peer acceptor{loop, rpc::side::acceptor};
};

TEST_P(driver_rules, calls_are_answered_both_ways_at_every_size) {
    connect();
    for (std::size_t const size :
         {0UL, 1UL, 100UL, 65'520UL, 65'535UL, 65'536UL, 65'537UL, 150'000UL}) {
        if (size > GetParam().size_max) {
            break;
        }
        std::string const body(size, 'x');
        auto const& forth = dialer.call(echo, body);
        ASSERT_TRUE(wait_for(forth)) << size;
        ASSERT_FALSE(forth.error) << size << " " << forth.error.message();
        EXPECT_TRUE(forth.body == body) << size;
        auto const& back = acceptor.call(echo, body);
        ASSERT_TRUE(wait_for(back)) << size;
        EXPECT_TRUE(back.body == body) << size;
    }
    EXPECT_EQ(dialer.states, (states{connection_state::connected}));
}

TEST_P(driver_rules, many_calls_in_flight_get_their_own_answers) {
    connect();
    constexpr int calls = 300;
    for (int number = 0; number < calls; ++number) {
        dialer.call(echo, std::to_string(number));
        acceptor.call(echo, std::to_string(-number));
    }
    ASSERT_TRUE(wait_for([&] { return dialer.requests + acceptor.requests == 2 * calls; }));
    ASSERT_TRUE(wait_for(*dialer.outcomes.back()) && wait_for(*acceptor.outcomes.back()));
    for (int number = 0; number < calls; ++number) {
        auto const index = static_cast<std::size_t>(number);
        EXPECT_EQ(dialer.outcomes[index]->body, std::to_string(number));
        EXPECT_EQ(acceptor.outcomes[index]->body, std::to_string(-number));
        EXPECT_EQ(dialer.outcomes[index]->times, 1);
    }
}

TEST_P(driver_rules, calls_made_before_the_start_are_sent_after_it) {
    auto [first, second] = GetParam().make(loop);
    dialer.attach(std::move(first));
    auto const& early = dialer.call(echo, "early");
    loop.run_for(std::chrono::seconds(1));
    EXPECT_EQ(early.times, 0);
    EXPECT_EQ(dialer.link().state(), connection_state::connecting);
    acceptor.start(std::move(second));
    dialer.link().start();
    ASSERT_TRUE(wait_for(early));
    EXPECT_EQ(early.body, "early");
}

TEST_P(driver_rules, a_late_answer_goes_out_by_itself) {
    connect();
    auto const& call = dialer.call(later, "");
    ASSERT_TRUE(wait_for([&] { return acceptor.kept.size() == 1; }));
    loop.run_for(std::chrono::seconds(1));
    EXPECT_EQ(call.times, 0);
    acceptor.answer_later_calls();
    ASSERT_TRUE(wait_for(call));
    EXPECT_EQ(call.body, "at last");
}

TEST_P(driver_rules, calls_in_parts_flow_both_ways) {
    connect();
    noted_stream answers;
    auto const id = dialer.link().peer().open(parts, {}, answers);
    ASSERT_TRUE(id.has_value());
    for (char const* part : {"one", "two", "three"}) {
        slice piece = text(part);
        ASSERT_TRUE(dialer.link().peer().write(*id, {&piece, 1}).has_value());
    }
    ASSERT_TRUE(wait_for([&] { return answers.parts.size() >= 3; }));
    ASSERT_TRUE(dialer.link().peer().end(*id).has_value());
    ASSERT_TRUE(wait_for([&] { return answers.ends == 1; }));
    EXPECT_EQ(answers.failures, 0);
}

TEST_P(driver_rules, a_close_is_seen_once_by_both_sides_and_fails_what_is_pending) {
    connect();
    auto const& ours = dialer.call(later, "");
    ASSERT_TRUE(wait_for([&] { return acceptor.kept.size() == 1; }));
    auto const& theirs = acceptor.call(later, "");
    ASSERT_TRUE(wait_for([&] { return dialer.kept.size() == 1; }));
    dialer.link().close(close_code::normal, "done");
    EXPECT_EQ(ours.times, 1);
    EXPECT_EQ(ours.error, rpc::rpc_error::connection_lost);
    EXPECT_FALSE(dialer.kept[0].active());
    EXPECT_EQ(dialer.call(echo, "late").error, rpc::rpc_error::not_connected);
    dialer.link().close(close_code::normal, "again");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    EXPECT_EQ(dialer.states, (states{connection_state::connected, connection_state::disconnecting,
                                     connection_state::disconnected}));
    EXPECT_EQ(dialer.cause, transport_error::closed);
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnected);
    EXPECT_EQ(acceptor.cause, transport_error::closed_by_peer);
    EXPECT_EQ(theirs.times, 1);
    EXPECT_EQ(theirs.error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(dialer.link().state(), connection_state::disconnected);
    EXPECT_EQ(dialer.link().peer_name(), "");
}

TEST_P(driver_rules, closing_from_both_sides_at_once_is_no_error) {
    connect();
    ASSERT_TRUE(wait_for(dialer.call(echo, "x")));
    dialer.link().close(close_code::normal, "");
    acceptor.link().close(close_code::going_away, "");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    EXPECT_EQ(dialer.states.back(), connection_state::disconnected);
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnected);
}

TEST_P(driver_rules, what_was_queued_before_a_close_arrives_before_it) {
    connect();
    ASSERT_TRUE(wait_for(dialer.call(echo, "x")));
    acceptor.requests = 0;
    std::string const body(std::min<std::size_t>(30'000, GetParam().size_max), 'y');
    for (int times = 0; times < 5; ++times) {
        dialer.call(echo, body);
    }
    dialer.link().close(close_code::normal, "");
    ASSERT_TRUE(wait_for([&] { return acceptor.over(); }));
    EXPECT_EQ(acceptor.requests, 5);
}

TEST_P(driver_rules, a_drain_answers_what_was_received_and_then_closes) {
    connect();
    std::vector<outcome*> calls;
    for (int number = 0; number < 5; ++number) {
        calls.push_back(&dialer.call(later, ""));
    }
    ASSERT_TRUE(wait_for([&] { return acceptor.kept.size() == 5; }));
    acceptor.link().drain(close_code::going_away, "stopping");
    loop.run_for(std::chrono::seconds(60));
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnecting);
    EXPECT_FALSE(dialer.over());
    acceptor.answer_later_calls();
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    for (outcome const* call : calls) {
        EXPECT_FALSE(call->error);
        EXPECT_EQ(call->body, "at last");
    }
    EXPECT_EQ(acceptor.states, (states{connection_state::connected, connection_state::disconnecting,
                                       connection_state::disconnected}));
    EXPECT_EQ(dialer.states.back(), connection_state::disconnected);
    EXPECT_EQ(dialer.cause, transport_error::closed_by_peer);
}

TEST_P(driver_rules, a_drain_with_nothing_to_do_closes_soon) {
    connect();
    ASSERT_TRUE(wait_for(dialer.call(echo, "x")));
    auto const before = loop.now();
    acceptor.link().drain(close_code::going_away, "");
    acceptor.link().drain(close_code::going_away, "");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    EXPECT_LT(loop.now() - before, std::chrono::milliseconds(500));
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnected);
}

TEST_P(driver_rules, a_drain_from_inside_a_handler_answers_that_request) {
    connect();
    acceptor.on_request = [&] { acceptor.link().drain(close_code::going_away, ""); };
    auto const& call = dialer.call(echo, "last one");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    EXPECT_EQ(call.body, "last one");
}

TEST_P(driver_rules, a_close_ends_a_drain) {
    connect();
    auto const& call = dialer.call(later, "");
    ASSERT_TRUE(wait_for([&] { return acceptor.kept.size() == 1; }));
    acceptor.link().drain(close_code::going_away, "");
    loop.run_for(std::chrono::seconds(1));
    acceptor.link().close(close_code::going_away, "no longer");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    EXPECT_EQ(call.error, rpc::rpc_error::connection_lost);
    EXPECT_FALSE(acceptor.kept[0].active());
}

// Whatever callback destroys a driver: nothing is touched afterwards, every call ends once.

TEST_P(driver_rules, the_observer_may_destroy_the_driver_in_every_state) {
    for (connection_state const when :
         {connection_state::connected, connection_state::disconnecting,
          connection_state::disconnected}) {
        peer first(loop, rpc::side::dialer);
        peer second(loop, rpc::side::acceptor);
        auto [near, far] = GetParam().make(loop);
        second.start(std::move(far));
        first.on_state = [&](connection_state now) {
            if (now == when) {
                first.destroy();
            }
        };
        first.attach(std::move(near));
        auto const& call = first.call(later, "");
        first.link().start();
        if (first.attached()) {
            ASSERT_TRUE(wait_for([&] { return second.kept.size() == 1; }));
            first.link().close(close_code::normal, "");
        }
        ASSERT_TRUE(wait_for([&] { return second.over() && !first.attached(); }));
        EXPECT_EQ(first.states.back(), when);
        EXPECT_EQ(call.times, 1);
    }
}

TEST_P(driver_rules, a_handler_may_destroy_its_driver) {
    connect();
    acceptor.on_request = [&] { acceptor.destroy(); };
    auto const& one = dialer.call(echo, "one");
    auto const& two = dialer.call(echo, "two");
    ASSERT_TRUE(wait_for([&] { return dialer.over(); }));
    EXPECT_EQ(one.times + two.times, 2);
    EXPECT_TRUE(one.error && two.error);
    EXPECT_EQ(acceptor.requests, 1);
}

TEST_P(driver_rules, an_answer_may_destroy_the_driver) {
    connect();
    dialer.on_answer = [&] { dialer.destroy(); };
    auto const& one = dialer.call(echo, "one");
    auto const& two = dialer.call(later, "two");
    ASSERT_TRUE(wait_for([&] { return acceptor.over(); }));
    EXPECT_EQ(one.times, 1);
    EXPECT_EQ(one.body, "one");
    EXPECT_EQ(two.times, 1);
    EXPECT_EQ(two.error, rpc::rpc_error::connection_lost);
}

TEST_P(driver_rules, a_part_may_destroy_the_driver) {
    connect();
    acceptor.on_part = [&] { acceptor.destroy(); };
    noted_stream answers;
    auto const id = dialer.link().peer().open(parts, {}, answers);
    slice piece = text("part");
    ASSERT_TRUE(dialer.link().peer().write(*id, {&piece, 1}).has_value());
    ASSERT_TRUE(wait_for([&] { return dialer.over(); }));
    EXPECT_EQ(answers.ends, 0);
    EXPECT_EQ(answers.failures, 1);
}

TEST_P(driver_rules, a_callback_of_a_lost_call_may_destroy_the_driver) {
    connect();
    dialer.on_answer = [&] { dialer.destroy(); };
    auto const& one = dialer.call(later, "");
    auto const& two = dialer.call(later, "");
    ASSERT_TRUE(wait_for([&] { return acceptor.kept.size() == 2; }));
    acceptor.destroy();
    ASSERT_TRUE(wait_for([&] { return !dialer.attached(); }));
    EXPECT_EQ(one.times, 1);
    EXPECT_EQ(two.times, 1);
}

TEST_P(driver_rules, drivers_leave_nothing_behind) {
    connect();
    ASSERT_TRUE(wait_for(dialer.call(echo, "x")));
    dialer.link().close(close_code::normal, "");
    ASSERT_TRUE(wait_for([&] { return dialer.over() && acceptor.over(); }));
    dialer.destroy();
    acceptor.destroy();
    loop.run_for(std::chrono::seconds(30));
    EXPECT_EQ(loop.pending(), 0U);
}

}  // namespace trunkline::transport::testing
