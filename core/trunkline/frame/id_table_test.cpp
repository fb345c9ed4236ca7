#include <trunkline/frame/id_table.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace trunkline::frame {
namespace {

TEST(id_table, begins_empty) {
    id_table<std::uint32_t, int> table;
    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.find(0), nullptr);
    EXPECT_FALSE(table.erase(0));
}

TEST(id_table, takes_values_that_only_move) {
    id_table<std::uint64_t, std::unique_ptr<std::string>> table;
    for (std::uint64_t key = 0; key < 1000; ++key) {
        table.insert(key << 40, std::make_unique<std::string>(std::to_string(key)));
    }
    EXPECT_EQ(**table.find(std::uint64_t{999} << 40), "999");
    for (std::uint64_t key = 0; key < 1000; ++key) {
        EXPECT_TRUE(table.erase(key << 40));
    }
    EXPECT_TRUE(table.empty());
}

// Few keys and many operations, so that probe runs collide and holes are closed.
RC_GTEST_PROP(id_table, behaves_as_a_map, ()) {
    id_table<std::uint32_t, int> table;
    std::map<std::uint32_t, int> model;
    auto const keys =
        *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::element<std::uint32_t>(
            0, 1, 2, 3, 5, 8, 13, 1u << 31, (1u << 31) + 1, 0xffffffff));
    int stamp = 0;
    for (std::uint32_t const key : keys) {
        if (model.contains(key)) {
            RC_ASSERT(table.erase(key));
            model.erase(key);
        } else {
            table.insert(key, ++stamp);
            model.emplace(key, stamp);
        }
        RC_ASSERT(table.size() == model.size());
        std::map<std::uint32_t, int> listed;
        table.for_each([&](std::uint32_t each, int value) { listed.emplace(each, value); });
        RC_ASSERT(listed == model);
        for (auto const& [each, value] : model) {
            RC_ASSERT(table.find(each) != nullptr);
            RC_ASSERT(*table.find(each) == value);
        }
    }
}

}  // namespace
}  // namespace trunkline::frame
