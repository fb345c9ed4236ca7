#include <trunkline/conformance/run/runner.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/run/run_names.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace trunkline::conformance {
namespace {

using clock = std::chrono::steady_clock;

bool is_about(known_failure const& entry, rule const& what, std::string_view transport,
              world_options const& how) {
    return entry.rule == what.id && entry.transport == transport &&
           (!entry.shape || *entry.shape == how.shape);
}

class runner {
public:
    explicit runner(run_request const& wanted) : wanted_(wanted) {}

    run_report make() {
        made_.build = build_text();
        for (subject const& of : wanted_.subjects) {
            if (chooses_transport(wanted_.chosen, of.name)) {
                for (rule const& what : wanted_.rules) {
                    run_rule(what, of);
                }
            }
        }
        look_at_known();
        made_.took = clock::now() - begin_;
        return std::move(made_);
    }

private:
    void run_rule(rule const& what, subject const& of) {
        bool const virtual_time = of.has.virtual_time;
        if (!chooses_rule(wanted_.chosen, what.id)) {
            add_without_run(what, of, outcome::skipped, "not chosen");
            return;
        }
        if (auto why = unmet_need(what, of, virtual_time); !why.empty()) {
            add_without_run(what, of, outcome::not_applicable, std::move(why));
            return;
        }
        auto const runs = chosen_runs(what, of);
        if (runs.empty()) {
            add_without_run(what, of, outcome::skipped, "no run in the chosen shapes and roles");
        }
        for (world_options const& how : runs) {
            if (auto why = stopped_by(); !why.empty()) {
                add_without_run(what, of, outcome::skipped, std::move(why));
                return;
            }
            made_.records.push_back(run_once(what, of, how));
        }
    }

    [[nodiscard]] std::vector<world_options> chosen_runs(rule const& what,
                                                         subject const& of) const {
        world_options base{.size = wanted_.chosen.size, .virtual_time = of.has.virtual_time};
        base.disturbed = wanted_.chosen.disturbed;
        if (auto const limit = wanted_.chosen.run_time) {
            base.limits.time = base.limits.full_time = *limit;
        }
        std::vector<world_options> all;
        for (world_options how : runs_of(what, of, base)) {
            if (chooses_run(wanted_.chosen, how)) {
                for (auto const seed : wanted_.chosen.seeds) {
                    how.seed = seed;
                    all.push_back(how);
                }
            }
        }
        return all;
    }

    record run_once(rule const& what, subject const& of, world_options const& how) {
        record one{.what = &what, .transport = of.name, .how = how, .found = {}, .known = {}};
        std::string const repeat = repeat_line(
            wanted_.program, wanted_.flags ? wanted_.flags(what, how) : flags_of(what, of, how));
        if (wanted_.starting) {
            wanted_.starting(repeat);
        }
        auto const begin = clock::now();
        do {
            ++one.tries;
            verdict found =
                wanted_.judged_by ? wanted_.judged_by(what, of, how) : judge(what, of, how);
            if (found.what == outcome::failed) {
                one.found = std::move(found);
                one.found.repeat = repeat;
            } else if (one.found.what == outcome::failed && found.what == outcome::passed) {
                one.found.what = outcome::flaky;
            } else if (one.tries == 1) {
                one.found = std::move(found);
            }
        } while (one.found.what == outcome::failed && one.tries < wanted_.chosen.tries);
        one.took = clock::now() - begin;
        if (one.found.what == outcome::failed) {
            ++failures_;
            for (known_failure const& entry : wanted_.known) {
                if (is_about(entry, what, of.name, how)) {
                    one.known = entry.reason;
                }
            }
        }
        return one;
    }

    void add_without_run(rule const& what, subject const& of, outcome came, std::string why) {
        made_.records.push_back({.what = &what,
                                 .transport = of.name,
                                 .how = std::nullopt,
                                 .found = {came, std::move(why), {}},
                                 .known = {}});
    }

    // Why no further run begins; empty while they do.
    [[nodiscard]] std::string stopped_by() const {
        auto const& [time, failures] = std::tie(wanted_.chosen.time, wanted_.chosen.failures);
        if (time && clock::now() - begin_ >= *time) {
            return "the time was up";
        }
        if (failures && failures_ >= *failures) {
            return "enough runs had failed";
        }
        return {};
    }

    void look_at_known() {
        for (known_failure const& entry : wanted_.known) {
            if (auto why = why_stale(entry)) {
                made_.stale.push_back({entry, std::move(*why)});
            }
        }
    }

    // Only what was run in full can tell that an entry is stale.
    [[nodiscard]] std::optional<std::string> why_stale(known_failure const& entry) const {
        auto const what = std::ranges::find(wanted_.rules, entry.rule, &rule::id);
        auto const of = std::ranges::find(wanted_.subjects, entry.transport, &subject::name);
        if (what == wanted_.rules.end() || of == wanted_.subjects.end() ||
            !chooses_rule(wanted_.chosen, entry.rule) ||
            !chooses_transport(wanted_.chosen, entry.transport)) {
            return std::nullopt;
        }
        bool has_run = false;
        for (world_options const& how : runs_of(*what, *of, {})) {
            if (is_about(entry, *what, of->name, how)) {
                has_run = true;
                if (!chooses_run(wanted_.chosen, how)) {
                    return std::nullopt;
                }
            }
        }
        if (!has_run) {
            return "there is no such run";
        }
        bool has_passed = false;
        for (record const& one : made_.records) {
            if (one.what != &*what || one.transport != entry.transport) {
                continue;
            }
            if (one.found.what == outcome::skipped) {
                return std::nullopt;
            }
            if (one.how && is_about(entry, *what, one.transport, *one.how)) {
                if (one.found.what == outcome::failed || one.found.what == outcome::flaky) {
                    return std::nullopt;
                }
                has_passed = has_passed || one.found.what == outcome::passed;
            }
        }
        return has_passed ? "it passes" : "it is not applicable";
    }

    run_request const& wanted_;
    clock::time_point const begin_ = clock::now();
    std::size_t failures_ = 0;
    run_report made_;
};

}  // namespace

run_report run(run_request const& wanted) {
    return runner(wanted).make();
}

}  // namespace trunkline::conformance
