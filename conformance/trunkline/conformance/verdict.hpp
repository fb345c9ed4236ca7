// What became of one rule on one transport.
#pragma once

#include <cstdint>
#include <string>

namespace trunkline::conformance {

/// Five outcomes, counted apart: only the first one is a pass.
enum class outcome : std::uint8_t {
    passed,
    failed,
    not_applicable,  ///< the transport does not state what the rule needs
    skipped,         ///< not run, though it could have been
    flaky            ///< failed, and passed when it was repeated
};

/// "passed", "failed", "not applicable", "skipped", "flaky".
[[nodiscard]] char const* name_of(outcome what) noexcept;

/// A value.
struct verdict {
    outcome what = outcome::passed;
    std::string seen;    ///< what was seen instead, or why the rule was not run; empty when passed
    std::string repeat;  ///< how to see it again: rule, transport, shape, role and seed
};

/// Thrown by rules when what they ask for is not seen.
struct rule_broken {
    std::string seen;
};

/// Thrown by rules that find out while they run that they mean nothing here.
struct rule_not_applicable {
    std::string why;
};

}  // namespace trunkline::conformance
