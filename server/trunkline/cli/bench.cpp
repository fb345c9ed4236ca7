// trunkline bench: many connections to one server, what they say, and how long answers take
// (docs/bench.md).
#include <trunkline/cli/bench_lane.hpp>
#include <trunkline/cli/bench_options.hpp>
#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/commands.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/output.hpp>
#include <trunkline/cli/progress_bar.hpp>
#include <trunkline/cli/signal_watch.hpp>
#include <trunkline/cli/status_line.hpp>
#include <trunkline/load/chart.hpp>
#include <trunkline/load/process_meter.hpp>
#include <trunkline/load/report.hpp>
#include <trunkline/serve/settings.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace std::chrono_literals;

// Beside one for each connection: what a process has open anyway, and what a loop takes.
constexpr std::size_t descriptors_spared = 32;
constexpr std::size_t descriptors_of_a_loop = 8;

/// One run; its first lane is on the thread that makes it.
class bench_run {
public:
    explicit bench_run(bench_options const& options)
        : options_(options),
          server_(static_cast<int>(options.server_pid)),
          meeting_(options.threads),
          talk_(std::random_device()(), options.rooms, options.threads) {
        found_ = {
            .url = options.url, .mode = options.mode, .of = options.of, .threads = options.threads};
    }

    /// Returns the exit code: of a complaint, or of what was found.
    int run() {
        for (std::size_t at = 0; at < options_.threads; ++at) {
            lanes_.push_back(std::make_unique<bench_lane>(
                options_, load::share{at, options_.threads}, meeting_, talk_));
            if (int const code = lanes_.back()->reach(); code != exit_success) {
                return code;
            }
        }
        if (is_shown_to_a_person()) {
            line_.emplace();
            lanes_.front()->watch([this] { show_progress(); });
        }
        run_lanes();
        line_.reset();
        for (auto const& each : lanes_) {
            counts_.add(each->counts());
        }
        for (auto const& each : std::span(lanes_).subspan(1)) {
            each->hold_against(*lanes_.front(), counts_);
        }
        return tell();
    }

private:
    void run_lanes() {
        for (auto const& each : lanes_) {
            each->begin([this](load::stage next) { note(next); });
        }
        signal_watch const watch([this](int) {
            for (auto const& each : lanes_) {
                each->stop();
            }
        });
        std::vector<std::future<void>> others;
        for (auto const& each : std::span(lanes_).subspan(1)) {
            others.push_back(std::async(std::launch::async, [&lane = *each] { lane.run(); }));
        }
        lanes_.front()->run();
        for (auto& each : others) {
            each.get();
        }
    }

    // CPU time counts from the first lane that runs to the first that ends, as all do it together.
    void note(load::stage next) {
        std::lock_guard const guard(lock_);
        if (next == load::stage::running && !has_run_) {
            has_run_ = true;
            own_cpu_ = load::own_cpu_time();
            server_cpu_ = server_.cpu_time();
        } else if (next == load::stage::parting && has_run_ && !has_ended_) {
            has_ended_ = true;
            found_.own_cpu = load::own_cpu_time() - own_cpu_;
            if (options_.server_pid != 0) {
                found_.server_cpu = server_.cpu_time() - server_cpu_;
                found_.server_memory = server_.memory_now().own;
            }
        }
    }

    void show_progress() {
        load::progress sum;
        for (auto const& each : lanes_) {
            sum.add(each->so_far());
        }
        line_->draw(load::progress_of(found_, sum).substr(0, columns_of_terminal()));
    }

    int tell() {
        std::string const json = load::to_json(found_, counts_) + "\n";
        bool told = write_text(options_.json == "-" ? json : load::to_text(found_, counts_));
        if (!options_.json.empty() && options_.json != "-") {
            told = write_file(options_.json, json) && told;
        }
        if (!options_.chart.empty()) {
            told = write_file(options_.chart, load::to_svg(found_, counts_)) && told;
        }
        if (counts_.opened == 0 && counts_.failures() != 0) {
            return exit_connect;
        }
        return told && counts_.failures() == 0 ? exit_success : exit_failure;
    }

    static bool write_file(std::string const& path, std::string const& text) {
        std::ofstream to(path, std::ios::binary | std::ios::trunc);
        to << text;
        bool const written = static_cast<bool>(to.flush());
        if (!written) {
            complain(exit_failure, "cannot write " + path);
        }
        return written;
    }

    bench_options const& options_;
    load::process_meter server_;
    load::meeting meeting_;
    load::chat_run talk_;
    std::vector<std::unique_ptr<bench_lane>> lanes_;
    std::mutex lock_;  // of what note() writes
    bool has_run_ = false;
    bool has_ended_ = false;
    std::chrono::nanoseconds own_cpu_{};
    std::chrono::nanoseconds server_cpu_{};
    load::findings found_;
    load::tally counts_;  // of all lanes
    std::optional<status_line> line_;
};

int act(bench_options& options) {
    if (auto const fault = settle(options); !fault.empty()) {
        return complain(exit_usage, fault);
    }
    std::size_t const descriptors = server::raise_and_read_machine().descriptors;
    if (options.of.connections + descriptors_spared + options.threads * descriptors_of_a_loop >
        descriptors) {
        return complain(exit_usage, "--connections: " + std::to_string(options.of.connections) +
                                        " take more descriptors than the " +
                                        std::to_string(descriptors) +
                                        " that this process may have; see ulimit -n");
    }
    try {
        return bench_run(options).run();
    } catch (std::exception const& fault) {
        return complain(exit_failure, fault.what());
    }
}

}  // namespace

command bench() {
    auto const options = std::make_shared<bench_options>();
    return {
        {.name = "bench",
         .summary = "Loads a WebSocket server with many connections and tells how it did.",
         .positional = "url",
         .details = "Works with every server, ours or not: idle only keeps connections, echo sends "
                    "messages that come back, chat has all members of a chat speak, fan-out one, "
                    "store calls a store. A message is due by the clock, "
                    "and its latency counts from then: a server that pauses is charged for all "
                    "that was due meanwhile. Exit code 1 tells that something failed, 6 that no "
                    "connection could be made.",
         .more_positional = {"connections", "seconds", "concurrency"}},
        bench_settings(*options),
        [options](std::span<config::setting>) { return act(*options); }};
}

}  // namespace trunkline::cli
