#include <trunkline/cli/bench_options.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/load/socket_lines.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace trunkline::cli {
namespace {

using config::count_of;
using namespace std::chrono_literals;

constexpr std::uint64_t call_size_max = 12 * mib;  // what servers take by default, with keys
constexpr std::uint64_t connections_max = 1'000'000;
constexpr std::uint64_t rate_max = 10'000'000;
constexpr std::uint64_t threads_max = 64;
constexpr std::uint64_t seconds_max = 7ULL * 24 * 3600;

}  // namespace

config::setting_list bench_settings(bench_options& options) {
    load::plan& of = options.of;
    return {
        {"url",
         "where the server is: ws:// or wss://HOST:PORT/PATH; of a store also tcp:// or "
         "tls://HOST:PORT, unix:/PATH or unix:@NAME",
         config::words{&options.url, "URL"}},
        {"connections", "how many are opened and kept",
         count_of(of.connections, 1, connections_max)},
        {"seconds", "how long messages are due, once all connections are open",
         count_of(options.seconds, 1, seconds_max)},
        {"concurrency", "how many connections are being opened at one time",
         count_of(of.concurrency, 1, connections_max)},
        {"threads", "how many divide the connections among themselves",
         count_of(options.threads, 1, threads_max)},
        {"mode", "what is done with the connections",
         config::choice{&options.mode, {"idle", "echo", "chat", "fan-out", "store"}}},
        {"rate", "connections begun a second; without it as concurrency lets them",
         count_of(of.connect_rate, 1, rate_max, "none")},
        {"message-rate", "messages a second, of all senders together; each: one a second of each",
         count_of(of.message_rate, 1, rate_max, "each")},
        {"closed-loop",
         "send when an earlier message was answered, not by the clock: measures what a server can "
         "do, and hides how long it pauses",
         config::toggle{&of.closed_loop}},
        {"depth",
         "messages of one connection that may wait for their answers; further ones wait "
         "to be sent",
         count_of(of.depth, 1, 65'536)},
        {"senders", "how many connections send; the others only receive",
         count_of(of.senders, 1, connections_max, "all")},
        {"size", "bytes of a message, or of a value", config::size_of(of.size, 1, 16 * mib)},
        {"text", "send text messages, not binary ones", config::toggle{&options.text}},
        {"protocol", "what a chat server speaks; detect: as its first message tells",
         config::choice{&options.protocol, {"detect", "binary", "json"}}},
        {"rooms",
         "rooms that the members of a chat are spread over, for servers that have some; more than "
         "one are asked for by ?room=bench-N",
         count_of(options.rooms, 1, 100'000)},
        {"operation", "what a store is asked for",
         config::choice{&options.operation,
                        {"write", "read", "exists", "batch-write", "batch-read"}}},
        {"keys", "different ones in a store, fewer where their values come to more than 16 MiB",
         count_of(options.work.keys, 1, 1'000'000)},
        {"batch", "entries of a batch", count_of(options.work.batch, 1, 100'000)},
        {"wire", "which header of frames a store reads: a has 21 bytes (muxio to 0.14), b has 13",
         config::choice{&options.wire, {"a", "b"}}},
        {"source-addresses",
         "loopback addresses to connect from, 127.0.0.1 and those after it; each has ports for "
         "some 28,000 connections",
         count_of(options.source_addresses, 1, load::source_addresses_max, "enough")},
        {"patience", "how long a connection may take to open, and the last answers to come",
         config::duration_of(of.patience, 10ms, 10min)},
        {"tls-ca",
         "PEM file with who vouches for the server of wss:// or tls://, in place of whom the "
         "system "
         "trusts",
         config::words{&options.tls_ca, "FILE"}},
        {"server-pid", "tell CPU time and memory of this process on the same machine",
         count_of(options.server_pid, 1, std::numeric_limits<std::int32_t>::max(), "none")},
        {"json", "write what was found as JSON; - is standard output",
         config::words{&options.json, "FILE"}},
        {"chart", "draw what was found, as SVG", config::words{&options.chart, "FILE"}},
    };
}

std::string settle(bench_options& options) {
    options.of.lasts = std::chrono::seconds(options.seconds);
    if (std::size_t const least = std::min(options.of.connections, options.of.concurrency);
        options.threads > least) {
        return "--threads: " + std::to_string(options.threads) + " are too many for " +
               std::to_string(options.of.connections) + " connections, " +
               std::to_string(options.of.concurrency) + " opened at one time; each needs one";
    }
    bool const in_a_chat = options.mode == "chat" || options.mode == "fan-out";
    if (in_a_chat && options.of.closed_loop) {
        return "--closed-loop: in a chat messages are due by the clock alone";
    }
    if (options.mode == "fan-out" && options.of.senders == 0) {
        options.of.senders = 1;
    }
    options.of.silent = options.mode == "idle";
    using load::store_operation;
    options.work.size = options.of.size;
    options.work.asks = options.operation == "write"         ? store_operation::write
                        : options.operation == "exists"      ? store_operation::exists
                        : options.operation == "batch-write" ? store_operation::batch_write
                        : options.operation == "batch-read"  ? store_operation::batch_read
                                                             : store_operation::read;
    bool const in_batches = options.work.asks == store_operation::batch_write ||
                            options.work.asks == store_operation::batch_read;
    if (options.mode == "store" && in_batches &&
        options.work.batch * options.of.size > call_size_max) {
        return "--batch: " + std::to_string(options.work.batch) + " values of " +
               std::to_string(options.of.size) +
               " bytes are more than the 12 MiB that a call has here; write smaller ones";
    }
    return "";
}

}  // namespace trunkline::cli
