#include <trunkline/conformance/run/selection.hpp>

#include <algorithm>

namespace trunkline::conformance {
namespace {

template <class Values, class Value>
bool has(Values const& chosen, Value const& one) {
    return chosen.empty() || std::ranges::find(chosen, one) != chosen.end();
}

}  // namespace

bool chooses_rule(selection const& of, std::string_view id) {
    return has(of.rules, id) || has(of.rules, id.substr(0, id.find('-')));
}

bool chooses_transport(selection const& of, std::string_view name) {
    return has(of.transports, name);
}

bool chooses_run(selection const& of, world_options const& how) {
    return has(of.shapes, how.shape) && has(of.roles, how.role);
}

}  // namespace trunkline::conformance
