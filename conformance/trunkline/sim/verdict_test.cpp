#include <trunkline/sim/verdict.hpp>

#include <gtest/gtest.h>

namespace trunkline::sim {
namespace {

verdict just_enough() {
    verdict made;
    made.events = 500;
    made.connections = 2;
    made.calls_at_once = 3;
    made.faults = 1;
    return made;
}

TEST(lacking, is_nothing_where_just_enough_has_happened) {
    EXPECT_EQ(lacking(just_enough(), false), "");
    verdict calm = just_enough();
    calm.faults = 0;
    EXPECT_EQ(lacking(calm, true), "");
}

TEST(lacking, is_told_where_too_little_has_happened) {
    for (auto const take :
         {+[](verdict& of) { --of.events; }, +[](verdict& of) { --of.connections; },
          +[](verdict& of) { --of.calls_at_once; }}) {
        verdict less = just_enough();
        take(less);
        EXPECT_EQ(lacking(less, false), "too little has happened");
    }
}

TEST(lacking, is_told_where_faults_are_not_as_planned) {
    EXPECT_EQ(lacking(just_enough(), true), "something failed, against the plan");
    verdict calm = just_enough();
    calm.faults = 0;
    EXPECT_EQ(lacking(calm, false), "nothing failed, against the plan");
}

}  // namespace
}  // namespace trunkline::sim
