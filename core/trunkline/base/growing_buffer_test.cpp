#include <trunkline/base/growing_buffer.hpp>

#include <trunkline/base/recycled_memory.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>

namespace trunkline {
namespace {

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 31 + i / 257);
    }
    return text;
}

TEST(growing_buffer, holds_what_was_appended_at_every_size_class) {
    std::string const all = pattern(3 * 1024 * 1024);
    for (std::size_t const step : {1'000u, 65'536u, 131'072u, 1'048'577u}) {
        growing_buffer buffer;
        for (std::size_t at = 0; at < all.size(); at += step) {
            ASSERT_TRUE(buffer.append(as_bytes(all).subspan(at, std::min(step, all.size() - at))));
        }
        EXPECT_EQ(as_text(buffer.view()), all) << "step " << step;
        EXPECT_LE(buffer.memory_taken(), all.size() + 256 * 1024);
    }
}

TEST(growing_buffer, moves_and_clears) {
    growing_buffer first;
    ASSERT_TRUE(first.append(as_bytes("abc")));
    growing_buffer second(std::move(first));
    EXPECT_EQ(as_text(second.view()), "abc");
    EXPECT_EQ(first.memory_taken(), 0u);
    first = std::move(second);
    EXPECT_EQ(as_text(first.view()), "abc");
    first.clear();
    EXPECT_EQ(first.size(), 0u);
    ASSERT_TRUE(first.append(as_bytes("again")));
    EXPECT_EQ(as_text(first.view()), "again");
}

TEST(growing_buffer, small_contents_count_as_the_blocks_they_take) {
    for (auto const& [size, taken] :
         {std::pair{1u, 80u}, {64u, 80u}, {65u, 144u}, {128u, 144u}, {1000u, 1040u}}) {
        growing_buffer buffer;
        ASSERT_TRUE(buffer.append(as_bytes(pattern(size))));
        EXPECT_EQ(buffer.memory_taken(), taken) << size;
    }
}

// Above 128 KiB they are pages, which message_pages_test.cpp looks at.
TEST(growing_buffer, leaves_small_memory_to_the_next_one) {
    std::thread([] {
        std::size_t kept = 0;
        for (std::size_t const size : {1u, 1000u, 30'000u, 131'072u}) {
            std::byte const* first = nullptr;
            for (int i = 0; i < 3; ++i) {
                growing_buffer buffer;
                ASSERT_TRUE(buffer.append(as_bytes(pattern(size))));
                EXPECT_TRUE(first == nullptr || buffer.view().data() == first) << size;
                first = buffer.view().data();
            }
            EXPECT_GT(recycled_size(), kept) << size;
            kept = recycled_size();
        }
    }).join();
}

TEST(growing_buffer, appending_nothing_takes_no_memory) {
    growing_buffer buffer;
    EXPECT_TRUE(buffer.append({}));
    EXPECT_EQ(buffer.memory_taken(), 0u);
}

}  // namespace
}  // namespace trunkline
