#include <trunkline/peer/deadlines.hpp>

#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace trunkline::peers {
namespace {

using std::chrono::milliseconds;

struct waiting final : with_deadline {
    waiting(std::vector<int>& told, int name) : told_(told), name_(name) {}
    void on_deadline() override { told_.push_back(name_); }

    std::vector<int>& told_;
    int name_;
};

class deadlines_of : public ::testing::Test {
protected:
    std::shared_ptr<waiting> add(int name, milliseconds in) {
        auto made = std::make_shared<waiting>(told, name);
        all.add(loop, loop.now() + in, made);
        return made;
    }

    transport::simulated_runtime loop;
    deadlines all;
    std::vector<int> told;
};

TEST_F(deadlines_of, come_in_their_order_whatever_that_of_adding) {
    auto const a = add(1, milliseconds(30));
    auto const b = add(2, milliseconds(10));
    auto const c = add(3, milliseconds(20));
    loop.run_for(milliseconds(25));
    EXPECT_EQ(told, (std::vector{2, 3}));
    loop.run_for(milliseconds(25));
    EXPECT_EQ(told, (std::vector{2, 3, 1}));
}

TEST_F(deadlines_of, those_that_have_gone_are_not_told_and_not_kept) {
    auto const kept = add(0, milliseconds(1000));
    for (int i = 1; i <= 10'000; ++i) {
        static_cast<void>(add(i, milliseconds(500)));
        EXPECT_LE(all.size(), 65U);
    }
    loop.run_for(milliseconds(2000));
    EXPECT_EQ(told, std::vector{0});
    EXPECT_EQ(all.size(), 0U);
    EXPECT_EQ(loop.pending(), 0U);
}

}  // namespace
}  // namespace trunkline::peers
