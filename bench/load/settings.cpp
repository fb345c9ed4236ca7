#include "settings.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>

namespace trunkline::load {

namespace {

std::map<std::string, operation> const operations{
    {"write", operation::write},           {"read", operation::read},
    {"exists", operation::exists},         {"batch-write", operation::batch_write},
    {"batch-read", operation::batch_read}, {"echo", operation::echo},
};

std::map<std::string, frame::layout> const layouts{{"a", frame::layout::a},
                                                   {"b", frame::layout::b}};

void add_flags(CLI::App& line, settings& to) {
    auto const at_least_one = CLI::Range(std::size_t{1}, std::size_t{1} << 30);
    line.add_option("--host", to.host, "address of the server");
    line.add_option("--port", to.port, "port of the server");
    line.add_option("--path", to.path, "path of the WebSocket [/ws; for echo /echo]");
    line.add_option("--operation", to.asks, "what each request asks for")
        ->transform(CLI::Transformer(operations));
    line.add_option("--connections", to.connections, "how many")->check(at_least_one);
    line.add_option("--depth", to.depth, "requests under way on each connection")
        ->check(CLI::Range(1, 1 << 20));
    line.add_option("--size", to.size, "bytes of a value, or of an echoed message")
        ->check(at_least_one);
    line.add_option("--batch", to.batch, "entries of a batch")->check(at_least_one);
    line.add_option("--keys", to.keys, "how many different ones")->check(at_least_one);
    line.add_option("--seed", to.seed, "the same seed makes the same requests");
    line.add_flag("--packable", to.packable, "values of digits instead of random bytes");
    line.add_option("--layout", to.layout, "of the headers of frames: a or b")
        ->transform(CLI::Transformer(layouts));
    line.add_flag("--joined", to.joined,
                  "a request is one WebSocket message, not one for each of its frames");
    line.add_option("--warm-up", to.warm_up, "seconds before anything is counted");
    line.add_option("--seconds", to.seconds, "for which answers are counted");
    line.add_option("--requests", to.requests, "end earlier, after so many");
    line.add_option("--cpu", to.cpu, "to run on");
    line.add_option("--server-pid", to.server_pid, "tell the CPU time and memory of this process");
    line.add_flag("--smoke", to.smoke, "only see that it runs: 100 requests, no warm-up");
}

}  // namespace

settings settings_of(int count, char** arguments) {
    settings found;
    CLI::App line(
        "Asks a WebSocket server as fast as it answers, checks every answer, and prints "
        "what it took as JSON.");
    line.option_defaults()->always_capture_default();
    add_flags(line, found);
    try {
        line.parse(count, arguments);
    } catch (CLI::ParseError const& fault) {
        std::exit(line.exit(fault));
    }
    if (found.smoke) {
        found.warm_up = 0;
        found.seconds = 60;
        found.requests = found.requests == 0 ? 100 : found.requests;
    }
    if (found.path.empty()) {
        found.path = found.asks == operation::echo ? "/echo" : "/ws";
    }
    return found;
}

}  // namespace trunkline::load
