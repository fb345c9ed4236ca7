#include <trunkline/websocket/lingering.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace trunkline::websocket {
namespace {

using transport::pipe_end;
using namespace std::chrono_literals;

TEST(lingering, holds_a_bounded_number) {
    transport::simulated_runtime loop;
    std::vector<std::byte> scratch(100);
    lingering_set set(loop, scratch, linger_timeout);
    std::vector<transport::simulated_pipe> pipes;
    for (std::size_t i = 0; i < lingering_max + 5; ++i) {
        pipes.push_back(transport::make_simulated_pipe(loop, {}));
        set.add(std::move(pipes.back().first), {}, farewell::end);
    }
    EXPECT_EQ(set.size(), lingering_max);
    EXPECT_TRUE(pipes.back().control->counters(pipe_end::first).closed);
    loop.run_for(linger_timeout + 1ms);
    EXPECT_EQ(set.size(), 0U);
    EXPECT_TRUE(pipes.front().control->counters(pipe_end::first).closed);
}

}  // namespace
}  // namespace trunkline::websocket
