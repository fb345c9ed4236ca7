// trunkline conform: a server or client that somebody else wrote, held to the rules that can be
// decided from outside (docs/conform.md).
#include <trunkline/base/limits.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/tls_flags.hpp>
#include <trunkline/conform/client_rules.hpp>
#include <trunkline/conform/host.hpp>
#include <trunkline/conform/server_rules.hpp>
#include <trunkline/conform/stranger.hpp>
#include <trunkline/conformance/run/known_failures.hpp>
#include <trunkline/conformance/run/run_names.hpp>
#include <trunkline/conformance/run/runner.hpp>
#include <trunkline/conformance/run/wanted_report.hpp>
#include <trunkline/rpc/method_id.hpp>
#include <trunkline/serve/tls_files.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::cli {
namespace {

using conformance::rule;
using namespace std::chrono_literals;

struct conform_options {
    std::string url;
    std::string listen;
    std::chrono::milliseconds lasts{60'000};
    std::size_t kept_size_max = conform::kept_size_default;
    std::string wire = "b";
    std::string echo;
    std::vector<std::string> rules;
    std::vector<std::string> reports;
    std::string known_failures;
    std::string volume = "quick";
    std::uint64_t seed = 1;
    std::chrono::milliseconds wait{5000};
    std::chrono::milliseconds handshake_timeout = connection_limits{}.handshake_timeout;
    bool list = false;
    tls_flags tls;
};

// A method by its number, "0x2a", or by its name.
std::optional<std::uint64_t> method_of(std::string_view text) {
    if (!text.starts_with("0x")) {
        return rpc::method_id(text);
    }
    std::uint64_t id = 0;
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data() + 2, end, id, 16);
    return read.ec == std::errc() && read.ptr == end ? std::optional(id) : std::nullopt;
}

bool is_known(std::span<rule const> rules, std::string_view word) {
    return std::ranges::any_of(
        rules, [&](rule const& each) { return each.id == word || family_of(each) == word; });
}

// What is wrong with the options; empty where nothing is.
std::string fault_of(conform_options const& options, std::span<rule const> rules) {
    for (std::string const& each : options.rules) {
        if (!is_known(rules, each)) {
            return "--rule knows no rule and no family " + each + "; --list tells them";
        }
    }
    for (std::string const& each : options.reports) {
        if (!conformance::report_wanted(each)) {
            return "--report wants FORMAT or FORMAT=FILE, with one of text, json, junit and html, "
                   "not \"" +
                   each + "\"";
        }
    }
    if (!options.echo.empty() && !method_of(options.echo)) {
        return "--echo wants a method's name, or its number such as 0x2a, not \"" + options.echo +
               "\"";
    }
    if (auto const pair = server::check_pair(options.tls.cert, options.tls.key); !pair.empty()) {
        return pair;
    }
    if (options.url.empty() == options.listen.empty() && !options.list) {
        return "conform wants the URL of a server, or --listen and where a client will come";
    }
    return "";
}

int list(conformance::selection const& chosen, std::span<rule const> rules) {
    for (rule const& each : rules) {
        if (chooses_rule(chosen, each.id) &&
            !say(std::string(each.id) + "  " + name_of(each.binding) + "  " +
                 std::string(each.text))) {
            return exit_failure;
        }
    }
    return exit_success;
}

conformance::selection selection_of(conform_options const& options) {
    conformance::selection made;
    made.rules = options.rules;
    made.shapes = {transport::delivery_shape::direct};
    made.roles = {conformance::initiator::client};
    made.seeds = {options.seed};
    made.size = options.volume == "full" ? conformance::volume::full : conformance::volume::quick;
    return made;
}

// The flags that make one run again.
std::string flags_of(conform_options const& options, rule const& what) {
    std::ostringstream text;
    auto const add = [&](std::string_view flag, std::string const& value) {
        if (!value.empty()) {
            text << " --" << flag << ' ' << conformance::shell_word(value);
        }
    };
    text << "conform";
    if (options.listen.empty()) {
        text << ' ' << conformance::shell_word(options.url) << " --rule " << what.id << " --wire "
             << options.wire;
        add("echo", options.echo);
        text << " --seed " << options.seed << " --volume " << options.volume << " --wait "
             << options.wait.count() << "ms --handshake-timeout "
             << options.handshake_timeout.count() << "ms";
    } else {
        add("listen", options.listen);
        text << " --for " << options.lasts.count() << "ms";
        if (options.kept_size_max != conform::kept_size_default) {
            text << " --kept-size-max " << options.kept_size_max;
        }
        text << " --rule " << what.id << " --wait " << options.wait.count() << "ms";
    }
    add("tls-ca", options.tls.ca);
    add("tls-cert", options.tls.cert);
    add("tls-key", options.tls.key);
    return text.str();
}

// The server, or a client that has been, for the rules to look at; else it is said why there is
// none, and the exit code is set.
std::optional<conformance::subject> dialled(conform_options const& options, int& code) {
    conform::server_facts about{
        .url = options.url,
        .spoken = options.wire == "a" ? frame::layout::a : frame::layout::b,
        .echo_method = options.echo.empty() ? std::nullopt : method_of(options.echo),
        .patience = options.wait,
        .handshake = options.handshake_timeout};
    if (!options.tls.ca.empty() || !options.tls.cert.empty()) {
        auto trust = client_context(options.tls);
        if (!trust) {
            code = complain(exit_usage, trust.error().message);
            return std::nullopt;
        }
        about.trust = std::move(*trust);
    }
    auto server = conform::server_at(std::move(about));
    if (!server) {
        code = complain(exit_usage, options.url +
                                        " is no URL of a server: " + server.error().message() +
                                        "; ws, wss, tcp, tls and unix can be dialled");
        return std::nullopt;
    }
    return std::move(*server);
}

std::optional<conformance::subject> received(conform_options const& options, int& code) {
    std::optional<tls::context> shown;
    if (!options.tls.cert.empty()) {
        auto made = server_context(options.tls);
        if (!made) {
            code = complain(exit_usage, made.error().message);
            return std::nullopt;
        }
        shown = std::move(*made);
    }
    auto const door = conform::door_at(options.listen, std::move(shown));
    if (!door) {
        code = complain(exit_usage, options.listen +
                                        " is nowhere to listen: " + door.error().message() +
                                        "; ws, tcp and unix can be listened on, and with "
                                        "--tls-cert and --tls-key wss and tls");
        return std::nullopt;
    }
    conformance::world_options how{.virtual_time = false};
    how.limits.time = options.lasts + options.wait + 1min;
    conformance::world at(*door, how);
    conform::reception desk(at, options.kept_size_max);
    if (auto const why = desk.fault()) {
        code = complain(exit_listen, "cannot listen on " + options.listen + ": " + why.message());
        return std::nullopt;
    }
    (std::cerr << "Waiting for a client on " << desk.url() << '\n').flush();
    auto books = desk.finish(options.lasts, options.wait);
    if (desk.is_full()) {
        (std::cerr << "More was said than --kept-size-max lets be kept; the rest was not read\n")
            .flush();
    }
    return conform::guests(door->name, std::move(books));
}

int run(conform_options const& options, conformance::selection const& chosen,
        std::span<rule const> rules) {
    int code = exit_success;
    auto const judged = options.listen.empty() ? dialled(options, code) : received(options, code);
    if (!judged) {
        return code;
    }
    std::span const judged_ones(&*judged, 1);
    std::vector<conformance::known_failure> known;
    if (!options.known_failures.empty()) {
        auto read = conformance::read_known_failures(std::filesystem::path(options.known_failures),
                                                     rules, judged_ones);
        if (!read) {
            return complain(exit_usage, read.error().message());
        }
        known = std::move(*read);
    }
    auto const report = conformance::run(
        {.subjects = judged_ones,
         .rules = rules,
         .chosen = chosen,
         .known = known,
         .program = "trunkline",
         .flags = [&](rule const& what, auto const&) { return flags_of(options, what); },
         .starting = {}});
    std::vector<conformance::wanted_report> wanted;
    for (std::string const& each : options.reports) {
        wanted.push_back(*conformance::report_wanted(each));
    }
    if (auto const unwritten = write_reports(report, wanted, std::cout)) {
        return complain(exit_failure, "the report cannot be written to " + *unwritten);
    }
    return report.holds() ? exit_success : exit_failure;
}

int act(conform_options const& options) {
    auto const rules = options.listen.empty() ? conform::server_rules() : conform::client_rules();
    if (auto const fault = fault_of(options, rules); !fault.empty()) {
        return complain(exit_usage, fault);
    }
    auto const chosen = selection_of(options);
    return options.list ? list(chosen, rules) : run(options, chosen, rules);
}

}  // namespace

command conform() {
    auto const options = std::make_shared<conform_options>();
    return {
        {.name = "conform",
         .summary =
             "Holds a server or client that somebody else wrote to the rules of the protocol.",
         .positional = "server",
         .details = "Nothing needs to be known about its methods: calls of one that nobody has are "
                    "answered by every server. What the rules are, and what each came to, is told "
                    "as the conformance kit does; exit code 1 tells that a rule is broken."},
        {{"server",
          "where the server listens, such as ws://127.0.0.1:8080/ws, tcp://HOST:PORT or "
          "unix:/PATH",
          config::words{&options->url, "URL"}},
         {"listen",
          "wait for a client instead, on ws://HOST:PORT/PATH or wss://, tcp://HOST:PORT or tls://, "
          "or unix:/PATH; port 0 takes a free one",
          config::words{&options->listen, "URL"}},
         {"for", "how long a client may stay, and be waited for",
          config::duration_of(options->lasts, 10ms, 24h)},
         {"kept-size-max", "how much is kept of what clients say; who says more is cut",
          config::size_of(options->kept_size_max, 64 * kib, 1024 * mib)},
         {"wire", "which header of frames it reads: a has 21 bytes (muxio to 0.14), b has 13",
          config::choice{&options->wire, {"a", "b"}}},
         {"echo",
          "a method that answers with its arguments, so that they can be compared: its "
          "name, or its number such as 0x2a",
          config::words{&options->echo, "METHOD"}},
         {"rule", "a rule, or a family of them; may come again",
          config::word_list{&options->rules, "ID|FAMILY"}},
         {"report", "write a report as text, json, junit or html; may come again",
          config::word_list{&options->reports, "FORMAT[=FILE]"}},
         {"known-failures", "lines RULE TRANSPORT  # reason: these have to fail",
          config::words{&options->known_failures, "FILE"}},
         {"volume", "how much a rule does", config::choice{&options->volume, {"quick", "full"}}},
         {"seed", "of all that is random",
          config::count_of(options->seed, 0, std::numeric_limits<std::int64_t>::max())},
         {"wait", "how long what must happen may take",
          config::duration_of(options->wait, 10ms, 60s)},
         {"handshake-timeout", "how long the server lets a handshake take",
          config::duration_of(options->handshake_timeout, 10ms, 60s)},
         {"tls-ca",
          "PEM file with who vouches for a server of tls:// or wss://, in place of those that the "
          "system trusts, or for clients that come",
          config::words{&options->tls.ca, "FILE"}},
         {"tls-cert", "PEM file with a certificate to show",
          config::words{&options->tls.cert, "FILE"}},
         {"tls-key", "PEM file with the private key of that certificate",
          config::words{&options->tls.key, "FILE"}},
         {"list", "tell the rules, and run none", config::toggle{&options->list}}},
        [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
