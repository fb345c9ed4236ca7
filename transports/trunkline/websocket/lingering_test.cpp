#include <trunkline/websocket/lingering.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/transport/test_holding_stream.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::websocket {
namespace {

using transport::io_status;
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

// Only the peer's own direction is over: what it is still owed goes out.
TEST(lingering, sends_its_last_bytes_to_a_peer_that_has_ended) {
    for (farewell const how : {farewell::end, farewell::wait}) {
        transport::simulated_runtime loop;
        std::vector<std::byte> scratch(100);
        lingering_set set(loop, scratch, linger_timeout);
        auto pipe = transport::make_simulated_pipe(loop, {.capacity = 10});
        pipe.second->shutdown_write();
        std::string const words = "more than the link takes at once";
        bytes_view const last = as_bytes(words);
        set.add(std::move(pipe.first), {last.begin(), last.end()}, how);
        std::string heard;
        std::array<std::byte, 100> buffer;
        for (;;) {
            loop.run_until_idle();
            auto const got = pipe.second->read(buffer);
            heard += as_text(bytes_view(buffer).first(got.size));
            if (got.status != io_status::ok) {
                EXPECT_EQ(got.status, io_status::end);
                break;
            }
        }
        EXPECT_EQ(heard, words);
        EXPECT_EQ(set.size(), 0U);
    }
}

// What a stream has taken and its link has not is owed, too.
TEST(lingering, sends_what_waits_in_the_stream_to_a_peer_that_has_ended) {
    transport::simulated_runtime loop;
    std::vector<std::byte> scratch(100);
    lingering_set set(loop, scratch, linger_timeout);
    auto pipe = transport::make_simulated_pipe(loop, {.capacity = 10});
    pipe.second->shutdown_write();
    std::string const words = "more than the link takes at once";
    bytes_view const last = as_bytes(words);
    set.add(std::make_unique<transport::testing::holding_stream>(std::move(pipe.first), kib),
            {last.begin(), last.end()}, farewell::end);
    std::string heard;
    std::array<std::byte, 100> buffer;
    io_status status = io_status::ok;
    while (status == io_status::ok) {
        loop.run_until_idle();
        auto const got = pipe.second->read(buffer);
        heard += as_text(bytes_view(buffer).first(got.size));
        status = got.status;
    }
    EXPECT_EQ(status, io_status::end);
    EXPECT_EQ(heard, words);
    EXPECT_EQ(set.size(), 0U);
}

TEST(lingering, waits_for_no_peer_that_ends_and_reads_nothing) {
    transport::simulated_runtime loop;
    std::vector<std::byte> scratch(100);
    lingering_set set(loop, scratch, linger_timeout);
    auto pipe = transport::make_simulated_pipe(loop, {.capacity = 10});
    pipe.second->shutdown_write();
    set.add(std::move(pipe.first), std::vector<std::byte>(25), farewell::end);
    loop.run_for(linger_timeout - 1ms);
    EXPECT_EQ(set.size(), 1U);
    loop.run_for(2ms);
    EXPECT_EQ(set.size(), 0U);
    EXPECT_TRUE(pipe.control->counters(pipe_end::first).closed);
}

}  // namespace
}  // namespace trunkline::websocket
