// The table "Strata" of ARCHITECTURE.md: which modules there are, in which room, and what each may
// include.
#pragma once

#include "tree.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tidy {

struct stratum {
    std::string room;
    std::size_t height = 0;  ///< of its room: code may not look at a higher one
    std::set<std::string> may_include;
};

/// By module. Empty when the page or its table is missing.
using strata = std::map<std::string, stratum, std::less<>>;

/// The cell "may include" lists modules; `all above` stands for those of all rows above. Rows
/// without a module, such as that of the rooms that may include anything, are left out.
[[nodiscard]] strata strata_of(tree const& all);

/// core/trunkline/frame/header.hpp belongs to frame, conformance/stage/stage.hpp to stage; empty
/// for what lies in no module.
[[nodiscard]] std::string_view module_of_file(std::string_view path);

/// <trunkline/frame/header.hpp> belongs to frame, <stage/stage.hpp> to stage; empty for what is not
/// ours.
[[nodiscard]] std::string_view module_of_include(strata const& known, std::string_view include);

}  // namespace tidy
