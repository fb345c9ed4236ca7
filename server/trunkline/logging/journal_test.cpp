#include <trunkline/logging/journal.hpp>

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace trunkline::logging {
namespace {

TEST(log_journal, writes_what_its_levels_want) {
    std::ostringstream out;
    level_table levels(level::warn);
    levels.set(area::store, level::debug);
    journal const log(levels, line_format::json,
                      std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
    log.write(area::ws, level::info, "not wanted");
    log.write(area::ws, level::error, "first", {{"code", 1006}});
    log.write(area::store, level::debug, "second");
    log.write(area::store, level::trace, "not wanted");
    EXPECT_EQ(out.str().find("not wanted"), std::string::npos);
    EXPECT_NE(out.str().find("\"level\":\"error\",\"module\":\"ws\",\"text\":\"first\","
                             "\"code\":1006}\n"),
              std::string::npos);
    EXPECT_NE(out.str().find("\"module\":\"store\",\"text\":\"second\"}\n"), std::string::npos);
    EXPECT_TRUE(log.wants(area::rpc, level::warn));
    EXPECT_FALSE(log.wants(area::rpc, level::info));
}

}  // namespace
}  // namespace trunkline::logging
