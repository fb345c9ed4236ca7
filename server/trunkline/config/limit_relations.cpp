#include <trunkline/config/limit_relations.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline::config {
namespace {

std::string contradiction(relation const& between, setting const& inner, setting const& outer) {
    number const& outer_number = *number_behind(outer);
    std::uint64_t const enough = between.outer_wanted(number_behind(inner)->get());
    std::string line;
    line.append("--").append(outer.name).append(" ").append(value_text(outer));
    line.append(" is too small for --").append(inner.name).append(" ").append(value_text(inner));
    line.append(": ").append(between.reason).append("; raise it to ");
    line.append(value_text(outer_number, enough)).append(" or leave it out");
    return line;
}

}  // namespace

std::string reconcile(std::span<setting> settings, std::span<relation const> relations) {
    for (relation const& between : relations) {
        setting* const inner = find(settings, between.inner);
        setting* const outer = find(settings, between.outer);
        TRUNKLINE_ASSERT(inner != nullptr && outer != nullptr);
        number const& inner_number = *number_behind(*inner);
        number const& outer_number = *number_behind(*outer);
        bool const inner_given = inner->from != origin::by_default;
        bool const outer_given = outer->from != origin::by_default;
        std::uint64_t const inner_value = inner_number.get();
        std::uint64_t const outer_value = outer_number.get();
        if (inner_given && outer_given && outer_value < between.outer_least(inner_value)) {
            return contradiction(between, *inner, *outer);
        }
        if (inner_given && !outer_given) {
            outer_number.set(std::max(outer_value, between.outer_wanted(inner_value)));
        }
        if (outer_given && !inner_given) {
            inner_number.set(std::min(inner_value, between.inner_wanted(outer_value)));
        }
    }
    return {};
}

}  // namespace trunkline::config
