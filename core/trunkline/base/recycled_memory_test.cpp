#include <trunkline/base/recycled_memory.hpp>

#include <trunkline/base/counted_heap.hpp>
#include <trunkline/base/limits.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using testing::allocations_of;
using testing::blocks_in_use;

TEST(recycled_memory, what_was_let_go_is_given_again) {
    for (std::size_t const size : {1u, 64u, 65u, 1000u, 65'536u}) {
        void* const first = take_recycled(size);
        std::memset(first, 1, size);
        give_recycled(first, size);
        void* const second = take_recycled(size);
        EXPECT_EQ(second, first) << size;
        std::memset(second, 2, size);
        give_recycled(second, size);
    }
}

TEST(recycled_memory, blocks_in_use_do_not_overlap) {
    for (std::size_t const size : {17u, 300u, 40'000u, 100'000u}) {
        std::vector<recycled_vector<unsigned char>> held;
        for (unsigned char i = 0; i < 100; ++i) {
            held.emplace_back(size, i);
        }
        for (unsigned char i = 0; i < 100; ++i) {
            EXPECT_EQ(held[i].front(), i);
            EXPECT_EQ(held[i].back(), i);
        }
    }
}

TEST(recycled_memory, a_size_is_never_served_with_less) {
    for (std::size_t size = 1; size < 3000; ++size) {
        void* const at = take_recycled(size);
        std::memset(at, 3, size);
        give_recycled(at, size);
    }
}

TEST(recycled_memory, none_is_given_twice) {
    std::set<void*> first;
    for (int i = 0; i < 1000; ++i) {
        first.insert(take_recycled(64));
    }
    for (void* const each : first) {
        give_recycled(each, 64);
    }
    std::set<void*> second;
    for (int i = 0; i < 1000; ++i) {
        second.insert(take_recycled(64));
    }
    EXPECT_EQ(second.size(), 1000u);
    for (void* const each : second) {
        give_recycled(each, 64);
    }
}

TEST(recycled_memory, a_thread_keeps_no_more_than_the_limit) {
    std::thread([] {
        std::size_t const before = blocks_in_use();
        for (std::size_t size = 1; size <= 4 * recycled_block_size_max; size *= 2) {
            std::vector<void*> taken;
            for (int i = 0; i < 200; ++i) {
                taken.push_back(take_recycled(size));
            }
            for (void* const each : taken) {
                give_recycled(each, size);
            }
        }
        EXPECT_GT(recycled_size(), recycled_size_max / 2);
        EXPECT_LE(recycled_size(), recycled_size_max);
        EXPECT_LE(blocks_in_use() - before, recycled_size_max / 64);
    }).join();
}

TEST(recycled_memory, large_blocks_are_freed_at_once) {
    std::thread([] {
        std::size_t const before = blocks_in_use();
        std::size_t const size = recycled_block_size_max + 1;
        void* const at = take_recycled(size);
        std::memset(at, 5, size);
        give_recycled(at, size);
        EXPECT_EQ(recycled_size(), 0u);
        EXPECT_EQ(blocks_in_use(), before);
    }).join();
}

// Threads
// ------------------------------------------------------------------------------------------------

TEST(recycled_memory, may_be_let_go_on_another_thread) {
    void* const taken = take_recycled(200);
    std::size_t const ours = recycled_size();
    std::thread([taken] {
        give_recycled(taken, 200);
        EXPECT_EQ(recycled_size(), 256u);
        EXPECT_EQ(take_recycled(200), taken);  // it is the other's now
        give_recycled(taken, 200);
    }).join();
    EXPECT_EQ(recycled_size(), ours);
}

TEST(recycled_memory, what_a_thread_keeps_is_freed_when_it_ends) {
    std::size_t const before = blocks_in_use();
    std::thread([] {
        for (std::size_t const size : {10u, 100u, 1000u, 10'000u}) {
            give_recycled(take_recycled(size), size);
        }
        EXPECT_GT(recycled_size(), 0u);
    }).join();
    EXPECT_EQ(blocks_in_use(), before);
}

TEST(recycled_memory, blocks_outlive_the_thread_that_took_them) {
    std::size_t const before = blocks_in_use();
    std::unique_ptr<recycled_vector<int>> made;
    std::thread([&made] {
        made = std::make_unique<recycled_vector<int>>(10'000, 7);  // 40 KB
    }).join();
    EXPECT_EQ(made->back(), 7);
    std::thread([gone = std::exchange(made, nullptr)] { EXPECT_EQ(gone->front(), 7); }).join();
    EXPECT_EQ(blocks_in_use(), before);
}

// Made before the first block is kept, so destroyed after what the thread keeps.
struct last_words {
    void* held = nullptr;
    ~last_words() {
        give_recycled(held, 300);
        recycled_vector<int> one_more(50, 1);
        one_more.resize(5000);
        give_recycled(take_recycled(64), 64);
        left_behind = recycled_size();
    }
    static inline std::atomic<std::size_t> left_behind{1};
};

TEST(recycled_memory, objects_that_go_last_may_still_use_it) {
    std::size_t const before = blocks_in_use();
    std::thread([] {
        thread_local last_words said;
        said.held = take_recycled(300);
        give_recycled(take_recycled(300), 300);
    }).join();
    EXPECT_EQ(last_words::left_behind, 0u);
    EXPECT_EQ(blocks_in_use(), before);
}

TEST(recycled_memory, threads_that_pass_blocks_on_do_not_meet_in_them) {
    std::size_t const before = blocks_in_use();
    {
        std::mutex mutex;
        std::vector<recycled_vector<unsigned char>> passed;
        auto const work = [&](unsigned char self) {
            for (std::size_t i = 0; i < 20'000; ++i) {
                recycled_vector<unsigned char> mine(1 + i % 5000, self);
                recycled_vector<unsigned char> other;
                {
                    std::lock_guard const lock(mutex);
                    passed.push_back(std::move(mine));
                    std::swap(passed[i % passed.size()], passed.back());
                    if (passed.size() > 50) {
                        other = std::move(passed.back());
                        passed.pop_back();
                    }
                }
                if (!other.empty() && (other.front() != other.back() || other.front() > 3)) {
                    ADD_FAILURE() << "somebody has written into " << other.size() << " bytes";
                }
            }
        };
        std::vector<std::thread> threads;
        for (unsigned char self = 0; self < 4; ++self) {
            threads.emplace_back(work, self);
        }
        for (std::thread& each : threads) {
            each.join();
        }
    }
    // What is kept here came from the others, and is within the limit.
    EXPECT_LE(recycled_size(), recycled_size_max);
    EXPECT_LE(blocks_in_use() - before, recycled_size_max / 64);
}

// The allocator
// ------------------------------------------------------------------------------------------------

TEST(recycling_allocator, allocates_nothing_once_warm) {
    auto const use = [] {
        recycled_vector<int> list(1000, 1);
        auto const shared = std::allocate_shared<int>(recycling_allocator<int>(), 7);
        EXPECT_EQ(list.back() + *shared, 8);
    };
    use();
    EXPECT_EQ(allocations_of(use), 0u);
}

TEST(recycling_allocator, gets_back_what_an_exception_left_behind) {
    struct thrower {
        thrower() = default;
        thrower(thrower const&) { throw std::runtime_error("no copies"); }
    };
    give_recycled(take_recycled(100), 100);
    std::size_t const kept = recycled_size();
    std::size_t const used = blocks_in_use();
    thrower const one;
    EXPECT_THROW((recycled_vector<thrower>(100, one)), std::runtime_error);
    EXPECT_THROW(
        (static_cast<void>(std::allocate_shared<thrower>(recycling_allocator<thrower>(), one))),
        std::runtime_error);
    EXPECT_GE(recycled_size(), kept);
    EXPECT_LE(blocks_in_use(), used + 2);  // kept, if they were new
    std::size_t const again = blocks_in_use();
    EXPECT_THROW((recycled_vector<thrower>(100, one)), std::runtime_error);
    EXPECT_EQ(blocks_in_use(), again);
}

TEST(recycling_allocator, refuses_what_has_no_size) {
    recycling_allocator<std::array<char, 1024>> memory;
    EXPECT_THROW(static_cast<void>(memory.allocate(~std::size_t{0} / 512)),
                 std::bad_array_new_length);
}

TEST(recycling_allocator, aligns_what_asks_for_more_than_usual) {
    struct alignas(128) wide {
        std::array<char, 128> bytes{};
    };
    std::vector<wide, recycling_allocator<wide>> const held(10);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(held.data()) % 128, 0u);
}

}  // namespace
}  // namespace trunkline
