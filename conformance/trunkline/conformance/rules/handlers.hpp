// What the methods of rules answer when nothing else is wanted of them.
#pragma once

#include <trunkline/conformance/messages.hpp>

namespace trunkline::conformance {

/// For `add_one`.
[[nodiscard]] inline number one_more(number const& given) {
    return {given.value + 1};
}

/// For `echo`.
[[nodiscard]] inline text same(text const& said) {
    return said;
}

}  // namespace trunkline::conformance
