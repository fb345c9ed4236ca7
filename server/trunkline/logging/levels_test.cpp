#include <trunkline/logging/levels.hpp>

#include <gtest/gtest.h>

namespace trunkline::logging {
namespace {

TEST(log_levels, follow_a_list) {
    level_table levels;
    EXPECT_EQ(levels.follow("store=debug,warn,ws=trace", false), "");
    EXPECT_EQ(levels.of(area::server), level::warn);
    EXPECT_EQ(levels.of(area::rpc), level::warn);
    EXPECT_EQ(levels.of(area::store), level::debug);
    EXPECT_EQ(levels.of(area::ws), level::trace);
}

TEST(log_levels, keep_a_general_level_that_was_given_elsewhere) {
    level_table levels(level::error);
    EXPECT_EQ(levels.follow("trace,store=debug", true), "");
    EXPECT_EQ(levels.of(area::server), level::error);
    EXPECT_EQ(levels.of(area::store), level::debug);
}

TEST(log_levels, an_empty_list_changes_nothing) {
    level_table levels(level::debug);
    EXPECT_EQ(levels.follow("", false), "");
    EXPECT_EQ(levels.of(area::rpc), level::debug);
}

TEST(log_levels, refuse_what_they_do_not_know) {
    struct row {
        std::string_view list;
        std::string_view line;
    };
    for (auto const& [list, line] :
         {row{"loud", "\"loud\" is not a log level; write one of error|warn|info|debug|trace"},
          row{"info,store=", "\"\" is not a log level; write one of error|warn|info|debug|trace"},
          row{"debug,,warn", "\"\" is not a log level; write one of error|warn|info|debug|trace"},
          row{"disk=debug", "\"disk\" is not a log module; write one of server|store|ws|rpc"},
          row{"=debug", "\"\" is not a log module; write one of server|store|ws|rpc"}}) {
        level_table levels(level::warn);
        EXPECT_EQ(levels.follow(list, false), line);
        EXPECT_EQ(levels.of(area::store), level::warn);
    }
}

TEST(log_levels, know_their_names) {
    for (std::string_view const name : level_names) {
        EXPECT_EQ(name_of(*level_named(name)), name);
    }
    EXPECT_FALSE(level_named("INFO"));
}

}  // namespace
}  // namespace trunkline::logging
