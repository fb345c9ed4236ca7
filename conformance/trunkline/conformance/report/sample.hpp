// For tests: a report with every outcome, and with texts that are no friends of any format.
#pragma once

#include <trunkline/conformance/run/run_report.hpp>

#include <array>
#include <chrono>
#include <string>

namespace trunkline::conformance {

/// Nothing that a reporter may take as it is.
inline constexpr std::string_view hostile_text =
    "<b>&amp;\"quoted\" 'single' ]]> <!-- \x1b[31m \xff \xc3\xa4\nsecond line \\ $";

/// A report of two transports; one of seven results blocks.
inline run_report sample_report() {
    static std::array const rules{
        rule{"EST-01", level::must, "It <connects> & answers.", "The \"first\" byte.",
             needs::nothing, nullptr},
        rule{"EST-02", level::must, "It is refused.", "The error.", needs::nothing, nullptr},
        rule{"FLO-03", level::must, "It does not stall.", "The window.", needs::nothing, nullptr},
        rule{"FLO-13", level::should, "It is fast.", "The window.", needs::nothing, nullptr},
        rule{"SEC-01", level::must, "It is secret.", "The key.", needs::nothing, nullptr},
    };
    using std::chrono::milliseconds;
    std::string const seen(hostile_text);
    world_options const direct;
    world_options const byte_by_byte{.shape = transport::delivery_shape::one_byte};
    auto const failed = [&](outcome what) { return verdict{what, seen, "kit --rule 'x'"}; };
    run_report made;
    made.build = "trunkline 1.2.3";
    made.took = milliseconds(2500);
    made.records = {
        {&rules[0], "a<b", direct, {}, {}, 1, milliseconds(1)},
        {&rules[0], "a<b", byte_by_byte, failed(outcome::failed), {}, 1, milliseconds(2)},
        {&rules[1], "a<b", direct, failed(outcome::failed), "known & <feared>", 1, milliseconds(3)},
        {&rules[2], "a<b", direct, failed(outcome::flaky), {}, 2, milliseconds(4)},
        {&rules[3], "a<b", direct, failed(outcome::failed), {}, 1, milliseconds(5)},
        {&rules[0], "b", direct, {}, {}, 1, milliseconds(6)},
        {&rules[2], "b", std::nullopt, {outcome::skipped, "not chosen", {}}, {}, 0, {}},
        {&rules[4], "b", std::nullopt, {outcome::not_applicable, seen, {}}, {}, 0, {}},
    };
    made.stale = {{{"known <7>.txt", 7, "EST-01", "b", std::nullopt, "so it was"}, "it passes"}};
    return made;
}

}  // namespace trunkline::conformance
