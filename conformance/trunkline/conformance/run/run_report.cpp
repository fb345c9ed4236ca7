#include <trunkline/conformance/run/run_report.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::conformance {
namespace {

// Whichever of these comes first among the runs of a rule is what it is.
constexpr std::array worst_first{outcome::failed, outcome::flaky, outcome::skipped, outcome::passed,
                                 outcome::not_applicable};

bool blocks(record const& one) {
    return one.found.what == outcome::failed && one.known.empty();
}

rule_result joined(std::span<record const> runs) {
    rule_result made;
    made.what = runs.front().what;
    made.transport = runs.front().transport;
    made.runs = runs;
    for (auto const each : worst_first) {
        auto const is_such = [&](record const& one) { return one.found.what == each; };
        auto const found = std::ranges::find_if(runs, is_such);
        if (found != runs.end()) {
            made.came = each;
            made.alike = static_cast<std::size_t>(std::ranges::count_if(runs, is_such));
            made.first = &*found;
            break;
        }
    }
    if (made.came == outcome::failed) {
        auto const unknown = std::ranges::find_if(runs, blocks);
        made.known = unknown == runs.end();
        made.first = made.known ? made.first : &*unknown;
    }
    for (record const& one : runs) {
        made.took += one.took;
    }
    return made;
}

}  // namespace

std::string stale_entry::message() const {
    return entry.file + ":" + std::to_string(entry.line) + ": " + text_of(entry) + ": " + why +
           "; remove the line";
}

bool rule_result::blocks() const noexcept {
    return came == outcome::failed && !known && what->binding != level::should;
}

void totals::add(rule_result const& one) noexcept {
    switch (one.came) {
        case outcome::passed:
            ++passed;
            break;
        case outcome::failed:
            ++failed;
            known += one.known ? 1U : 0U;
            should += one.known || one.blocks() ? 0U : 1U;
            break;
        case outcome::not_applicable:
            ++not_applicable;
            break;
        case outcome::skipped:
            ++skipped;
            break;
        case outcome::flaky:
            ++flaky;
            break;
    }
}

std::size_t totals::of(outcome what) const noexcept {
    switch (what) {
        case outcome::passed:
            return passed;
        case outcome::failed:
            return failed;
        case outcome::not_applicable:
            return not_applicable;
        case outcome::skipped:
            return skipped;
        case outcome::flaky:
            break;
    }
    return flaky;
}

std::vector<rule_result> run_report::results() const {
    std::vector<rule_result> all;
    std::span<record const> const rest(records);
    for (std::size_t begin = 0, end = 0; begin < rest.size(); begin = end) {
        auto const is_other = [&](record const& one) {
            return one.what != rest[begin].what || one.transport != rest[begin].transport;
        };
        auto const next =
            std::find_if(rest.begin() + static_cast<std::ptrdiff_t>(begin), rest.end(), is_other);
        end = static_cast<std::size_t>(next - rest.begin());
        all.push_back(joined(rest.subspan(begin, end - begin)));
    }
    return all;
}

std::size_t run_report::runs() const noexcept {
    std::size_t sum = 0;
    for (record const& one : records) {
        sum += one.tries;
    }
    return sum;
}

bool run_report::holds() const {
    return stale.empty() && std::ranges::none_of(results(), &rule_result::blocks);
}

totals count(std::span<rule_result const> all) noexcept {
    totals sum;
    for (rule_result const& each : all) {
        sum.add(each);
    }
    return sum;
}

}  // namespace trunkline::conformance
