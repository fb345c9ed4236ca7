// What a call costs over each transport, beside an echo over a bare socket of the same kind: in
// turns, in one run, one line of JSON for each measurement (bench/transports.py makes a table of
// them).
#include "echo_pair.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace trunkline::bench;

constexpr std::array<std::string_view, 6> transports{"memory", "unix", "tcp", "ws", "tls", "wss"};

void print(std::string_view side, std::string_view transport, load_shape const& shape, int round,
           figures const& found) {
    std::printf(R"({"side": "%s", "transport": "%s", "size": %zu, "depth": %zu, "round": %d, )"
                R"("calls_per_second": %.1f, "server_cpu_us": %.4f, "p50_us": %.3f})"
                "\n",
                std::string(side).c_str(), std::string(transport).c_str(), shape.size, shape.depth,
                round, found.calls_per_second, found.server_cpu_us, found.p50_us);
    std::fflush(stdout);
}

figures measure_other(std::string_view transport, load_shape const& shape, parties const& who) {
    bool const websocket = transport.starts_with("ws");
    return websocket ? measure_beast(transport, shape, who) : measure_bare(transport, shape, who);
}

/// Ours and the other, each first in every other round.
void measure_both(std::string_view transport, load_shape const& shape, int round,
                  parties const& who) {
    for (int turn = 0; turn < 2; ++turn) {
        if ((turn + round) % 2 == 0) {
            print("ours", transport, shape, round, measure_ours(transport, shape, who));
        } else if (transport != "memory") {  // there is nothing of its kind
            print("bare", transport, shape, round, measure_other(transport, shape, who));
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    int rounds = 3;
    double seconds = 1;
    bool smoke = false;
    CLI::App line("What a call costs over each transport, beside a bare socket of the same kind.");
    line.option_defaults()->always_capture_default();
    line.add_option("--rounds", rounds, "of all measurements")->check(CLI::Range(1, 1000));
    line.add_option("--seconds", seconds, "for which each counts answers");
    line.add_flag("--smoke", smoke, "only see that it runs");
    CLI11_PARSE(line, count, arguments);
    if (smoke) {
        rounds = 1;
        seconds = 0.005;
    }
    parties const who;
    pin_caller();
    for (int round = 0; round < rounds; ++round) {
        for (std::string_view const transport : transports) {
            for (std::size_t const size : {16U, 1024U}) {
                for (std::size_t const depth : {1U, 64U}) {
                    measure_both(
                        transport,
                        {.size = size, .depth = depth, .warm_up = seconds / 5, .seconds = seconds},
                        round, who);
                }
            }
        }
    }
    return 0;
}
