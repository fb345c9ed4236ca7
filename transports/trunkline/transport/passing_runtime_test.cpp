#include <trunkline/transport/passing_runtime.hpp>

#include <trunkline/transport/runtime_executor.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::transport {
namespace {

using namespace std::chrono_literals;

class counting_runtime final : public passing_runtime {
public:
    using passing_runtime::passing_runtime;

    void post(std::function<void()> work) override {
        ++posted;
        passing_runtime::post(std::move(work));
    }

    int posted = 0;
};

TEST(passing_runtime, is_the_other_one_but_for_what_is_overridden) {
    simulated_runtime inner;
    counting_runtime loop(inner);
    std::vector<int> order;
    loop.post([&] { order.push_back(1); });
    auto const late = loop.after(2s, [&] { order.push_back(3); });
    auto const early = loop.after(1s, [&] { order.push_back(2); });
    EXPECT_EQ(inner.pending(), 3U);
    auto const begin = inner.now();
    EXPECT_TRUE(loop.wait_until([&] { return order.size() == 3; }));
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
    EXPECT_EQ(loop.now(), begin + 2s);
    EXPECT_EQ(loop.wall_clock_us(), inner.wall_clock_us());
    EXPECT_EQ(loop.posted, 1);
}

TEST(passing_runtime, what_runs_on_its_executor_goes_by_its_posts) {
    simulated_runtime inner;
    counting_runtime loop(inner);
    bool ran = false;
    boost::asio::post(loop.executor(), [&] { ran = true; });
    EXPECT_EQ(loop.posted, 1);
    inner.run_until_idle();
    EXPECT_TRUE(ran);
}

TEST(passing_runtime, what_was_posted_outlives_it_and_what_comes_later_is_destroyed) {
    simulated_runtime inner;
    std::vector<int> ran;
    auto const held = std::make_shared<int>(1);
    boost::asio::any_io_executor late;
    {
        counting_runtime loop(inner);
        loop.post([&] { ran.push_back(1); });
        late = loop.executor();
    }
    boost::asio::post(late, [&ran, held] { ran.push_back(2); });
    EXPECT_EQ(held.use_count(), 1);
    inner.run_until_idle();
    EXPECT_EQ(ran, std::vector{1});
}

}  // namespace
}  // namespace trunkline::transport
