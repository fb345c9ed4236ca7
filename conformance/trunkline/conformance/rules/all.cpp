// The table of all rules, from those of the families.
#include <trunkline/conformance/rules/families.hpp>

#include <algorithm>
#include <vector>

namespace trunkline::conformance {

std::span<rule const> all_rules() {
    static std::vector<rule> const all = [] {
        std::vector<rule> made;
        for (auto const family : {establishment_rules(), dispatch_rules()}) {
            made.insert(made.end(), family.begin(), family.end());
        }
        return made;
    }();
    return all;
}

rule const* find_rule(std::string_view id) {
    auto const all = all_rules();
    auto const found = std::ranges::find(all, id, &rule::id);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace trunkline::conformance
