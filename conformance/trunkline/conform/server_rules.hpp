// The rules of the catalogue that can be decided of a server from outside.
#pragma once

#include <trunkline/conformance/rule.hpp>

#include <span>

namespace trunkline::conform {

/// In the order of the catalogue. Each wants a world whose place is a stranger (stranger.hpp), and
/// means one run: links of one shape, the client calls.
[[nodiscard]] std::span<conformance::rule const> server_rules();

}  // namespace trunkline::conform
