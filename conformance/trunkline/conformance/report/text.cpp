// The report for people at a terminal.
#include <trunkline/conformance/report/printable.hpp>
#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/run/run_names.hpp>

#include <algorithm>
#include <iomanip>
#include <map>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using results = std::vector<rule_result>;

// Lines of a text that has several, below each other.
std::string indented(std::string_view text, std::size_t by) {
    std::string made;
    for (char const each : printable(text)) {
        made += each;
        if (each == '\n') {
            made.append(by, ' ');
        }
    }
    return made;
}

void write_failure(rule_result const& one, std::ostream& to) {
    to << "\n  " << one.what->id << " on " << printable(one.transport) << " ("
       << name_of(one.what->binding) << "): " << runs_text(one);
    if (one.came == outcome::failed && one.known) {
        to << ", as is known: " << printable(one.first->known);
    }
    to << "\n    rule     " << one.what->text << "\n    seen     "
       << indented(one.first->found.seen, 13) << "\n    look at  " << one.what->look_at
       << "\n    again    " << printable(one.first->found.repeat) << '\n';
}

void append(std::string& list, std::string_view one) {
    list += (list.empty() ? "" : ", ") + printable(one);
}

// Rules that mean nothing, in one line for each reason and where it is one.
void write_not_applicable(results const& family, std::ostream& to) {
    using reason_of = std::pair<std::string_view, std::string_view>;  // a rule's id, and why
    std::map<reason_of, std::string> transports;
    for (rule_result const& one : family) {
        if (one.came == outcome::not_applicable) {
            append(transports[{one.what->id, one.first->found.seen}], one.transport);
        }
    }
    std::map<std::pair<std::string, std::string_view>, std::string> ids;
    for (auto const& [which, where] : transports) {
        append(ids[{where, which.second}], which.first);
    }
    for (auto const& [where, list] : ids) {
        to << "  not applicable: " << list << " on " << where.first << " ("
           << indented(where.second, 2) << ")\n";
    }
}

void write_family(std::string_view name, results const& family, std::ostream& to) {
    totals const sum = count(family);
    if (sum.skipped == family.size()) {
        return;
    }
    to << name << "  " << title_of(name) << "\n  " << numbers_text(sum) << '\n';
    write_not_applicable(family, to);
    for (rule_result const& one : family) {
        if (one.came == outcome::failed || one.came == outcome::flaky) {
            write_failure(one, to);
        }
    }
    to << '\n';
}

}  // namespace

void write_text(run_report const& of, std::ostream& to) {
    auto const all = of.results();
    std::vector<std::pair<std::string_view, results>> families;
    for (rule_result const& one : all) {
        auto const name = family_of(*one.what);
        auto found =
            std::ranges::find(families, name, &std::pair<std::string_view, results>::first);
        if (found == families.end()) {
            found = families.insert(families.end(), {name, {}});
        }
        found->second.push_back(one);
    }
    for (auto const& [name, family] : families) {
        write_family(name, family, to);
    }
    for (stale_entry const& each : of.stale) {
        to << printable(each.message()) << '\n';
    }
    to << (of.stale.empty() ? "" : "\n") << of.build << "; " << all.size()
       << " rules on transports, " << of.runs() << " runs, " << seconds_text(of.took) << " s\n"
       << numbers_text(count(all)) << '\n';
}

}  // namespace trunkline::conformance
