// What a driver does about silence and about output that makes no progress.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/sweeper.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct keep_alive : driver_fixture {
    void SetUp() override {
        // Off the grid of the sweep, so that nothing is exact by luck.
        loop.run_for(milliseconds(1111));
    }
    void open_with_probe() { open({}, {.half_close = true, .probe = true}); }
    runtime::duration since(runtime::time_point begin, runtime::time_point when) {
        return when - begin;
    }
    void expect_about(runtime::duration measured, runtime::duration wanted) {
        EXPECT_GE(measured, wanted);
        EXPECT_LE(measured, wanted + sweeper::tick);
    }
};

TEST_F(keep_alive, a_silent_peer_is_probed_every_5_s_and_given_up_after_15_s) {
    auto const begin = loop.now();
    open_with_probe();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(begin, loop.now()), seconds(15));
    ASSERT_EQ(notes.probes.size(), 2U);
    expect_about(since(begin, notes.probes[0]), seconds(5));
    expect_about(since(begin, notes.probes[1]), seconds(10));
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, transport_error::silent_peer);
    EXPECT_TRUE(notes.aborted);
    EXPECT_TRUE(notes.destroyed);
}

TEST_F(keep_alive, any_byte_is_a_sign_of_life) {
    open_with_probe();
    std::string const bytes = calls(1, echo, "slowly");
    auto last = loop.now();
    for (char const byte : bytes) {
        loop.run_for(milliseconds(14'900));
        EXPECT_FALSE(near.over());
        far_write({&byte, 1});
        loop.run_until_idle();
        last = loop.now();
    }
    far_read();
    EXPECT_EQ(far.answers, 1);
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(last, loop.now()), seconds(15));
}

TEST_F(keep_alive, a_busy_peer_is_not_probed) {
    open_with_probe();
    for (int times = 0; times < 20; ++times) {
        loop.run_for(milliseconds(4'900));
        far_write(calls(1, echo, ""));
    }
    EXPECT_TRUE(notes.probes.empty());
    EXPECT_FALSE(near.over());
}

TEST_F(keep_alive, silence_is_no_offence_without_a_probe_or_when_it_is_switched_off) {
    near.settings.keep_alive_probes = false;
    open_with_probe();
    peer other(loop, rpc::side::acceptor);
    auto plain = make_simulated_pipe(loop, {});
    other.start(std::make_unique<stream_connection>(std::move(plain.second)));
    loop.run_for(std::chrono::hours(1));
    EXPECT_FALSE(near.over());
    EXPECT_FALSE(other.over());
    EXPECT_TRUE(notes.probes.empty());
}

TEST_F(keep_alive, within_a_frame_silence_is_an_offence_also_without_a_probe) {
    std::string const bytes = calls(2, echo, "x");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        peer one(loop, rpc::side::acceptor);
        auto ends = make_simulated_pipe(loop, {});
        one.start(std::make_unique<stream_connection>(std::move(ends.second)));
        loop.run_for(seconds(7));
        bytes_view const piece = as_bytes(bytes).first(size);
        static_cast<void>(ends.first->write({&piece, 1}));
        loop.run_until_idle();
        auto const begin = loop.now();
        bool const partial = one.link().peer().protocol().mid_frame();
        EXPECT_EQ(loop.run_until([&] { return one.over(); }, seconds(60)), partial) << size;
        if (partial) {
            expect_about(since(begin, loop.now()), seconds(15));
            EXPECT_EQ(one.cause, transport_error::silent_peer) << size;
        }
    }
}

TEST_F(keep_alive, a_peer_that_is_not_read_cannot_be_silent) {
    near.settings.session.limits.unanswered_requests_max = 1;
    open_with_probe();
    far_write(calls(1, later, ""));
    loop.run_for(seconds(100));
    EXPECT_FALSE(near.over());
    // Once it is read again, its time starts anew.
    near.answer_later_calls();
    loop.run_until_idle();
    auto const begin = loop.now();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(begin, loop.now()), seconds(15));
}

TEST_F(keep_alive, a_peer_that_takes_nothing_is_given_up_after_30_s) {
    open({.capacity = 1000}, {.half_close = true});
    auto const begin = loop.now();
    far_write(calls(1, big, "5000"));
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(120)));
    expect_about(since(begin, loop.now()), seconds(30));
    EXPECT_EQ(near.cause, transport_error::write_stalled);
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_TRUE(notes.aborted);
}

TEST_F(keep_alive, progress_however_small_keeps_a_writer_alive) {
    open({.capacity = 1000}, {.half_close = true});
    far_write(calls(1, big, "2000"));
    loop.run_until_idle();
    for (int times = 0; times < 30; ++times) {
        loop.run_for(milliseconds(29'000));
        ASSERT_FALSE(near.over());
        far_read(1);
        loop.run_until_idle();
    }
    auto const begin = loop.now();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(120)));
    expect_about(since(begin, loop.now()), seconds(30));
}

TEST_F(keep_alive, a_close_that_the_peer_ignores_ends_within_its_timeout) {
    for (int phase = 0; phase < 250; phase += 49) {
        loop.run_for(milliseconds(49));
        peer one(loop, rpc::side::acceptor);
        auto pipe_of_one = make_simulated_pipe(loop, {});
        one.start(std::make_unique<stream_connection>(std::move(pipe_of_one.second)));
        loop.run_until_idle();
        auto const begin = loop.now();
        one.link().close(close_code::normal, "");
        ASSERT_TRUE(loop.run_until([&] { return one.over(); }, seconds(60)));
        EXPECT_LE(since(begin, loop.now()), seconds(1));
        EXPECT_GE(since(begin, loop.now()), milliseconds(500));
        EXPECT_EQ(one.states.back(), connection_state::disconnected);
        EXPECT_TRUE(pipe_of_one.control->counters(pipe_end::second).closed);
    }
}

// It may not read its peer, and so answer no ping: its own pings show that it lives.
TEST_F(keep_alive, a_draining_side_probes_every_5_s) {
    open_with_probe();
    far_write(calls(1, later, ""));
    loop.run_until_idle();
    auto last = loop.now();
    near.link().drain(close_code::going_away, "");
    loop.run_for(milliseconds(21'500));
    EXPECT_FALSE(near.over());
    ASSERT_EQ(notes.probes.size(), 4U);
    for (auto const when : notes.probes) {
        expect_about(since(last, when), seconds(5));
        last = when;
    }
}

TEST_F(keep_alive, a_drain_with_nothing_to_do_says_nothing_before_its_close) {
    open_with_probe();
    near.link().drain(close_code::going_away, "");
    loop.run_for(seconds(1));
    EXPECT_EQ(notes.closes.size(), 1U);
    EXPECT_TRUE(notes.probes.empty());
}

}  // namespace
}  // namespace trunkline::transport::testing
