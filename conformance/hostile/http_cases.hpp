// Upgrade requests that no server should take, and a few that it must.
#pragma once

#include <string>
#include <vector>

namespace trunkline::hostile {

struct http_case {
    std::string name;
    std::string request;
    /// Allowed statuses; empty: no answer at all.
    std::vector<int> statuses;
};

/// Whole heads: each is answered as soon as it has been received, and refused ones are closed (wire
/// 8).
[[nodiscard]] std::vector<http_case> http_cases();

}  // namespace trunkline::hostile
