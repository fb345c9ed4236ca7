// Both implementations of readiness_set, over sockets of this machine.
#include <trunkline/transport/readiness_set.hpp>

#include <trunkline/transport/file_descriptor.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace trunkline::transport {
namespace {

// Counts, and does what it is told when told.
struct counting_handle final : watched_handle {
    void on_ready(bool readable, bool writable) override {
        reads += readable ? 1 : 0;
        writes += writable ? 1 : 0;
        if (auto const act = then) {
            act();
        }
    }
    int reads = 0;
    int writes = 0;
    std::function<void()> then;
};

struct socket_pair {
    socket_pair() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
        near = file_descriptor(ends[0]);
        far = file_descriptor(ends[1]);
        handle.descriptor = near.get();
    }
    void make_readable() const { EXPECT_EQ(::send(far.get(), "x", 1, 0), 1); }
    void take() const {
        char byte = 0;
        EXPECT_EQ(::recv(near.get(), &byte, 1, 0), 1);
    }
    file_descriptor near;
    file_descriptor far;
    counting_handle handle;
};

struct kind {
    char const* name;
    result<std::unique_ptr<readiness_set>> (*make)(boost::asio::io_context&);
};

void PrintTo(kind const& of, std::ostream* out) {
    *out << of.name;
}

class readiness_sets : public ::testing::TestWithParam<kind> {
protected:
    void watch(socket_pair& pair, bool for_read, bool for_write) {
        set->update(pair.handle, for_read, for_write);
    }

    /// Runs the loop until nothing is ready any more that was ready before: whoever is to be told
    /// has been told at least once. Level-triggered sets never come to rest by themselves.
    void turn() {
        socket_pair last;
        last.make_readable();
        for (int i = 0; i < 3; ++i) {
            int const before = last.handle.reads;
            watch(last, true, false);
            context.restart();
            while (last.handle.reads == before) {
                context.run_one();
            }
            watch(last, false, false);
            context.restart();
            for (int more = 0; more < 32; ++more) {
                context.poll_one();
            }
        }
    }

    boost::asio::io_context context;
    std::unique_ptr<readiness_set> set = GetParam().make(context).value();
};
INSTANTIATE_TEST_SUITE_P(kind, readiness_sets,
                         ::testing::Values(kind{"epoll", &make_epoll_readiness_set},
                                           kind{"async_wait", &make_async_readiness_set}),
                         [](auto const& each) { return std::string(each.param.name); });

TEST_P(readiness_sets, have_a_name) {
    EXPECT_EQ(set->name(), GetParam().name);
}

TEST_P(readiness_sets, tell_again_as_long_as_it_holds) {
    socket_pair pair;
    pair.make_readable();
    pair.handle.then = [&] {
        if (pair.handle.reads == 5) {
            watch(pair, false, false);
            context.stop();
        }
    };
    watch(pair, true, false);
    context.run();
    EXPECT_EQ(pair.handle.reads, 5);
    EXPECT_EQ(pair.handle.writes, 0);
    set->remove(pair.handle);
}

TEST_P(readiness_sets, tell_nobody_while_nothing_is_ready) {
    socket_pair pair;
    watch(pair, true, false);
    turn();
    EXPECT_EQ(pair.handle.reads, 0);
    pair.make_readable();
    pair.handle.then = [&] { pair.take(); };
    turn();
    EXPECT_EQ(pair.handle.reads, 1);
    turn();
    EXPECT_EQ(pair.handle.reads, 1);
    set->remove(pair.handle);
}

TEST_P(readiness_sets, tell_of_what_is_wanted_alone) {
    socket_pair pair;
    pair.make_readable();
    watch(pair, false, true);
    turn();
    EXPECT_EQ(pair.handle.reads, 0);
    EXPECT_GT(pair.handle.writes, 0);
    int const writes = pair.handle.writes;
    watch(pair, true, false);
    turn();
    EXPECT_GT(pair.handle.reads, 0);
    EXPECT_EQ(pair.handle.writes, writes);
    int const reads = pair.handle.reads;
    watch(pair, false, false);
    turn();
    EXPECT_EQ(pair.handle.reads, reads);
    EXPECT_EQ(pair.handle.writes, writes);
    watch(pair, true, true);
    turn();
    EXPECT_GT(pair.handle.reads, reads);
    EXPECT_GT(pair.handle.writes, writes);
    set->remove(pair.handle);
}

// What was ready before somebody asked, and what became ready while nobody did.
TEST_P(readiness_sets, tell_at_once_what_holds_already) {
    socket_pair pair;
    watch(pair, true, false);
    turn();
    watch(pair, false, false);
    pair.make_readable();
    turn();
    EXPECT_EQ(pair.handle.reads, 0);
    watch(pair, true, false);
    turn();
    EXPECT_GT(pair.handle.reads, 0);
    set->remove(pair.handle);
}

TEST_P(readiness_sets, report_a_hang_up_to_those_who_asked_for_anything) {
    socket_pair reading;
    socket_pair writing;
    socket_pair idle;
    reading.handle.then = [&] { set->remove(reading.handle); };
    writing.handle.then = [&] { set->remove(writing.handle); };
    watch(idle, true, true);
    watch(idle, false, false);
    for (auto* pair : {&reading, &writing, &idle}) {
        pair->far.reset();
    }
    watch(reading, true, false);
    watch(writing, false, true);
    turn();
    EXPECT_EQ(reading.handle.reads, 1);
    EXPECT_EQ(writing.handle.writes, 1);
    EXPECT_EQ(idle.handle.reads + idle.handle.writes, 0);
}

TEST_P(readiness_sets, let_a_handle_remove_others_of_the_same_batch) {
    std::array<socket_pair, 8> pairs;
    int told = 0;
    for (auto& pair : pairs) {
        pair.make_readable();
        pair.handle.then = [&] {
            ++told;
            // With events waiting for all of them.
            for (auto& each : pairs) {
                set->remove(each.handle);
            }
        };
        watch(pair, true, false);
    }
    turn();
    EXPECT_EQ(told, 1);
}

TEST_P(readiness_sets, let_a_handle_go_while_it_is_told) {
    auto pair = std::make_unique<socket_pair>();
    pair->make_readable();
    int told = 0;
    pair->handle.then = [&] {
        ++told;
        set->remove(pair->handle);
        pair.reset();
    };
    watch(*pair, true, true);
    turn();
    EXPECT_EQ(told, 1);
    EXPECT_EQ(pair, nullptr);
}

// A wait of the one before may come back when the next one is there already.
TEST_P(readiness_sets, keep_those_apart_who_have_one_descriptor_after_the_other) {
    socket_pair before;
    socket_pair after;
    int const number = before.near.get();
    watch(before, true, false);
    turn();
    before.make_readable();
    set->remove(before.handle);
    ASSERT_EQ(::dup2(after.near.get(), number), number);  // closes it, and takes its number
    after.handle.descriptor = number;
    watch(after, true, false);
    turn();
    EXPECT_EQ(before.handle.reads, 0);
    EXPECT_EQ(after.handle.reads, 0);
    after.make_readable();
    turn();
    EXPECT_EQ(before.handle.reads, 0);
    EXPECT_GT(after.handle.reads, 0);
    set->remove(after.handle);
}

TEST_P(readiness_sets, forget_one_descriptor_a_thousand_times) {
    socket_pair pair;
    pair.make_readable();
    for (int round = 0; round < 1000; ++round) {
        watch(pair, true, false);
        watch(pair, true, true);
        set->remove(pair.handle);
    }
    turn();
    EXPECT_EQ(pair.handle.reads + pair.handle.writes, 0);
    watch(pair, true, false);
    turn();
    EXPECT_GT(pair.handle.reads, 0);
    set->remove(pair.handle);
}

TEST_P(readiness_sets, end_before_their_context_does) {
    socket_pair pair;
    watch(pair, true, true);
    pair.make_readable();
    set->remove(pair.handle);
    set.reset();
    context.poll();
    EXPECT_EQ(pair.handle.reads + pair.handle.writes, 0);
}

TEST_P(readiness_sets, end_with_waits_that_nobody_runs) {
    socket_pair pair;
    auto own = std::make_unique<boost::asio::io_context>();
    auto its_set = GetParam().make(*own).value();
    its_set->update(pair.handle, true, true);
    its_set->remove(pair.handle);
    its_set.reset();
    own.reset();
    EXPECT_EQ(pair.handle.reads + pair.handle.writes, 0);
}

}  // namespace
}  // namespace trunkline::transport
