// Attacks on a connection, as data: what is sent, and how it must end. The same on every stage.
#pragma once

#include <stage/rpc_peer.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::hostile {

struct seen_answer {
    std::uint32_t request_id = 0;
    std::uint8_t status = 0;

    auto operator<=>(seen_answer const&) const = default;
};

/// How a connection stands, in words that hold on every stage.
struct ending {
    std::optional<std::uint16_t> close_code;  ///< of the server's Close frame
    bool ended = false;                       ///< the server ended the link
    std::vector<seen_answer> answers;         ///< whole answers, sorted

    bool operator==(ending const&) const = default;
};

std::ostream& operator<<(std::ostream& out, ending const& shown);

[[nodiscard]] ending ending_of(stage::rpc_peer& peer);

/// `act` runs on a connection that is open, and whose first call (request 1) has been answered.
struct attack {
    std::string name;
    std::function<void(stage::rpc_peer&)> act;
    ending expected;
};

/// The request ids of attacks: the first good call, one beside the attack, and the good call after
/// it.
inline constexpr std::uint32_t first_call = 1;
inline constexpr std::uint32_t attacked_call = 7;
inline constexpr std::uint32_t last_call = 999'999;

/// The words in which attacks are written: frames of the peer's layout, each in a message of its
/// own.
void send_frame(stage::rpc_peer& peer, std::uint8_t kind, std::uint32_t stream_id,
                std::uint32_t sequence, bytes_view payload);
/// A header without payload that declares some.
void send_header(stage::rpc_peer& peer, std::uint32_t stream_id, std::uint32_t declared_size);
/// A whole call of `len`.
void send_good_call(stage::rpc_peer& peer, std::uint32_t request_id = last_call);
void send_call(stage::rpc_peer& peer, std::uint32_t request_id, std::uint64_t method_id,
               bytes_view arguments);

/// The head of an RPC message.
struct message_bytes {
    std::uint8_t type = 0;
    std::uint32_t request_id = attacked_call;
    std::uint64_t method_id = 0;
    bytes_view metadata{};
    std::optional<std::uint16_t> declared_metadata{};  ///< a length that is not metadata's
};
[[nodiscard]] stage::byte_string encode(message_bytes const& head);

/// Frames and RPC messages that break the rules of wire 3 to 6 and 10.
[[nodiscard]] std::vector<attack> frame_attacks();

/// Counts and arguments that promise more than is there.
[[nodiscard]] std::vector<attack> argument_attacks();

/// WebSocket frames that break RFC 6455 or its limits.
[[nodiscard]] std::vector<attack> websocket_attacks();

}  // namespace trunkline::hostile
