// The report as one JSON object: all that is known, for programs.
#include <trunkline/conformance/report/printable.hpp>
#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/run/run_names.hpp>

#include <boost/json.hpp>

namespace trunkline::conformance {
namespace {

namespace json = boost::json;

// As a field of the object: without spaces.
std::string_view word_of(outcome what) {
    return what == outcome::not_applicable ? "not_applicable" : name_of(what);
}

double seconds(std::chrono::nanoseconds span) {
    return std::chrono::duration<double>(span).count();
}

json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value() : json::value(printable(text));
}

json::object as_json(record const& one) {
    json::object made{{"outcome", word_of(one.found.what)},
                      {"seen", text_or_null(one.found.seen)},
                      {"repeat", text_or_null(one.found.repeat)},
                      {"known", text_or_null(one.known)},
                      {"tries", one.tries},
                      {"seconds", seconds(one.took)}};
    if (one.how) {
        made["shape"] = transport::name_of(one.how->shape);
        made["role"] = name_of(one.how->role);
        made["seed"] = one.how->seed;
        made["volume"] = name_of(one.how->size);
        made["time"] = one.how->virtual_time ? "virtual" : "real";
    }
    return made;
}

json::object as_json(rule_result const& one) {
    json::array runs;
    for (record const& each : one.runs) {
        if (each.how) {
            runs.push_back(as_json(each));
        }
    }
    return {{"rule", one.what->id},
            {"family", family_of(*one.what)},
            {"level", name_of(one.what->binding)},
            {"transport", printable(one.transport)},
            {"outcome", word_of(one.came)},
            {"blocks", one.blocks()},
            {"text", one.what->text},
            {"look_at", one.what->look_at},
            {"seen", text_or_null(one.first->found.seen)},
            {"repeat", text_or_null(one.first->found.repeat)},
            {"known", text_or_null(one.known ? one.first->known : "")},
            {"seconds", seconds(one.took)},
            {"runs", std::move(runs)}};
}

json::object as_json(stale_entry const& one) {
    return {{"file", printable(one.entry.file)},
            {"line", one.entry.line},
            {"rule", one.entry.rule},
            {"transport", one.entry.transport},
            {"why", one.why},
            {"message", printable(one.message())}};
}

json::object as_json(totals const& sum) {
    json::object made;
    for (auto const each : {outcome::passed, outcome::failed, outcome::not_applicable,
                            outcome::skipped, outcome::flaky}) {
        made[word_of(each)] = sum.of(each);
    }
    return made;
}

}  // namespace

void write_json(run_report const& of, std::ostream& to) {
    auto const all = of.results();
    totals const sum = count(all);
    json::array results;
    for (rule_result const& each : all) {
        results.push_back(as_json(each));
    }
    json::array stale;
    for (stale_entry const& each : of.stale) {
        stale.push_back(as_json(each));
    }
    to << json::object{{"format", 1},
                       {"build", of.build},
                       {"holds", of.holds()},
                       {"totals", as_json(sum)},
                       {"known", sum.known},
                       {"should", sum.should},
                       {"runs", of.runs()},
                       {"seconds", seconds(of.took)},
                       {"stale", std::move(stale)},
                       {"results", std::move(results)}}
       << '\n';
}

}  // namespace trunkline::conformance
