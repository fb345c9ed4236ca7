#include <trunkline/conformance/verdict.hpp>

namespace trunkline::conformance {

char const* name_of(outcome what) noexcept {
    switch (what) {
        case outcome::passed:
            return "passed";
        case outcome::failed:
            return "failed";
        case outcome::not_applicable:
            return "not applicable";
        case outcome::skipped:
            return "skipped";
        case outcome::flaky:
            return "flaky";
    }
    return "unknown";
}

}  // namespace trunkline::conformance
