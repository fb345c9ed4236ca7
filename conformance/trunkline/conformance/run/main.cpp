#include <trunkline/conformance/run/main.hpp>

#include <trunkline/conformance/report/printable.hpp>
#include <trunkline/conformance/run/command_line.hpp>
#include <trunkline/conformance/run/run_names.hpp>
#include <trunkline/conformance/run/runner.hpp>
#include <trunkline/conformance/run/worker.hpp>

#include <iostream>
#include <string_view>

namespace trunkline::conformance {
namespace {

class program {
public:
    program(std::string name, std::vector<subject> const& subjects, std::ostream& out,
            std::ostream& err)
        : name_(std::move(name)), subjects_(subjects), out_(out), err_(err) {}

    int follow(command_line const& wanted) {
        if (wanted.list) {
            list(wanted.chosen);
            return exit_holds;
        }
        std::vector<known_failure> known;
        if (!wanted.known_failures.empty()) {
            auto read = read_known_failures(std::filesystem::path(wanted.known_failures),
                                            all_rules(), subjects_);
            if (!read) {
                return complain(read.error().message());
            }
            known = std::move(*read);
        }
        run_request request{.subjects = subjects_,
                            .chosen = wanted.chosen,
                            .known = known,
                            .program = name_,
                            .starting = {}};
        if (wanted.announce) {
            request.starting = [this](std::string_view repeat) {
                (err_ << repeat << '\n').flush();
            };
        }
        worker apart;
        if (!wanted.in_process && worker::is_possible()) {
            out_.flush();
            err_.flush();
            request.judged_by = [&](rule const& what, subject const& of, world_options const& how) {
                return apart.judge(what, of, how);
            };
        }
        run_report const report = run(request);
        auto const became = apart.end();
        auto const unwritten = write_reports(report, wanted.reports, out_);
        if (unwritten) {
            return complain("the report cannot be written to " + *unwritten);
        }
        if (!became.empty()) {
            err_ << name_ << ": behind its last run the process of the runs " << became << '\n';
            return exit_broken;
        }
        return code_of(report);
    }

    int complain(std::string_view what) {
        err_ << name_ << ": " << printable(what) << '\n';
        return exit_usage;
    }

private:
    void list(selection const& chosen) {
        for (rule const& each : all_rules()) {
            if (chooses_rule(chosen, each.id)) {
                out_ << each.id << "  " << name_of(each.binding) << "  " << each.text << '\n';
            }
        }
        out_ << '\n';
        for (subject const& each : subjects_) {
            if (chooses_transport(chosen, each.name)) {
                out_ << each.name << (each.has.virtual_time ? "  virtual time" : "  real time")
                     << (each.has.shapes ? ", all shapes" : ", direct only") << '\n';
            }
        }
    }

    int code_of(run_report const& report) {
        if (!report.holds()) {
            return exit_broken;
        }
        totals const sum = count(report.results());
        if (sum.passed + sum.failed + sum.flaky == 0) {
            err_ << name_ << ": no rule was run that says something here\n";
            return exit_nothing;
        }
        return exit_holds;
    }

    std::string name_;
    std::vector<subject> const& subjects_;
    std::ostream& out_;
    std::ostream& err_;
};

}  // namespace

int run_main(std::span<std::string const> arguments, std::vector<subject> const& subjects,
             std::ostream& out, std::ostream& err) {
    std::string const name = arguments.empty() ? "conformance" : arguments.front();
    program here(name, subjects, out, err);
    auto const wanted = read_command_line(name, arguments.subspan(arguments.empty() ? 0 : 1),
                                          all_rules(), subjects);
    if (wanted) {
        return here.follow(*wanted);
    }
    if (wanted.error().is_fault) {
        return here.complain(wanted.error().text);
    }
    out << wanted.error().text;
    return exit_holds;
}

int run_main(int count, char const* const* arguments, std::vector<subject> const& subjects) {
    return run_main(std::vector<std::string>(arguments, arguments + count), subjects, std::cout,
                    std::cerr);
}

}  // namespace trunkline::conformance
