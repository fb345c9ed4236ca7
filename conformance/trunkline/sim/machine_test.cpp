// A machine: dies as it was told, and counts what came.
#include <trunkline/sim/machine.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;

TEST(machine, what_was_planned_and_never_came_is_no_fault) {
    world at(1);
    machine one(at, {.url = "tcp://one:1"});
    one.fail_disk();
    one.die_while_writing();
    at.run_for(60s);
    one.mend();
    EXPECT_TRUE(one.is_up());
    EXPECT_EQ(at.faults().count(), 0U);
    EXPECT_EQ(one.disk_failures(), 0U);
}

TEST(machine, is_inspected_after_each_death) {
    world at(1);
    int inspected = 0;
    machine one(at, {.url = "tcp://one:1", .inspect = [&](auto const&) { ++inspected; }});
    for (int deaths = 1; deaths <= 3; ++deaths) {
        EXPECT_TRUE(one.die());
        EXPECT_FALSE(one.die());
        EXPECT_TRUE(at.run_until([&] { return one.is_up(); }, 10s));
        EXPECT_EQ(inspected, deaths);
    }
    EXPECT_FALSE(at.is_broken());
}

TEST(machine, a_store_that_comes_back_empty_breaks_the_run) {
    world at(1);
    machine one(at, {.url = "tcp://one:1",
                     .after_death = [](auto) { return std::make_unique<store::faulty_disk>(); }});
    EXPECT_TRUE(one.die());
    at.run_for(10s);
    EXPECT_EQ(at.so_far().broken, "a store has lost its first write after a death: tcp://one:1");
}

}  // namespace
}  // namespace trunkline::sim
