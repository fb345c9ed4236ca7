// trunkline sim: the simulator's town (docs/simulator.md), one seed or many.
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/sim/town.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::cli {
namespace {

// Those that --seed takes.
constexpr std::uint64_t seed_max = std::numeric_limits<std::int64_t>::max();

struct sim_options {
    std::uint64_t seed = 1;
    std::string seeds;
    bool trace = false;
    bool hashes = false;
};

struct seed_range {
    std::uint64_t first;
    std::uint64_t last;
};

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number)
                                                                           : std::nullopt;
}

// "A..B", both of them included.
std::optional<seed_range> range_of(std::string_view text) {
    auto const dots = text.find("..");
    if (dots == text.npos) {
        return std::nullopt;
    }
    auto const first = number_of(text.substr(0, dots));
    auto const last = number_of(text.substr(dots + 2));
    return first && last && *first <= *last && *last <= seed_max
               ? std::optional(seed_range{*first, *last})
               : std::nullopt;
}

std::string line_of(sim::verdict const& found) {
    std::ostringstream text;
    text << "seed " << found.seed << ": " << (found.passed() ? "all holds" : found.broken) << "; "
         << found.events << " events, " << found.connections << " connections, " << found.calls
         << " calls, " << found.calls_at_once << " at once, " << found.faults << " faults, story "
         << found.story_number();
    return text.str();
}

// How many events most seeds had, and how many of the seeds were broken.
std::string summary_of(std::vector<std::uint64_t>& events, std::size_t broken) {
    std::ranges::sort(events);
    std::uint64_t sum = 0;
    for (auto const each : events) {
        sum += each;
    }
    return std::to_string(events.size()) + " seeds, " + std::to_string(broken) +
           " broken; events per seed: mean " + std::to_string(sum / events.size()) + ", p95 " +
           std::to_string(events[(events.size() * 95 + 99) / 100 - 1]) + ", least " +
           std::to_string(events.front());
}

int run_many(seed_range const& seeds, bool hashes) {
    std::vector<std::uint64_t> events;
    std::size_t broken = 0;
    for (auto seed = seeds.first;; ++seed) {
        auto const found = sim::run_town(seed);
        events.push_back(found.events);
        if (hashes && !say(std::to_string(seed) + " " + found.story_number())) {
            return exit_failure;
        }
        if (!found.passed()) {
            ++broken;
            complain(exit_failure, line_of(found) + "; again: " + found.repeat());
        }
        if (seed == seeds.last) {
            break;
        }
    }
    bool const said = hashes || say(summary_of(events, broken));
    return said && broken == 0 ? exit_success : exit_failure;
}

int act(sim_options const& options, bool one, bool many) {
    if (one && many) {
        return complain(exit_usage, "--seed is one and --seeds are many; write one of them");
    }
    if (!many) {
        auto const found = sim::run_town(options.seed, options.trace ? &std::cout : nullptr);
        bool const said =
            say(options.hashes ? std::to_string(found.seed) + " " + found.story_number()
                               : line_of(found));
        return said && found.passed() ? exit_success : exit_failure;
    }
    auto const seeds = range_of(options.seeds);
    if (!seeds || options.trace) {
        return complain(exit_usage, options.trace
                                        ? "a trace is of one seed; write --seed N --trace"
                                        : "--seeds wants a range such as 1..1000, not \"" +
                                              options.seeds + "\"");
    }
    return run_many(*seeds, options.hashes);
}

}  // namespace

command sim() {
    auto const options = std::make_shared<sim_options>();
    return {
        {.name = "sim",
         .summary = "Simulates clients, servers and stores while links, disks and processes "
                    "fail.",
         .positional = {},
         .details = "Everything runs on one thread, in virtual time, and follows from the seed: "
                    "the same seed has the same story everywhere. What must hold is checked at "
                    "all times; exit code 1 tells that something did not, and the seed repeats "
                    "it."},
        {{"seed", "the seed to run", config::count_of(options->seed, 0, seed_max)},
         {"seeds", "run all seeds of a range in place of one, and tell how many events they had",
          config::words{&options->seeds, "A..B"}},
         {"trace", "write the story, a line for each event that means something",
          config::toggle{&options->trace}},
         {"hashes", "write each seed with the number of its story, and nothing else",
          config::toggle{&options->hashes}}},
        [options](std::span<config::setting> settings) {
            auto const is_given = [&](std::string_view name) {
                return std::ranges::any_of(settings, [&](config::setting const& each) {
                    return each.name == name && each.from != config::origin::by_default;
                });
            };
            return act(*options, is_given("seed"), is_given("seeds"));
        }};
}

}  // namespace trunkline::cli
