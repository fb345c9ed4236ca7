#include <hostile/attack.hpp>
#include <replay/published_names.hpp>
#include <trunkline/base/limits.hpp>

#include <string>

namespace trunkline::hostile {
namespace {

namespace status = replay::status;
namespace close = replay::close;

using stage::byte_string;
using stage::client_frame;
using stage::rpc_peer;

ending closed(std::uint16_t code) {
    return {code, true, {{first_call, status::success}}};
}

ending unharmed() {
    return {std::nullopt, false, {{first_call, status::success}, {last_call, status::success}}};
}

/// What is sent after it counts for nothing.
attack refused(std::string name, client_frame frame, std::uint16_t code = close::protocol_error) {
    return {std::move(name),
            [bytes = stage::encode(frame)](rpc_peer& peer) {
                peer.link().send(bytes);
                send_good_call(peer);
            },
            closed(code)};
}

attack taken(std::string name, std::vector<client_frame> frames) {
    byte_string bytes;
    for (client_frame const& each : frames) {
        byte_string const one = stage::encode(each);
        bytes.insert(bytes.end(), one.begin(), one.end());
    }
    return {std::move(name),
            [bytes = std::move(bytes)](rpc_peer& peer) {
                peer.link().send(bytes);
                send_good_call(peer);
            },
            unharmed()};
}

void add_bad_headers(std::vector<attack>& list) {
    bytes_view const payload = as_bytes("abc");
    list.push_back(refused("not masked", {.payload = payload, .masked = false}));
    for (std::uint8_t bit : {1, 2, 4}) {
        list.push_back(
            refused("reserved bit " + std::to_string(bit), {.payload = payload, .reserved = bit}));
    }
    for (std::uint8_t const code : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        list.push_back(
            refused("reserved opcode " + std::to_string(code), {.code = code, .payload = payload}));
    }
    list.push_back(refused("a continuation of nothing", {.code = stage::op_continuation}));
    for (std::uint8_t const code : {stage::op_close, stage::op_ping, stage::op_pong}) {
        std::string const name = "control frame " + std::to_string(code);
        list.push_back(refused(name + " in fragments", {.code = code, .fin = false}));
        list.push_back(refused(name + " with a long length",
                               {.code = code, .length_bytes = 2, .declared = 126}));
        list.push_back(refused(name + " of 2^63 bytes",
                               {.code = code, .length_bytes = 8, .declared = 1ULL << 63U}));
    }
}

void add_lengths(std::vector<attack>& list) {
    for (std::uint64_t const size : {0ULL, 1ULL, 125ULL}) {
        list.push_back(refused("a short length in 2 bytes: " + std::to_string(size),
                               {.length_bytes = 2, .declared = size}));
    }
    for (std::uint64_t const size : {0ULL, 125ULL, 126ULL, 65535ULL}) {
        list.push_back(refused("a short length in 8 bytes: " + std::to_string(size),
                               {.length_bytes = 8, .declared = size}));
    }
    for (std::uint64_t const size : {1ULL << 63U, ~0ULL}) {
        list.push_back(refused("the highest bit of a length: " + std::to_string(size),
                               {.length_bytes = 8, .declared = size}));
    }
    constexpr std::uint64_t largest = session_limits{}.message_size_max;
    for (std::uint64_t const size :
         {largest + 1, std::uint64_t{1} << 32U, (std::uint64_t{1} << 63U) - 1}) {
        list.push_back(refused("a message of " + std::to_string(size) + " bytes",
                               {.length_bytes = 8, .declared = size}, close::message_too_big));
    }
    for (std::uint64_t const size :
         {std::uint64_t{126}, std::uint64_t{65535}, std::uint64_t{65536}, largest - 1, largest}) {
        list.push_back(
            {"a message of " + std::to_string(size) + " bytes that does not come",
             [size](rpc_peer& peer) { peer.link().send(stage::encode({.declared = size})); },
             {std::nullopt, false, {{first_call, status::success}}}});
    }
    list.push_back({"a message in fragments, too big together",
                    [](rpc_peer& peer) {
                        // One RPC frame at its limit, so that what is too big is the message.
                        byte_string half = stage::encode({7, 0, 0, {}}, peer.layout());
                        store_le(half.data(), static_cast<std::uint32_t>(largest));
                        half.resize(largest / 2 + 1);
                        peer.link().send(stage::encode({.payload = half, .fin = false}));
                        peer.link().send(
                            stage::encode({.code = stage::op_continuation, .payload = half}));
                    },
                    closed(close::message_too_big)});
}

void add_text(std::vector<attack>& list) {
    list.push_back(
        taken("text is ignored", {{.code = stage::op_text, .payload = as_bytes("hello")}}));
    list.push_back(
        taken("pongs that nobody asked for", {{.code = stage::op_pong}, {.code = stage::op_pong}}));
    for (std::string_view const bad :
         {"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
        list.push_back(refused("text that is not UTF-8",
                               {.code = stage::op_text, .payload = as_bytes(bad)},
                               close::invalid_payload));
    }
    list.push_back(refused("text that ends inside a character",
                           {.code = stage::op_text, .payload = as_bytes("\xe2\x82")},
                           close::invalid_payload));
    byte_string bytes = stage::encode({.payload = as_bytes("a"), .fin = false});
    byte_string const other = stage::encode({.payload = as_bytes("b")});
    bytes.insert(bytes.end(), other.begin(), other.end());
    list.push_back({"a message inside a message",
                    [bytes](rpc_peer& peer) { peer.link().send(bytes); },
                    closed(close::protocol_error)});
}

void add_closes(std::vector<attack>& list) {
    auto const close_with = [](std::string name, byte_string const& payload, std::uint16_t answer) {
        return refused(std::move(name), {.code = stage::op_close, .payload = payload}, answer);
    };
    list.push_back(close_with("a Close without a code", {}, close::no_code));
    list.push_back(
        close_with("a Close of one byte", replay::from_hex("61"), close::protocol_error));
    for (std::uint16_t const code : {1000, 1001, 1003, 1007, 1011, 3000, 4999}) {
        list.push_back({"Close " + std::to_string(code),
                        [code](rpc_peer& peer) {
                            peer.link().send(stage::close_frame(code, "bye"));
                            send_good_call(peer);
                        },
                        closed(code)});
    }
    for (std::uint16_t const code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
        list.push_back({"Close with the impossible code " + std::to_string(code),
                        [code](rpc_peer& peer) { peer.link().send(stage::close_frame(code)); },
                        closed(close::protocol_error)});
    }
    list.push_back({"a Close whose reason is not UTF-8",
                    [](rpc_peer& peer) { peer.link().send(stage::close_frame(1000, "\xff")); },
                    closed(close::invalid_payload)});
}

}  // namespace

std::vector<attack> websocket_attacks() {
    std::vector<attack> list;
    add_bad_headers(list);
    add_lengths(list);
    add_text(list);
    add_closes(list);
    return list;
}

}  // namespace trunkline::hostile
