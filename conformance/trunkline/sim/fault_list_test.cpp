// Faults: each is cured once, and what struck nothing does not count.
#include <trunkline/sim/fault_list.hpp>

#include <trunkline/sim/world.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;

TEST(fault_list, a_strike_may_change_the_list) {
    world at(1);
    at.faults().stop();  // none of the network
    auto const held = std::make_shared<std::string>("what a strike holds while it runs");
    at.faults().add([&at, held] {
        for (int i = 0; i < 100; ++i) {
            at.faults().add([] { return false; });
        }
        at.faults().stop();
        return held->size() > 1;
    });
    at.faults().strike_for(1s, 10ms);
    at.run_for(2s);
    EXPECT_EQ(at.faults().count(), 1U);
}

TEST(fault_list, a_cure_is_called_once) {
    world at(1);
    at.faults().stop();
    int struck = 0;
    int cured = 0;
    at.faults().add_lasting([&]() -> fault_list::cure {
        ++struck;
        return [&] { ++cured; };
    });
    at.faults().strike_for(10s, 1s);
    at.run_for(10s);
    EXPECT_GT(struck, 2);
    EXPECT_EQ(at.faults().count(), static_cast<std::size_t>(struck));
    EXPECT_LT(cured, struck);
    at.faults().stop();
    EXPECT_EQ(cured, struck);
    at.run_for(60s);
    EXPECT_EQ(cured, struck);
}

TEST(fault_list, pauses_may_be_short) {
    world at(1);
    at.faults().stop();
    at.faults().add([] { return true; });
    at.faults().strike_for(10ms, 100us);
    at.run_for(20ms);
    EXPECT_EQ(at.faults().count(), 9U);  // one a millisecond
}

}  // namespace
}  // namespace trunkline::sim
