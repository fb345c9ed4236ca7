#include <trunkline/peer/own_thread.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>

namespace trunkline::peers {
namespace {

TEST(own_thread, is_waited_for) {
    bool ran = false;
    own_thread each([&] { ran = true; });
    EXPECT_TRUE(each.is_running());
    EXPECT_FALSE(each.is_here());
    each.join();
    EXPECT_FALSE(each.is_running());
    EXPECT_TRUE(ran);
}

TEST(own_thread, destroys_on_itself_what_its_body_holds) {
    struct last {
        own_thread const& on;
        std::promise<bool> here;
        ~last() { here.set_value(on.is_here()); }
    };
    own_thread each;
    std::promise<void> made;
    auto held = std::make_shared<last>(each);
    auto here = held->here.get_future();
    each =
        own_thread([held = std::move(held), begin = made.get_future().share()] { begin.wait(); });
    made.set_value();
    EXPECT_TRUE(here.get());
    each.join();
}

TEST(own_thread, may_be_left_by_itself) {
    own_thread each;
    std::promise<void> made;
    std::promise<void> left;
    each = own_thread([&] {
        made.get_future().wait();
        EXPECT_TRUE(each.is_here());
        each.leave();
        EXPECT_FALSE(each.is_running());
        left.set_value();
    });
    made.set_value();
    left.get_future().wait();
}

TEST(own_thread, that_was_left_may_be_followed_by_many) {
    std::atomic<int> ended = 0;
    for (int i = 0; i < 1000; ++i) {
        own_thread([&] {
            ++ended;
            ended.notify_all();
        }).leave();
    }
    for (int seen = ended; seen != 1000; seen = ended) {
        ended.wait(seen);
    }
}

// In a process of its own: what was set up before the thread was left is taken down after its end.
TEST(own_thread, that_was_left_ends_before_the_process_is_taken_down) {
    static std::atomic<bool> exiting = false;
    static std::atomic<bool> ended = false;
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            std::atexit([] { std::_Exit(ended ? 0 : 1); });
            own_thread([] {
                exiting.wait(false);
                ended = true;
            }).leave();
            std::atexit([] {
                exiting = true;
                exiting.notify_all();
            });
            std::exit(2);
        },
        ::testing::ExitedWithCode(0), "");
}

TEST(own_thread, that_was_left_may_exit_the_process) {
    static std::atomic<bool> left = false;
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            own_thread([] {
                left.wait(false);
                std::exit(3);
            }).leave();
            left = true;
            left.notify_all();
            std::promise<void>().get_future().wait();
        },
        ::testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace trunkline::peers
