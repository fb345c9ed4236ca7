// A plain model of which upgrade requests are taken and how the others are refused (wire 8).
#pragma once

#include <string_view>
#include <vector>

namespace trunkline::replay {

/// The statuses that a server by our rules may answer with; 101 alone when it must accept. Judges
/// what is recorded in sessions: whole heads with well-formed lines.
[[nodiscard]] std::vector<int> allowed_statuses(std::string_view request);

/// The value of a field in a head, without white space around it; empty when it is missing.
[[nodiscard]] std::string_view field_of(std::string_view head, std::string_view name);

/// The number in a response's first line; 0 when there is none.
[[nodiscard]] int status_of(std::string_view response);

}  // namespace trunkline::replay
