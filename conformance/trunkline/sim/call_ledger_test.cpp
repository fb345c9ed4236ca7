// Calls: an end needs a begin, and what it is called does not count.
#include <trunkline/sim/call_ledger.hpp>

#include <trunkline/sim/world.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;

TEST(call_ledger, an_end_without_a_begin_breaks_the_run) {
    for (std::size_t const number : {0, 1}) {
        world at(1);
        at.calls().end(number, "done");
        EXPECT_EQ(at.so_far().broken, "a call ended that has not begun");
    }
}

TEST(call_ledger, a_note_does_not_count) {
    world one(1);
    world other(1);
    one.calls().end(one.calls().begin("a", "b", 1s), "failed", "in the words of one system");
    other.calls().end(other.calls().begin("a", "b", 1s), "failed", "in those of another");
    EXPECT_EQ(one.so_far().hash, other.so_far().hash);
}

}  // namespace
}  // namespace trunkline::sim
