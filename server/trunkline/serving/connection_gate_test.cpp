#include <trunkline/serving/connection_gate.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace trunkline::server {
namespace {

TEST(connection_gate, lets_in_as_many_as_it_may) {
    connection_gate gate(2, 0);
    auto first = gate.enter("127.0.0.1:1");
    auto second = gate.enter("127.0.0.1:2");
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
    EXPECT_FALSE(gate.enter("127.0.0.1:3"));
    first = {};
    EXPECT_EQ(gate.inside(), 1u);
    EXPECT_TRUE(gate.enter("127.0.0.1:3"));
    EXPECT_EQ(gate.inside(), 1u);
}

TEST(connection_gate, counts_addresses_not_ports) {
    connection_gate gate(0, 1);
    auto const four = gate.enter("127.0.0.1:1");
    auto const six = gate.enter("[::1]:1");
    EXPECT_TRUE(four);
    EXPECT_TRUE(six);
    EXPECT_FALSE(gate.enter("127.0.0.1:2"));
    EXPECT_FALSE(gate.enter("[::1]:2"));
    EXPECT_TRUE(gate.enter("127.0.0.2:1"));
    EXPECT_EQ(gate.inside(), 2u);
}

TEST(connection_gate, a_place_moves) {
    connection_gate gate(1, 1);
    auto place = gate.enter("127.0.0.1:1");
    auto moved = std::move(place);
    EXPECT_EQ(gate.inside(), 1u);
    {
        auto const gone = std::move(moved);
    }
    EXPECT_EQ(gate.inside(), 0u);
    EXPECT_TRUE(gate.enter("127.0.0.1:2"));
}

TEST(connection_gate, holds_under_a_rush_from_many_threads) {
    connection_gate gate(8, 8);
    std::atomic<std::size_t> most = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&gate, &most] {
            for (int round = 0; round < 5'000; ++round) {
                auto const first = gate.enter("127.0.0.1:1");
                auto const second = gate.enter("127.0.0.1:2");
                auto const third = gate.enter("127.0.0.1:3");
                std::size_t const seen = gate.inside();
                std::size_t before = most;
                while (seen > before && !most.compare_exchange_weak(before, seen)) {
                }
            }
        });
    }
    for (std::thread& one : threads) {
        one.join();
    }
    EXPECT_LE(most, 8u);
    EXPECT_EQ(gate.inside(), 0u);
}

}  // namespace
}  // namespace trunkline::server
