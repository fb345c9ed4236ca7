// The report as one page: the five numbers, what failed, and a table of rules by transports.
#include <trunkline/conformance/report/printable.hpp>
#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/run/run_names.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1c2126; --paper: #fff; --faint: #5d6770; --line: #d8dde2;
  --passed: #1a7f37; --failed: #c62828; --flaky: #9a6700; --other: #6e7781; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14181c; --faint: #9aa5b0;
  --line: #333b43; --passed: #56c271; --failed: #ff7b72; --flaky: #e3b341; --other: #8b949e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.numbers { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.numbers li { border: 1px solid var(--line); border-radius: 6px; padding: .5rem 1rem; }
.numbers b { display: block; font-size: 1.6rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left; }
th { white-space: nowrap; } thead th { color: var(--faint); }
.failure { border-left: 4px solid var(--failed); padding: .1rem 1rem; margin: 1rem 0; }
.failure.flaky, .failure.known { border-color: var(--flaky); }
dt { color: var(--faint); } dd { margin: 0 0 .4rem 0; white-space: pre-wrap; }
code { font-size: .9em; overflow-wrap: anywhere; } footer { color: var(--faint); margin: 2rem 0; }
.passed { color: var(--passed); } .failed { color: var(--failed); } .flaky { color: var(--flaky); }
.not_applicable, .skipped { color: var(--other); }
)";

// A mark and a class for each outcome, in the order of the five numbers.
struct look {
    outcome what;
    std::string_view mark;
    std::string_view css;
};
constexpr std::array all_looks{
    look{outcome::passed, "&#10003;", "passed"}, look{outcome::failed, "&#10007;", "failed"},
    look{outcome::not_applicable, "n/a", "not_applicable"},
    look{outcome::skipped, "&#8211;", "skipped"}, look{outcome::flaky, "~", "flaky"}};

look const& look_of(outcome what) {
    return *std::ranges::find(all_looks, what, &look::what);
}

void write_numbers(totals const& sum, std::ostream& to) {
    to << "<ul class=\"numbers\">\n";
    for (look const& each : all_looks) {
        to << "<li class=\"" << each.css << "\"><b>" << sum.of(each.what) << "</b>"
           << name_of(each.what);
        if (each.what == outcome::failed && sum.known + sum.should > 0) {
            to << " (" << sum.known << " known, " << sum.should << " only should hold)";
        }
        to << "</li>\n";
    }
    to << "</ul>\n";
}

// Where a failure stands on the page.
std::string anchor_of(rule_result const& one) {
    return escaped(std::string(one.what->id) + "-" + std::string(one.transport));
}

bool is_told(rule_result const& one) {
    return one.came == outcome::failed || one.came == outcome::flaky;
}

void write_failure(rule_result const& one, std::ostream& to) {
    std::string_view const kind = one.came == outcome::flaky ? "flaky" : one.known ? "known" : "";
    to << "<section class=\"failure " << kind << "\" id=\"" << anchor_of(one) << "\">\n<h3>"
       << one.what->id << " on " << escaped(one.transport) << "</h3>\n<p>" << runs_text(one) << "; "
       << name_of(one.what->binding);
    if (one.known) {
        to << "; known: " << escaped(one.first->known);
    }
    to << "</p>\n<dl>\n<dt>Rule</dt><dd>" << escaped(one.what->text) << "</dd>\n<dt>Seen</dt><dd>"
       << escaped(one.first->found.seen) << "</dd>\n<dt>Look at</dt><dd>"
       << escaped(one.what->look_at) << "</dd>\n<dt>Again</dt><dd><code>"
       << escaped(one.first->found.repeat) << "</code></dd>\n</dl>\n</section>\n";
}

void write_cell(rule_result const* one, std::ostream& to) {
    if (one == nullptr) {
        to << "<td></td>";
        return;
    }
    look const& how = look_of(one->came);
    bool const has_seen = !one->first->found.seen.empty();
    to << "<td class=\"" << how.css << "\" title=\"" << name_of(one->came)
       << (has_seen ? ": " + escaped(one->first->found.seen) : "") << "\">";
    if (is_told(*one)) {
        to << "<a class=\"" << how.css << "\" href=\"#" << anchor_of(*one) << "\">" << how.mark
           << (one->known ? " known" : "") << "</a>";
    } else {
        to << how.mark;
    }
    to << "</td>";
}

void write_table(std::vector<rule_result> const& all, std::ostream& to) {
    std::vector<std::string_view> transports;
    std::vector<rule const*> rules;
    std::map<std::pair<rule const*, std::string_view>, rule_result const*> cells;
    for (rule_result const& one : all) {
        if (std::ranges::find(transports, one.transport) == transports.end()) {
            transports.push_back(one.transport);
        }
        if (std::ranges::find(rules, one.what) == rules.end()) {
            rules.push_back(one.what);
        }
        cells[{one.what, one.transport}] = &one;
    }
    std::string_view family;
    for (rule const* const what : rules) {
        if (family_of(*what) != family) {
            to << (family.empty() ? "" : "</tbody></table></div>\n");
            family = family_of(*what);
            to << "<h2>" << family << " " << title_of(family)
               << "</h2>\n<div class=\"wide\"><table><thead><tr><th>Rule</th><th>Level</th>";
            for (auto const name : transports) {
                to << "<th>" << escaped(name) << "</th>";
            }
            to << "<th>What has to be seen</th></tr></thead>\n<tbody>\n";
        }
        to << "<tr><th>" << what->id << "</th><td>" << name_of(what->binding) << "</td>";
        for (auto const name : transports) {
            auto const found = cells.find({what, name});
            write_cell(found == cells.end() ? nullptr : found->second, to);
        }
        to << "<td>" << escaped(what->text) << "</td></tr>\n";
    }
    to << (family.empty() ? "" : "</tbody></table></div>\n");
}

}  // namespace

void write_html(run_report const& of, std::ostream& to) {
    auto const all = of.results();
    to << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Conformance</title>\n<style>"
       << style << "</style>\n</head>\n<body>\n<h1>Conformance: "
       << (of.holds() ? "it holds" : "it does not hold") << "</h1>\n";
    write_numbers(count(all), to);
    if (!of.stale.empty()) {
        to << "<h2>Known failures that do not fail</h2>\n<ul>\n";
        for (stale_entry const& each : of.stale) {
            to << "<li class=\"failed\">" << escaped(each.message()) << "</li>\n";
        }
        to << "</ul>\n";
    }
    if (std::ranges::any_of(all, is_told)) {
        to << "<h2>What failed</h2>\n";
        for (rule_result const& each : all) {
            if (is_told(each)) {
                write_failure(each, to);
            }
        }
    }
    write_table(all, to);
    to << "<footer>" << escaped(of.build) << "; " << all.size() << " rules on transports, "
       << of.runs() << " runs, " << seconds_text(of.took) << " s</footer>\n</body>\n</html>\n";
}

}  // namespace trunkline::conformance
