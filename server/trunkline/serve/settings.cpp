#include <trunkline/serve/settings.hpp>

#include <trunkline/config/limit_relations.hpp>
#include <trunkline/serve/alignment_setting.hpp>
#include <trunkline/serve/endpoint.hpp>
#include <trunkline/serve/tls_files.hpp>
#include <trunkline/serving/shared_settings.hpp>
#include <trunkline/store/durability.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/websocket/origin.hpp>

#include <algorithm>
#include <array>

namespace trunkline::server {
namespace {

using namespace std::chrono_literals;
using config::count_of;
using config::duration_of;
using config::setting;
using config::size_of;

constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t million = 1'000'000;

/// The frames of one stream are given up all at once, between two reads: this many take
/// milliseconds.
constexpr std::uint64_t frames_ahead_most = 65'536;

/// Beyond one message a connection holds headers, bookkeeping and the beginning of the next.
constexpr std::uint64_t beside_a_message_least = 64 * kib;
constexpr std::uint64_t beside_a_message = 8 * mib;

std::uint64_t held_least(std::uint64_t inner) {
    return inner + beside_a_message_least;
}
std::uint64_t held_wanted(std::uint64_t inner) {
    return inner + beside_a_message;
}
std::uint64_t held_part(std::uint64_t outer) {
    return std::max(outer / 2, outer - std::min(outer, beside_a_message));
}
std::uint64_t same(std::uint64_t number) {
    return number;
}

constexpr std::array relations{
    config::relation{"message-size-max", "held-size-max", held_least, held_wanted, held_part,
                     "a connection must hold one message and 64KiB more"},
    config::relation{"frame-payload-size-max", "held-size-max", held_least, held_wanted, held_part,
                     "a connection must hold one frame and 64KiB more"},
    config::relation{"out-of-order-size-max", "held-size-max", held_least, held_wanted, held_part,
                     "a connection must hold the frames of one stream and 64KiB more"},
    config::relation{"message-size-max", "decoded-size-max", same, held_wanted, held_part,
                     "what is decoded holds the message itself"},
    config::relation{"decoded-size-max", "held-size-max", same, same, same,
                     "what is decoded counts as held"},
    config::relation{"unfinished-requests-max", "open-streams-max", same, same, same,
                     "every unfinished request is an open stream"},
    config::relation{"ping-after", "silence-timeout", [](std::uint64_t inner) { return inner + 1; },
                     [](std::uint64_t inner) { return inner * 3; },
                     [](std::uint64_t outer) { return outer / 3; },
                     "a peer needs time to answer a ping"}};

void add_places(config::setting_list& list, serve_options& options) {
    list.push_back(
        {"path", "the store file; made when absent", config::words{&options.file, "FILE"}});
    list.push_back(alignment_setting(options.alignment));
    add_address(list, options.host, options.port, options.port_file);
    list.push_back(
        {"listen",
         "ws:// or wss://host:port/path, tcp:// or tls://host:port, unix:/path or unix:@name; "
         "again for more, "
         "in place of --host and --port unless these are given, too",
         config::word_list{&options.listen, "URL"}});
    list.push_back({"tls-cert",
                    "PEM file with the certificate of tls:// and wss://, and those that vouch for "
                    "it; SIGHUP reads it again",
                    config::words{&options.tls_cert, "FILE"}});
    list.push_back({"tls-key", "PEM file with the private key of that certificate",
                    config::words{&options.tls_key, "FILE"}});
    list.push_back({"tls-client-ca",
                    "PEM file with who vouches for clients of tls:// and wss://; those that show "
                    "no certificate of theirs are refused",
                    config::words{&options.tls_client_ca, "FILE"}});
    list.push_back({"unix-mode", "permissions of the socket files of --listen, as of chmod",
                    config::words{&options.unix_mode, "MODE"}});
    list.push_back({"ws-path", "path of the WebSocket endpoint of the store",
                    config::words{&options.ws_path, "PATH"}});
    list.push_back({"echo-path", "path of a WebSocket endpoint that echoes; off unless given",
                    config::words{&options.echo_path, "PATH"}});
    list.push_back({"allow-origin",
                    "origin of web pages that may connect, such as https://example.org; again for "
                    "more; all unless given",
                    config::word_list{&options.allow_origin, "ORIGIN"}});
    list.push_back({"deflate",
                    "compress messages with WebSocket clients that offer permessage-deflate",
                    config::toggle{&options.deflate}});
    list.push_back({"extension",
                    "whether Trunkline clients that ask for the extension get it; to others "
                    "nothing changes",
                    config::choice{&options.extension, {"on", "off"}}});
    add_allow_plain(list, options.allow_plain);
    list.push_back(
        {"durability", "what a write has survived when it is answered",
         config::choice{&options.durability,
                        {store::durability_names.begin(), store::durability_names.end()}}});
    list.push_back({"threads",
                    "threads, each with its own connections; one more waits for the disk",
                    count_of(options.threads, 1, 1024, "cores")});
}

void add_message_limits(config::setting_list& list, session_limits& of) {
    auto const add = [&list](std::string_view name, config::number target,
                             std::string_view meaning) {
        list.push_back({name, meaning, std::move(target), true});
    };
    add("message-size-max", size_of(of.message_size_max, 1 * kib, 4 * gib),
        "one RPC message and one WebSocket message; that call is refused, that connection closed");
    add("frame-payload-size-max", size_of(of.frame_payload_size_max, chunk_size, 2 * gib),
        "one frame as its header declares it; the connection is closed");
    add("held-size-max", size_of(of.held_size_max, 256 * kib, 64 * gib),
        "everything held for one connection; the connection is closed");
    add("out-of-order-frames-max", count_of(of.out_of_order_frames_max, 1, frames_ahead_most),
        "frames of one stream that came too early; the stream is dropped");
    add("out-of-order-size-max", size_of(of.out_of_order_size_max, chunk_size, gib),
        "bytes of one stream that came too early; the stream is dropped");
    add("open-streams-max", count_of(of.open_streams_max, 1, million),
        "streams a peer has open; a new one is refused");
    add("unbegun-streams-max", count_of(of.unbegun_streams_max, 1, million),
        "streams known by their later frames only; the oldest is dropped");
    add("unfinished-requests-max", count_of(of.unfinished_requests_max, 1, million),
        "requests not yet received to their end; a new one is refused");
    add("unanswered-requests-max", count_of(of.unanswered_requests_max, 1, million),
        "complete requests awaiting an answer; the connection is not read from");
    add("output-owned-mark", size_of(of.output_owned_mark, chunk_size, 64 * gib),
        "queued answers in our memory; no further request is started");
    add("output-borrowed-mark", size_of(of.output_borrowed_mark, chunk_size, 64 * gib),
        "queued answers in the mapped file; no further request is started");
    add("pending-calls-max", count_of(of.pending_calls_max, 1, million),
        "calls of ours to a peer awaiting an answer; a new one fails");
    add("protocol-errors-max", count_of(of.protocol_errors_max, 1, million),
        "frames of a connection that had to be skipped; the connection is closed");
}

void add_format_limits(config::setting_list& list, serve_options& options) {
    auto const add = [&list](std::string_view name, config::number target,
                             std::string_view meaning) {
        list.push_back({name, meaning, std::move(target), true});
    };
    bitcode_limits& of = options.bitcode;
    add("list-elements-max", count_of(of.list_elements_max, 1, 1024 * million),
        "elements of all lists of one place of a request; that call is refused");
    add("decoded-size-max", size_of(of.decoded_size_max, 2 * kib, 64 * gib),
        "one request with what decoding it allocates; that call is refused");
    add("packed-size-max", size_of(of.packed_size_max, 0, 64 * gib),
        "packed bytes of one column of an answer; a larger one is sent plain");
    add("http-head-size-max", size_of(options.websocket.http_head_size_max, 1 * kib, 1 * mib),
        "the head of one HTTP request; refused with 431");
    add("http-fields-max", count_of(options.websocket.http_fields_max, 8, 10'000),
        "header lines of one HTTP request; refused with 431");
}

void add_connection_limits(config::setting_list& list, serve_options& options) {
    auto const add = [&list](std::string_view name, config::number target,
                             std::string_view meaning) {
        list.push_back({name, meaning, std::move(target), true});
    };
    connection_limits& of = options.connection;
    add_connections_max(list, options.connections_max, options.connections_per_peer_max);
    add("handshake-timeout", duration_of(of.handshake_timeout, 100ms, 1h),
        "from accept to the end of the handshake; then closed");
    add("ping-after", duration_of(of.ping_after, 100ms, 24h),
        "silence after which a peer is pinged");
    add("silence-timeout", duration_of(of.silence_timeout, 300ms, 72h),
        "without any byte from a peer; then closed");
    add("write-stall-timeout", duration_of(of.write_stall_timeout, 100ms, 24h),
        "without a peer taking any byte of what is queued for it; then closed");
    add("drain-quiet", duration_of(of.drain_quiet, 0ms, 1min),
        "at a stop: silence of a peer; then it gets its answers and is closed");
    add("close-timeout", duration_of(of.close_timeout, 10ms, 1min),
        "from our close to the end of the connection; then cut");
    add("fold-after", duration_of(of.fold_after, 0ms, 24h),
        "silence after which only 64 bytes are kept of a connection without calls");
    add("input-per-turn-max", size_of(of.input_per_turn_max, 4 * kib, 64 * mib),
        "bytes read from one connection before the others have their turn");
    add("drain-timeout", duration_of(options.drain_timeout, 0ms, 24h),
        "from the signal to stop until unfinished connections are cut");
}

std::string check_path(std::string_view flag, std::string_view path) {
    bool const plain = std::ranges::all_of(path, [](char letter) {
        return letter > ' ' && letter < 0x7f && letter != '?' && letter != '#';
    });
    if (path.starts_with('/') && plain) {
        return {};
    }
    return "--" + std::string(flag) + ": \"" + std::string(path) +
           "\" is not a path; begin with / and leave out spaces, ? and #";
}

bool was_given(std::span<config::setting> settings, std::string_view name) {
    auto const* const one = config::find(settings, name);
    return one != nullptr && one->from != config::origin::by_default;
}

std::string check_tls(serve_options const& options) {
    if (std::string fault = check_pair(options.tls_cert, options.tls_key); !fault.empty()) {
        return fault;
    }
    if (options.tls_cert.empty() && !options.tls_client_ca.empty()) {
        return "--tls-client-ca is about the clients of tls:// and wss://; add --tls-cert and "
               "--tls-key, or leave it out";
    }
    return {};
}

std::string check_endpoints(serve_options& options, std::span<config::setting> settings) {
    options.listens_by_default =
        options.listen.empty() || was_given(settings, "host") || was_given(settings, "port");
    for (std::string const& url : options.listen) {
        if (std::string fault = check_listen(options, url); !fault.empty()) {
            return fault;
        }
    }
    for (std::string const& origin : options.allow_origin) {
        if (!websocket::parse_origin(origin)) {
            return "--allow-origin: \"" + origin +
                   "\" is no origin of web pages; write scheme and host, and a port that is not "
                   "the usual one, such as https://example.org";
        }
    }
    if (!mode_of(options.unix_mode)) {
        return "--unix-mode: \"" + options.unix_mode +
               "\" are no permissions; write digits as for chmod, such as 0660";
    }
    bool const has_port = options.listens_by_default ||
                          std::ranges::any_of(options.listen, [](std::string const& url) {
                              return !transport::parse_endpoint(url)->host.empty();
                          });
    if (!options.port_file.empty() && !has_port) {
        return "--port-file: no endpoint has a port; leave it out, or add --port";
    }
    return options.listens_by_default ? check_host(options.host, options.port, options.allow_plain)
                                      : "";
}

}  // namespace

config::setting_list settings_of(serve_options& options) {
    config::setting_list list;
    add_places(list, options);
    add_message_limits(list, options.session);
    add_format_limits(list, options);
    add_connection_limits(list, options);
    return list;
}

std::string settle(serve_options& options, std::span<config::setting> settings, machine const& on) {
    if (options.threads == 0) {
        options.threads = on.cores;
    }
    std::string fault = config::reconcile(settings, relations);
    // One frame of the published chunk size, with its headers, passes whatever the limit.
    options.websocket.message_size_max =
        std::max<std::uint64_t>(options.session.message_size_max, 2 * chunk_size);
    options.websocket.frame_size_max = options.websocket.message_size_max;
    if (fault.empty()) {
        fault = check_tls(options);
    }
    if (fault.empty()) {
        fault = check_endpoints(options, settings);
    }
    if (fault.empty()) {
        fault = check_path("ws-path", options.ws_path);
    }
    if (fault.empty() && !options.echo_path.empty()) {
        fault = check_path("echo-path", options.echo_path);
    }
    if (fault.empty() && options.echo_path == options.ws_path) {
        fault = "--echo-path " + options.echo_path + " is the path of the store; choose another";
    }
    if (fault.empty()) {
        fault = fit_connections(options.connections_max, on);
    }
    return fault;
}

}  // namespace trunkline::server
