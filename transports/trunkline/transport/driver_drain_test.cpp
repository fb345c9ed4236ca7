// Drains: no request that was received stays without its answer.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct drain : driver_fixture {};

TEST_F(drain, reads_what_has_arrived_and_nothing_after_it) {
    open();
    far_write(calls(2, echo, "in time"));
    near.link().drain(close_code::going_away, "");
    loop.run_for(seconds(1));
    far_write(calls(2, echo, "too late"));
    loop.run_for(seconds(2));
    far_read();
    EXPECT_EQ(far.answers, 2);
    EXPECT_EQ(near.requests, 2);
    EXPECT_TRUE(near.over());
}

TEST_F(drain, answers_a_request_that_was_on_its_way) {
    open();
    std::string const bytes = calls(1, echo, "nearly late");
    far_write(std::string_view(bytes).substr(0, 20));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    loop.run_for(near.settings.limits.drain_quiet / 2);
    EXPECT_FALSE(near.over());
    far_write(std::string_view(bytes).substr(20));
    loop.run_for(seconds(2));
    far_read();
    EXPECT_EQ(far.answers, 1);
    EXPECT_TRUE(near.over());
}

TEST_F(drain, answers_and_closes_in_one_piece) {
    open();
    near.link().drain(close_code::going_away, "");
    loop.run_for(near.settings.limits.drain_quiet / 4);
    far_read();
    EXPECT_NE(far_status, io_status::end);
    far_write(calls(1, echo, "a request"));
    for (int looks = 0; looks < 1000 && far.answers == 0; ++looks) {
        loop.run_for(milliseconds(1));
        far_read();
    }
    EXPECT_EQ(far.answers, 1);
    EXPECT_EQ(far_status, io_status::end);
}

// Several callers on one connection: none has a call on its way when the others are answered.
TEST_F(drain, answers_what_comes_while_answers_wait) {
    open();
    far_write(calls(1, echo, "first"));
    near.link().drain(close_code::going_away, "");
    for (int more = 0; more < 3; ++more) {
        loop.run_for(near.settings.limits.drain_quiet / 2);
        far_read();
        EXPECT_EQ(far.answers, 0);
        EXPECT_NE(far_status, io_status::end);
        far_write(calls(1, echo, "another"));
    }
    loop.run_for(seconds(1));
    far_read();
    EXPECT_EQ(far.answers, 4);
    EXPECT_EQ(far_status, io_status::end);
}

TEST_F(drain, does_not_wait_for_a_peer_that_never_pauses) {
    open();
    near.link().drain(close_code::going_away, "");
    int sent = 0;
    for (; sent < 100 && far_status != io_status::end; ++sent) {
        far_write(calls(1, echo, "again"));
        loop.run_for(near.settings.limits.drain_quiet / 10);
        far_read();
    }
    EXPECT_GE(sent, 20);
    EXPECT_LE(sent, 22);
    EXPECT_EQ(far.answers, sent);
}

TEST_F(drain, holds_no_more_than_the_mark) {
    open();
    near.link().drain(close_code::going_away, "");
    std::size_t const size = near.settings.session.limits.output_owned_mark / 2;
    far_write(calls(4, big, std::to_string(size)));
    loop.run_for(near.settings.limits.drain_quiet / 4);
    EXPECT_GT(far_read(), 0U);
    for (int looks = 0; looks < 10'000 && far_status != io_status::end; ++looks) {
        loop.run_for(milliseconds(1));
        far_read();
    }
    EXPECT_EQ(far.answers, 4);
}

TEST_F(drain, flushes_to_a_slow_reader_before_it_closes) {
    open({.capacity = 1000});
    far_write(calls(1, big, "20000"));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    for (int times = 0; times < 100 && !near.over(); ++times) {
        loop.run_for(seconds(1));
        far_read(500);
    }
    far_read();
    EXPECT_EQ(far.answers, 1);
    EXPECT_EQ(near.states.back(), connection_state::disconnected);
}

TEST_F(drain, does_not_wait_for_a_request_whose_rest_never_came) {
    open();
    std::string const bytes = calls(1, echo, "half");
    far_write(std::string_view(bytes).substr(0, bytes.size() - 3));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    loop.run_for(seconds(1));
    EXPECT_TRUE(near.over());
    EXPECT_EQ(near.requests, 0);
}

// One turn takes 256 KiB; the first of them ends between two calls.
TEST_F(drain, reads_all_that_has_arrived_however_many_turns_that_takes) {
    open({.capacity = 4 * mib});
    std::size_t const around = calls(1, echo, "").size();
    std::string const batch = calls(300, echo, std::string(1 * kib - around, 'x'));
    ASSERT_EQ(batch.size(), 300 * kib);
    ASSERT_EQ(far_write(batch).size, batch.size());
    near.link().drain(close_code::going_away, "");
    loop.run_for(seconds(1));
    far_read();
    EXPECT_EQ(far.answers, 300);
    EXPECT_EQ(far_status, io_status::end);
    loop.run_for(seconds(1));
    EXPECT_TRUE(near.over());
    EXPECT_EQ(near.cause, transport_error::closed);
}

TEST_F(drain, reads_all_that_has_arrived_though_it_may_not_read_at_once) {
    near.settings.session.limits.unanswered_requests_max = 10;
    open();
    far_write(calls(10, later, ""));
    loop.run_until_idle();
    far_write(calls(25, later, ""));
    near.link().drain(close_code::going_away, "");
    loop.run_until_idle();
    for (int times = 0; times < 4; ++times) {
        EXPECT_FALSE(near.over());
        near.answer_later_calls();
        loop.run_until_idle();
    }
    loop.run_for(seconds(1));
    far_read();
    EXPECT_EQ(far.answers, 35);
    EXPECT_EQ(far_status, io_status::end);
}

TEST_F(drain, reads_all_that_has_arrived_from_a_slow_reader) {
    open({.capacity = 128 * kib});
    constexpr int asked = 2000;
    std::string const batch = calls(asked, big, "2000");
    ASSERT_GT(batch.size(), 64 * kib);
    ASSERT_EQ(far_write(batch).size, batch.size());
    near.link().drain(close_code::going_away, "");
    for (int turns = 0; turns < 3000 && !near.over(); ++turns) {
        loop.run_for(milliseconds(1));
        far_read();
    }
    EXPECT_EQ(far.answers, asked);
    EXPECT_TRUE(near.over());
}

}  // namespace
}  // namespace trunkline::transport::testing
