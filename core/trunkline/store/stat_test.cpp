#include <trunkline/store/stat.hpp>

#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::store {
namespace {

class stat : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(every, stat, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(stat, says_what_the_bytes_are_for) {
    plain_image image(GetParam());
    image.write("kept", std::string(100, 'k'));
    image.write("changed", "old");
    image.write("removed", "gone");
    image.write("changed", "new value");
    image.remove("removed");
    faulty_disk disk;
    disk.put("s.bin", image.bytes + "torn");
    auto const found = stat_file("s.bin", {}, disk).value();
    EXPECT_EQ(found.alignment, GetParam());
    EXPECT_EQ(found.size, image.bytes.size() + 4);
    EXPECT_EQ(found.entries, 5U);
    EXPECT_EQ(found.live_keys, 2U);
    EXPECT_EQ(found.overwritten, 2U);
    EXPECT_EQ(found.tombstones, 1U);
    EXPECT_EQ(found.live_bytes, 109U);
    EXPECT_EQ(found.trailer_bytes, 40U);
    EXPECT_EQ(found.pad_bytes, pad_size(image.tails[3], GetParam()));
    EXPECT_EQ(found.passed_over, 4U);
    EXPECT_EQ(found.live_bytes + found.trailer_bytes + found.pad_bytes + found.dead_bytes +
                  found.passed_over,
              found.size);
    EXPECT_EQ(disk.content("s.bin"), image.bytes + "torn");
    // What it says compacting leaves is what compacting leaves.
    auto const opened = store::open("s.bin", {.on = &disk}).value();
    ASSERT_TRUE(opened->compact().has_value());
    EXPECT_EQ(opened->file_size(), found.size_compacted);
    EXPECT_EQ(found.savings(), found.size - found.size_compacted);
    EXPECT_NE(found.to_text().find("\n  live keys               2\n"), std::string::npos)
        << found.to_text();
}

// Compacting puts the newest entry first, and then the other one needs a pad.
TEST(stat_file, saves_nothing_where_the_file_would_grow) {
    plain_image image(64);
    image.write("short", std::string(44, 's'));
    image.write("long", std::string(100, 'l'));
    ASSERT_EQ(image.bytes.size(), 184U);
    faulty_disk disk;
    disk.put("s.bin", image.bytes);
    auto const found = stat_file("s.bin", {}, disk).value();
    EXPECT_EQ(found.size_compacted, 192U);
    EXPECT_EQ(found.savings(), 0U);
    EXPECT_NE(found.to_text().find("\n  saved by compacting     0\n"), std::string::npos)
        << found.to_text();
    auto const opened = store::open("s.bin", {.on = &disk}).value();
    ASSERT_TRUE(opened->compact().has_value());
    EXPECT_EQ(opened->file_size(), 192U);
}

TEST(stat_file, of_an_empty_file_is_zero) {
    faulty_disk disk;
    disk.put("s.bin", "");
    auto const found = stat_file("s.bin", {}, disk).value();
    EXPECT_EQ(found.size + found.entries + found.live_keys + found.size_compacted, 0U);
    EXPECT_EQ(found.index_bytes_per_key(), 0);
}

TEST(stat_file, refuses_what_it_cannot_read) {
    faulty_disk disk;
    EXPECT_EQ(stat_file("absent", {}, disk).error(),
              boost::system::errc::no_such_file_or_directory);
    disk.put("text", std::string(500, 'x'));
    EXPECT_EQ(stat_file("text", {}, disk).error(), store_error::not_a_store);
    EXPECT_EQ(stat_file("text", 2, disk).error(), store_error::unsupported_alignment);
}

}  // namespace
}  // namespace trunkline::store
