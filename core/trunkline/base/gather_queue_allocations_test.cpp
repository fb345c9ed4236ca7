// What a queue of outgoing bytes allocates once it has carried as much before: nothing. And what it
// holds while it is empty.
#include <trunkline/base/gather_queue.hpp>

#include <trunkline/base/counted_heap.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

namespace trunkline {
namespace {

using testing::allocations_of;
using testing::blocks_in_use;

constexpr std::size_t value_size = 600;
std::string const value(value_size, 'v');

pin anything() noexcept {
    static char object = 0;
    return {&object, [](void*) noexcept {}};
}

/// One answer of so many lent values behind copied bytes, sent in writes of 100,000 bytes.
void carry(gather_queue& queue, std::size_t values, std::string const& copied) {
    queue.begin_frame(copied.size() + values * value_size);
    queue.append_copy(as_bytes(copied));
    for (std::size_t i = 0; i < values; ++i) {
        queue.append({as_bytes(value), anything()});
    }
    while (!queue.empty()) {
        queue.consume(std::min<std::size_t>(queue.size(), 100'000));
    }
}

TEST(gather_queue_allocations, of_many_lent_values_are_none) {
    gather_queue queue;
    for (std::size_t const values : {100, 1000, 5000}) {
        auto const work = [&] { carry(queue, values, "head"); };
        work();
        EXPECT_EQ(allocations_of(work), 0U) << values;
    }
}

TEST(gather_queue_allocations, of_large_copies_are_none) {
    gather_queue queue;
    for (std::size_t const size : {10'000, 60'000, 300'000}) {
        std::string const copied(size, 'c');
        auto const work = [&] { carry(queue, 1, copied); };
        work();
        EXPECT_EQ(allocations_of(work), 0U) << size;
    }
}

// What the thread keeps goes with it; the rest is the queue's.
TEST(gather_queue_allocations, leave_next_to_nothing_in_an_empty_queue) {
    std::size_t const before = blocks_in_use();
    auto const queue = std::make_unique<gather_queue>();
    std::thread([&queue] { carry(*queue, 5000, std::string(300'000, 'c')); }).join();
    EXPECT_LE(blocks_in_use() - before, 1U) << "itself";
}

}  // namespace
}  // namespace trunkline
