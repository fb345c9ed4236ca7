// Bytes that wait in the stream below a connection are output as any other: answers that wait there
// arrive before the end, and a peer that takes none of them is noticed.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>
#include <trunkline/transport/test_holding_stream.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

using std::chrono::seconds;

constexpr std::size_t answer_size = 40'000;

struct unsent : driver_fixture {
    unsent() {
        pipe = make_simulated_pipe(loop, {.capacity = 4000});
        near.start(std::make_unique<stream_connection>(
            std::make_unique<holding_stream>(std::move(pipe.second), 64 * kib)));
        loop.run_until_idle();
    }

    // The answer to a call is in the stream below, all but what the link has room for.
    void ask() {
        far_write(calls(1, big, std::to_string(answer_size)));
        loop.run_until_idle();
        ASSERT_TRUE(near.link().peer().protocol().output().empty());
    }

    // At most so many bytes in each second until nothing comes for a while.
    void read_slowly(std::size_t bytes_per_second) {
        for (std::size_t size = 1; size > 0;) {
            loop.run_for(seconds(1));
            size = far_read(bytes_per_second);
        }
    }
};

TEST_F(unsent, answers_reach_a_peer_that_has_ended_and_reads_slowly) {
    ask();
    pipe.first->shutdown_write();
    read_slowly(4000);
    EXPECT_EQ(far.answer_bytes, answer_size);
    EXPECT_EQ(far_status, io_status::end);
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

TEST_F(unsent, answers_of_a_drain_reach_a_peer_that_reads_slowly) {
    ask();
    near.link().drain(close_code::going_away, "");
    read_slowly(4000);
    EXPECT_EQ(far.answer_bytes, answer_size);
    EXPECT_EQ(far_status, io_status::end);
    pipe.first->shutdown_write();
    loop.run_for(seconds(1));
    EXPECT_EQ(near.cause, transport_error::closed);
}

TEST_F(unsent, makes_a_stall_where_the_peer_takes_none_of_it) {
    ask();
    loop.run_for(seconds(29));
    EXPECT_FALSE(near.over());
    loop.run_for(seconds(2));
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, transport_error::write_stalled);
}

TEST_F(unsent, makes_no_stall_where_the_peer_takes_some_of_it) {
    ask();
    far_write(calls(3, big, std::to_string(answer_size)));  // and of what waits behind it
    read_slowly(400);
    EXPECT_EQ(far.answer_bytes, 4 * answer_size);
    EXPECT_EQ(near.states, (states{connection_state::connected}));
}

TEST_F(unsent, keeps_a_connection_from_being_folded) {
    ask();
    EXPECT_FALSE(near.link().fold().has_value());
    read_slowly(4000);
    EXPECT_TRUE(near.link().fold().has_value());
}

}  // namespace
}  // namespace trunkline::transport::testing
