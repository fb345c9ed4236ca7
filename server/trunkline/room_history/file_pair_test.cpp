#include <trunkline/room_history/file_pair.hpp>

#include <trunkline/store/faulty_disk.hpp>

#include <gtest/gtest.h>

namespace trunkline::room_history {
namespace {

struct file_pairs : ::testing::Test {
    file_pair open() {
        store::open_report report;
        return file_pair::open("kept", disk, report).value();
    }
    static void write(file_pair& to, std::string_view key, std::string_view value) {
        store::key_value const entry{as_bytes(key), as_bytes(value)};
        EXPECT_TRUE(to.write(std::span(&entry, 1)).has_value());
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (auto const& each : disk.names()) {
            found.push_back(each.string());
        }
        return found;
    }
    store::faulty_disk disk;
};

using file_names = std::vector<std::string>;

TEST_F(file_pairs, begin_with_one_file) {
    auto const pair = open();
    EXPECT_EQ(names(), file_names{"kept.0"});
    EXPECT_TRUE(pair.state().is_alone);
    EXPECT_EQ(pair.state().generation, 0U);
}

TEST_F(file_pairs, turn_to_and_fro) {
    auto pair = open();
    write(pair, "a", "old");
    ASSERT_TRUE(pair.turn().has_value());
    EXPECT_EQ(names(), (file_names{"kept.0", "kept.1"}));
    EXPECT_FALSE(pair.is_moved("a"));
    ASSERT_TRUE(pair.find("a").has_value());
    write(pair, "a", "new");
    EXPECT_TRUE(pair.is_moved("a"));
    EXPECT_EQ(as_text(pair.find("a")->bytes()), "new");
    ASSERT_TRUE(pair.write_state({.reserved = 7, .is_alone = true}).has_value());
    EXPECT_EQ(pair.state().generation, 1U);
    ASSERT_TRUE(pair.turn().has_value());
    EXPECT_EQ(pair.state().generation, 2U);
    EXPECT_EQ(pair.state().reserved, 7U);
    EXPECT_EQ(names(), (file_names{"kept.0", "kept.1"}));
    EXPECT_EQ(as_text(pair.find("a")->bytes()), "new");
    ASSERT_TRUE(pair.write_state({.reserved = 7, .is_alone = true}).has_value());
    EXPECT_FALSE(pair.find("a").has_value());
}

TEST_F(file_pairs, are_opened_as_they_were) {
    {
        auto pair = open();
        write(pair, "a", "old");
        ASSERT_TRUE(pair.turn().has_value());
        write(pair, "b", "new");
    }
    {
        auto pair = open();
        EXPECT_EQ(pair.state().generation, 1U);
        EXPECT_FALSE(pair.state().is_alone);
        EXPECT_TRUE(pair.find("a").has_value());
        EXPECT_TRUE(pair.find("b").has_value());
        std::size_t values = 0;
        pair.for_each([&](bytes_view) { ++values; });
        EXPECT_EQ(values, 4U);
        ASSERT_TRUE(pair.write_state({.reserved = 0, .is_alone = true}).has_value());
    }
    auto pair = open();
    EXPECT_EQ(pair.state().generation, 1U);
    EXPECT_FALSE(pair.find("a").has_value());
    EXPECT_TRUE(pair.find("b").has_value());
}

TEST_F(file_pairs, pass_over_a_file_that_was_cut_off_while_it_was_made) {
    {
        std::ignore = open();
    }
    for (char const* content : {"", "half"}) {
        disk.put("kept.1", content);
        auto pair = open();
        EXPECT_EQ(pair.state().generation, 0U) << content;
    }
    auto pair = open();
    ASSERT_TRUE(pair.turn().has_value());
    EXPECT_EQ(pair.state().generation, 1U);
}

}  // namespace
}  // namespace trunkline::room_history
