// The report as JUnit XML. It knows no more than passed, failed and skipped: what is not
// applicable, known or only should hold is skipped there, with its reason; flaky is a pass with a
// remark, as Maven has it. The five numbers are properties.
#include <trunkline/conformance/report/printable.hpp>
#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/run/run_names.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
    std::string made = " " + std::string(name) + "=\"";
    for (char const each : escaped(value)) {
        // Else a reader makes spaces of them.
        made += each == '\n'   ? std::string("&#10;")
                : each == '\t' ? std::string("&#9;")
                               : std::string(1, each);
    }
    return made + "\"";
}

std::string attribute(std::string_view name, std::size_t value) {
    return attribute(name, std::to_string(value));
}

// What stands in a test case; nothing when it passed.
struct remark {
    std::string_view element;
    std::string message;
};

remark remark_on(rule_result const& one) {
    std::string const seen = one.first->found.seen;
    switch (one.came) {
        case outcome::passed:
            break;
        case outcome::failed:
            if (one.known) {
                return {"skipped", "known failure: " + one.first->known};
            }
            return one.blocks() ? remark{"failure", seen}
                                : remark{"skipped", "should hold, and does not: " + seen};
        case outcome::not_applicable:
            return {"skipped", "not applicable: " + seen};
        case outcome::skipped:
            return {"skipped", "skipped: " + seen};
        case outcome::flaky:
            return {"flakyFailure", seen};
    }
    return {};
}

std::string details(rule_result const& one) {
    std::string text = std::string(one.what->text) + "\n" + runs_text(one) +
                       "\nlook at: " + std::string(one.what->look_at) + "\n";
    for (record const& each : one.runs) {
        if (!each.found.repeat.empty()) {
            text += "seen: " + each.found.seen + "\nagain: " + each.found.repeat + "\n";
        }
    }
    return escaped(text);
}

void write_case(rule_result const& one, std::ostream& to) {
    to << "    <testcase" << attribute("name", one.what->id)
       << attribute("classname", "conformance." + std::string(one.transport))
       << attribute("time", seconds_text(one.took));
    auto const [element, message] = remark_on(one);
    if (element.empty()) {
        to << "/>\n";
        return;
    }
    to << ">\n      <" << element << attribute("message", message)
       << attribute("type", name_of(one.came));
    if (one.first->found.repeat.empty()) {
        to << "/>\n";
    } else {
        to << '>' << details(one) << "</" << element << ">\n";
    }
    to << "    </testcase>\n";
}

void write_properties(totals const& sum, std::string_view build, std::ostream& to) {
    to << "    <properties>\n      <property name=\"build\"" << attribute("value", build) << "/>\n";
    for (auto const each : {outcome::passed, outcome::failed, outcome::not_applicable,
                            outcome::skipped, outcome::flaky}) {
        to << "      <property" << attribute("name", name_of(each))
           << attribute("value", sum.of(each)) << "/>\n";
    }
    to << "    </properties>\n";
}

std::size_t failures_of(std::vector<rule_result> const& all) {
    return static_cast<std::size_t>(std::ranges::count_if(all, &rule_result::blocks));
}

std::string numbers(std::vector<rule_result> const& all, std::chrono::nanoseconds took) {
    auto const skipped = std::ranges::count_if(
        all, [](rule_result const& one) { return remark_on(one).element == "skipped"; });
    return attribute("tests", all.size()) + attribute("failures", failures_of(all)) +
           attribute("errors", std::size_t{0}) +
           attribute("skipped", static_cast<std::size_t>(skipped)) +
           attribute("time", seconds_text(took));
}

void write_suite(std::vector<rule_result> const& of, std::string_view build, std::ostream& to) {
    std::chrono::nanoseconds took{0};
    for (rule_result const& each : of) {
        took += each.took;
    }
    to << "  <testsuite" << attribute("name", "conformance." + std::string(of.front().transport))
       << numbers(of, took) << ">\n";
    write_properties(count(of), build, to);
    for (rule_result const& each : of) {
        write_case(each, to);
    }
    to << "  </testsuite>\n";
}

void write_stale(std::vector<stale_entry> const& all, std::ostream& to) {
    to << "  <testsuite name=\"known failures\"" << attribute("tests", all.size())
       << attribute("failures", all.size()) << " errors=\"0\" skipped=\"0\" time=\"0\">\n";
    for (stale_entry const& each : all) {
        to << "    <testcase" << attribute("name", text_of(each.entry))
           << attribute("classname", "conformance.known_failures") << " time=\"0\">\n      <failure"
           << attribute("message", each.message()) << attribute("type", "stale") << "/>\n"
           << "    </testcase>\n";
    }
    to << "  </testsuite>\n";
}

}  // namespace

void write_junit(run_report const& of, std::ostream& to) {
    auto const all = of.results();
    to << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"conformance\""
       << attribute("tests", all.size() + of.stale.size())
       << attribute("failures", failures_of(all) + of.stale.size())
       << attribute("errors", std::size_t{0}) << attribute("time", seconds_text(of.took)) << ">\n";
    for (auto first = all.begin(); first != all.end();) {
        auto const next = std::find_if(first, all.end(), [&](rule_result const& each) {
            return each.transport != first->transport;
        });
        write_suite({first, next}, of.build, to);
        first = next;
    }
    if (!of.stale.empty()) {
        write_stale(of.stale, to);
    }
    to << "</testsuites>\n";
}

}  // namespace trunkline::conformance
