// What came of all runs: the records, the five numbers, and whether it may pass.
#pragma once

#include <trunkline/conformance/run/known_failures.hpp>
#include <trunkline/conformance/run/record.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// An entry of the list of known failures that did not fail. A value.
struct stale_entry {
    known_failure entry;
    std::string why;  ///< "it passes"

    /// "known.txt:7: FLO-03 tls: it passes; remove the line".
    [[nodiscard]] std::string message() const;
};

/// A rule on a transport: what its runs make together. A value; lives no longer than the report.
struct rule_result {
    rule const* what = nullptr;
    std::string_view transport;
    outcome came = outcome::passed;
    bool known = false;             ///< every run that failed may do so
    std::span<record const> runs;   ///< at least one
    record const* first = nullptr;  ///< the first run that came out like that
    std::size_t alike = 0;          ///< how many did
    std::chrono::nanoseconds took{0};

    /// Failed, and that is neither known nor of a rule that only should hold.
    [[nodiscard]] bool blocks() const noexcept;
};

/// Rules on transports, counted by what came of them: five numbers that are never added up.
struct totals {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t not_applicable = 0;
    std::size_t skipped = 0;
    std::size_t flaky = 0;
    std::size_t known = 0;  ///< of those that failed: known
    std::size_t should =
        0;  ///< of those that failed and are not known: rules that only should hold

    /// Counts one more.
    void add(rule_result const& one) noexcept;
    /// The number of this outcome.
    [[nodiscard]] std::size_t of(outcome what) const noexcept;
};

/// A value.
struct run_report {
    std::vector<record> records;  ///< by transport, then rule, then run
    std::vector<stale_entry> stale;
    std::string build;                 ///< build_text()
    std::chrono::nanoseconds took{0};  ///< in real time

    /// One for each rule and transport, in the order of the records.
    [[nodiscard]] std::vector<rule_result> results() const;
    /// How many runs were made, each try counted.
    [[nodiscard]] std::size_t runs() const noexcept;
    /// Whether nothing blocks: see rule_result::blocks(), and no entry of the list is stale.
    [[nodiscard]] bool holds() const;
};

/// What results add up to.
[[nodiscard]] totals count(std::span<rule_result const> all) noexcept;

}  // namespace trunkline::conformance
