#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/driver_rules.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;

link_kind stream_kind(delivery_shape shape) {
    return {.name = std::string("stream_") + name_of(shape),
            .make =
                [shape](simulated_runtime& loop) {
                    auto pipe =
                        make_simulated_pipe(loop, {.shape = shape, .latency = milliseconds(2)});
                    return std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>>(
                        std::make_unique<stream_connection>(std::move(pipe.first)),
                        std::make_unique<stream_connection>(std::move(pipe.second)));
                },
            .size_max = shape == delivery_shape::one_byte ? 2'000U : 150'000U};
}

std::vector<link_kind> stream_kinds() {
    std::vector<link_kind> kinds;
    for (delivery_shape const shape : all_delivery_shapes) {
        kinds.push_back(stream_kind(shape));
    }
    return kinds;
}

INSTANTIATE_TEST_SUITE_P(streams, driver_rules, ::testing::ValuesIn(stream_kinds()),
                         [](auto const& kind) { return kind.param.name; });

using bytes_moved = driver_fixture;

TEST_F(bytes_moved, one_call_is_one_read_and_one_write) {
    open();
    far_write(calls(1, echo, "x"));
    loop.run_until_idle();
    EXPECT_EQ(near_did().reads, 1U);
    EXPECT_EQ(near_did().writes, 1U);
    EXPECT_EQ(near_did().acknowledgements, 0U);
    far_read();
    EXPECT_EQ(far.answers, 1);
}

TEST_F(bytes_moved, pipelined_calls_are_answered_by_one_write) {
    open();
    far_write(calls(200, echo, "0123456789"));
    loop.run_until_idle();
    EXPECT_EQ(near_did().reads, 1U);
    EXPECT_EQ(near_did().writes, 1U);
    far_read();
    EXPECT_EQ(far.answers, 200);
}

TEST_F(bytes_moved, our_calls_of_one_turn_are_one_write) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    auto const before = near_did().writes;
    for (int number = 0; number < 50; ++number) {
        near.call(echo, "from here");
    }
    EXPECT_EQ(near_did().writes, before);
    loop.run_until_idle();
    EXPECT_EQ(near_did().writes, before + 1);
}

TEST_F(bytes_moved, a_batch_with_large_answers_is_written_before_its_end) {
    open({.capacity = 4 * mib});
    // A piece of input per call would be a message border's doing; here the link gives all at once,
    // and the early write comes between reads.
    std::string const batch = calls(40, big, "10000");
    for (std::size_t index = 0; index < batch.size(); index += batch.size() / 8) {
        far_write(std::string_view(batch).substr(index, batch.size() / 8));
    }
    loop.run_until_idle();
    EXPECT_GE(near_did().writes, 8U);
    far_read();
    EXPECT_EQ(far.answers, 40);
}

TEST_F(bytes_moved, a_cancel_is_the_last_of_its_write) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    auto const before = near_did().writes;
    noted_stream answers_of_far;
    auto& here = near.link().peer();
    auto const id = here.open(parts, {}, answers_of_far);
    slice part = text("part");
    ASSERT_TRUE(here.write(*id, {&part, 1}).has_value());
    here.cancel(*id);
    near.call(echo, "after the cancel");
    loop.run_until_idle();
    EXPECT_EQ(near_did().writes, before + 2);
}

TEST_F(bytes_moved, an_incomplete_message_is_acknowledged_at_once) {
    open();
    std::string const bytes = calls(1, echo, "x");
    far_write(std::string_view(bytes).substr(0, bytes.size() - 1));
    loop.run_until_idle();
    EXPECT_EQ(near_did().acknowledgements, 1U);
    far_write(std::string_view(bytes).substr(bytes.size() - 1));
    loop.run_until_idle();
    EXPECT_EQ(near_did().acknowledgements, 1U);
    far_read();
    EXPECT_EQ(far.answers, 1);
}

TEST_F(bytes_moved, a_turn_takes_its_share_of_the_input_and_no_more) {
    near.settings.limits.input_per_turn_max = 100 * kib;
    open({.capacity = 4 * mib});
    std::string const batch = calls(10'000, echo, std::string(60, 'x'));
    ASSERT_EQ(far_write(batch).size, batch.size());
    std::vector<std::size_t> turns;
    std::uint64_t seen = 0;
    while (loop.run_one() && near_did().read_size < batch.size()) {
        turns.push_back(near_did().read_size - seen);
        seen = near_did().read_size;
    }
    EXPECT_GT(turns.size(), 5U);
    EXPECT_EQ(*std::max_element(turns.begin(), turns.end()), 100 * kib);
}

}  // namespace
}  // namespace trunkline::transport::testing
