#include <trunkline/conformance/report/reporters.hpp>

#include <trunkline/conformance/report/sample.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

namespace trunkline::conformance {
namespace {

std::string written(report_format format, run_report const& of) {
    std::ostringstream to;
    write_report(format, of, to);
    return to.str();
}

TEST(reports, are_counted_in_five_numbers) {
    auto const report = sample_report();
    auto const all = report.results();
    totals const sum = count(all);
    EXPECT_EQ(numbers_text(sum),
              "passed 1, failed 3 (1 known, 1 only should hold), not applicable 1, "
              "skipped 1, flaky 1");
    EXPECT_EQ(report.runs(), 7U);
    EXPECT_FALSE(report.holds());
    EXPECT_EQ(numbers_text({}), "passed 0, failed 0, not applicable 0, skipped 0, flaky 0");
}

TEST(reports, tell_people_what_to_do) {
    EXPECT_EQ(written(report_format::text, sample_report()),
              R"(EST  Establishment
  passed 1, failed 2 (1 known), not applicable 0, skipped 0, flaky 0

  EST-01 on a<b (must): failed in 1 of 2 runs
    rule     It <connects> & answers.
    seen     <b>&amp;"quoted" 'single' ]]> <!-- \x1b[31m \xff ä
             second line \ $
    look at  The "first" byte.
    again    kit --rule 'x'

  EST-02 on a<b (must): failed in 1 of 1 run, as is known: known & <feared>
    rule     It is refused.
    seen     <b>&amp;"quoted" 'single' ]]> <!-- \x1b[31m \xff ä
             second line \ $
    look at  The error.
    again    kit --rule 'x'

FLO  Backpressure and flow control
  passed 0, failed 1 (1 only should hold), not applicable 0, skipped 1, flaky 1

  FLO-03 on a<b (must): flaky in 1 of 1 run
    rule     It does not stall.
    seen     <b>&amp;"quoted" 'single' ]]> <!-- \x1b[31m \xff ä
             second line \ $
    look at  The window.
    again    kit --rule 'x'

  FLO-13 on a<b (should): failed in 1 of 1 run
    rule     It is fast.
    seen     <b>&amp;"quoted" 'single' ]]> <!-- \x1b[31m \xff ä
             second line \ $
    look at  The window.
    again    kit --rule 'x'

SEC  Security binding
  passed 0, failed 0, not applicable 1, skipped 0, flaky 0
  not applicable: SEC-01 on b (<b>&amp;"quoted" 'single' ]]> <!-- \x1b[31m \xff ä
  second line \ $)

known <7>.txt:7: EST-01 b: it passes; remove the line

trunkline 1.2.3; 7 rules on transports, 7 runs, 2.500 s
passed 1, failed 3 (1 known, 1 only should hold), not applicable 1, skipped 1, flaky 1
)");
}

TEST(reports, may_be_empty) {
    EXPECT_TRUE(run_report{}.holds());
    for (auto const format :
         {report_format::text, report_format::json, report_format::junit, report_format::html}) {
        EXPECT_NE(written(format, {}), "") << name_of(format);
    }
}

TEST(reports, have_names) {
    for (auto const format :
         {report_format::text, report_format::json, report_format::junit, report_format::html}) {
        EXPECT_EQ(format_named(name_of(format)), format);
    }
    EXPECT_EQ(format_named("pdf"), std::nullopt);
    EXPECT_EQ(title_of("FLO"), "Backpressure and flow control");
    EXPECT_EQ(title_of("XYZ"), "XYZ");
}

}  // namespace
}  // namespace trunkline::conformance
