// Drivers whose peer is slower than they are, or asks more than it may.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace trunkline::transport::testing {
namespace {

using std::chrono::seconds;

struct backpressure : driver_fixture {};

TEST_F(backpressure, a_peer_that_does_not_read_is_not_read) {
    constexpr int asked = 2000;
    open({.capacity = 128 * kib});
    // 20 KB of answers for each 40 bytes asked: 40 MB in all, for a peer that reads nothing.
    std::string const batch = calls(asked, big, "20000");
    std::size_t sent = 0;
    for (int times = 0; times < 50; ++times) {
        sent += far_write(std::string_view(batch).substr(sent)).size;
        loop.run_until_idle();
    }
    auto& session = near.link().peer().protocol();
    EXPECT_GT(session.output().size(), 1 * mib);
    EXPECT_LE(session.output().size(), 1 * mib + 32 * kib);
    EXPECT_LT(near.requests, asked / 10);
    EXPECT_LE(near_did().read_size, read_buffer_size);
    // It reads again: everything is answered, without further action.
    for (int turns = 0; turns < 100'000 && far.answers < asked; ++turns) {
        sent += sent < batch.size() ? far_write(std::string_view(batch).substr(sent)).size : 0;
        far_read();
        loop.run_until_idle();
        ASSERT_LE(session.output().size(), 1 * mib + 32 * kib);
    }
    EXPECT_EQ(far.answers, asked);
    EXPECT_EQ(far.answer_bytes, asked * 20'000U);
    EXPECT_EQ(near.states, (states{connection_state::connected}));
}

TEST_F(backpressure, too_many_unanswered_requests_stop_the_reading_until_they_are_answered) {
    near.settings.session.limits.unanswered_requests_max = 10;
    open();
    far_write(calls(25, later, ""));
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 10);
    near.answer_later_calls();
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 20);
    near.answer_later_calls();
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 25);
    near.answer_later_calls();
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(far.answers, 25);
}

TEST_F(backpressure, large_output_is_spread_over_turns) {
    open({.capacity = 16 * mib});
    far_write(calls(1, big, "8000000"));
    std::size_t largest = 0;
    std::uint64_t seen = 0;
    while (loop.run_one() && near_did().write_size < 8'000'000) {
        largest = std::max<std::size_t>(largest, near_did().write_size - seen);
        seen = near_did().write_size;
    }
    far_read(16 * mib);
    EXPECT_EQ(far.answer_bytes, 8'000'000U);
    EXPECT_LE(largest, 2 * mib);
}

// What is asked while a large answer is on its way is answered behind the frame that was begun.
TEST_F(backpressure, a_small_answer_does_not_wait_for_a_large_one) {
    constexpr std::size_t capacity = 32 * kib;
    open({.capacity = capacity});
    far_write(calls(1, big, "1000000"));
    loop.run_until_idle();
    far_write(calls(1, echo, "small"));
    loop.run_until_idle();
    std::size_t before = 0;
    while (far.answers == 0) {
        std::size_t const size = far_read(1'000);
        ASSERT_GT(size, 0U);
        before += size;
        loop.run_until_idle();
    }
    EXPECT_EQ(far.answer_bytes, 5U);
    EXPECT_LE(before, capacity + chunk_size + 2'000);
    while (far.answers == 1 && far_read() > 0) {
        loop.run_until_idle();
    }
    EXPECT_EQ(far.answer_bytes, 1'000'005U);
}

// Each side has far more to ask than the marks and the link can hold.
TEST_F(backpressure, two_sides_that_ask_at_once_do_not_wait_for_each_other) {
    auto ends = make_simulated_pipe(loop, {.capacity = 1 * kib});
    peer one(loop, rpc::side::dialer);
    peer two(loop, rpc::side::acceptor);
    two.start(std::make_unique<stream_connection>(std::move(ends.second)));
    one.start(std::make_unique<stream_connection>(std::move(ends.first)));
    one.call(echo, "");
    loop.run_for(seconds(1));
    std::string const large(600'000, 'x');
    for (int number = 0; number < 10; ++number) {
        one.call(later, large);
        two.call(later, large);
    }
    loop.run_for(seconds(1));
    EXPECT_EQ(one.kept.size(), 10U);
    EXPECT_EQ(two.kept.size(), 10U);
    one.answer_later_calls();
    two.answer_later_calls();
    loop.run_for(seconds(1));
    for (peer const* side : {&one, &two}) {
        EXPECT_EQ(side->states, (states{connection_state::connected}));
        EXPECT_EQ(side->outcomes.back()->times, 1);
        EXPECT_FALSE(side->outcomes.back()->error);
    }
}

// Two that both call and serve, on a link that holds next to nothing.
class both_ways : public ::testing::TestWithParam<bool> {
protected:
    void open() {
        for (peer* const each : {&one, &two}) {
            each->settings.session.layout = frame::layout::b;
            each->settings.session.extended = GetParam();
        }
        auto ends = make_simulated_pipe(loop, {.capacity = 1 * kib});
        two.start(std::make_unique<stream_connection>(std::move(ends.second)));
        one.start(std::make_unique<stream_connection>(std::move(ends.first)));
        loop.run_until_idle();
    }

    std::size_t queued() {
        return std::max(one.link().peer().protocol().output_size(),
                        two.link().peer().protocol().output_size());
    }

    simulated_runtime loop;
    peer one{loop, rpc::side::dialer};
    peer two{loop, rpc::side::acceptor};
};

INSTANTIATE_TEST_SUITE_P(extension, both_ways, ::testing::Bool(),
                         [](auto const& of) { return std::string(of.param ? "with" : "without"); });

// The answers of each are many times what its output and the link hold.
TEST_P(both_ways, FLO_04_two_sides_that_answer_much_both_finish) {
    open();
    for (int number = 0; number < 40; ++number) {
        one.call(big, "400000");
        two.call(big, "400000");
    }
    std::size_t most = 0;
    while (loop.now().time_since_epoch() < seconds(60) && loop.run_one()) {
        most = std::max(most, queued());
    }
    for (peer const* side : {&one, &two}) {
        EXPECT_EQ(side->states, (states{connection_state::connected}));
        for (auto const& each : side->outcomes) {
            EXPECT_EQ(each->body.size(), 400'000U);
        }
    }
    EXPECT_LE(most, 1 * mib + 500'000U);
}

// Each answer alone is above the mark.
TEST_P(both_ways, FLO_04_two_sides_with_large_answers_both_finish) {
    open();
    for (int number = 0; number < 3; ++number) {
        one.call(big, "3000000");
        two.call(big, "3000000");
    }
    loop.run_until_idle();
    for (peer const* side : {&one, &two}) {
        EXPECT_EQ(side->requests, 3);
        for (auto const& each : side->outcomes) {
            EXPECT_EQ(each->body.size(), 3'000'000U);
        }
    }
}

// Handlers that answer when they have been answered themselves.
TEST_P(both_ways, FLO_04_two_sides_whose_handlers_call_back_both_finish) {
    open();
    for (peer* const each : {&one, &two}) {
        each->on_answer = [each] { each->answer_later_calls(); };
    }
    for (int number = 0; number < 200; ++number) {
        one.call(later, "");
        two.call(later, "");
        one.call(big, "50000");
        two.call(big, "50000");
    }
    loop.run_until_idle();
    for (peer* const side : {&one, &two}) {
        side->answer_later_calls();
    }
    loop.run_until_idle();
    for (peer const* side : {&one, &two}) {
        for (auto const& each : side->outcomes) {
            EXPECT_EQ(each->times, 1);
            EXPECT_FALSE(each->error);
            EXPECT_EQ(each->code, rpc::status::success);
        }
    }
}

struct unread_answers : driver_fixture {};

// A call of ours waits for a peer that asks on and reads nothing.
TEST_F(unread_answers, of_a_peer_that_owes_one_are_few) {
    open({.capacity = 128 * kib});
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    near.call(later, "for ever");
    auto& session = near.link().peer().protocol();
    std::string const batch =
        calls(2000, big, "20000") + calls(40'000, echo, std::string(100, 'q'));
    std::size_t sent = 0;
    std::size_t most = 0;
    std::size_t held = 0;
    for (std::size_t before = 1; sent != before;) {
        before = sent;
        sent += far_write(std::string_view(batch).substr(sent)).size;
        loop.run_until_idle();
        most = std::max(most, session.output_size());
        held = std::max(held, session.held_size());
    }
    EXPECT_LT(sent, batch.size()) << "it is read for ever";
    EXPECT_LE(near.requests, 60);
    EXPECT_LE(most, 2 * mib + 100 * kib);
    EXPECT_LE(held, 6 * mib);
    // Now it reads: all that was taken is answered, if only by a refusal.
    int asked = 0;
    for (int turns = 0; turns < 200'000 && (sent < batch.size() || far.answers > asked); ++turns) {
        asked = far.answers;
        far_read();
        sent += sent < batch.size() ? far_write(std::string_view(batch).substr(sent)).size : 0;
        loop.run_until_idle();
    }
    EXPECT_EQ(far.answers, 42'001);
    EXPECT_EQ(near.states, (states{connection_state::connected}));
}

}  // namespace
}  // namespace trunkline::transport::testing
