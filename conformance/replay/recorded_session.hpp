// Recorded connections (conformance/vectors/sessions): what two programs said to each other, event
// by event.
#pragma once

#include <replay/values.hpp>
#include <trunkline/frame/header.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::replay {

enum class direction : std::uint8_t { to_server, to_client };

enum class traffic : std::uint8_t { http, body, websocket, end };

/// Opcodes of RFC 6455 section 5.2.
enum class opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

/// One thing that was seen on a connection: an HTTP head or body, one WebSocket frame, or the end.
struct recorded_event {
    direction toward = direction::to_server;
    traffic what = traffic::end;
    std::size_t connection = 0;
    std::chrono::microseconds at{0};  ///< since the connection began
    // Of WebSocket frames:
    std::uint8_t code = 0;  ///< the opcode, any of 0 to 15
    bool fin = true;
    std::uint8_t reserved = 0;  ///< the three reserved bits as a number, RSV1 is 4
    bool masked = false;
    /// Of WebSocket frames the payload, unmasked; of HTTP the text.
    byte_string bytes;
};

/// Who the recorded programs were, as far as replay needs to know; read from the first line.
enum class cast : std::uint8_t {
    store_server,      ///< a published store server: we take its place
    demo_server,       ///< a published server with the methods that the first line lists: likewise
    hand_made_server,  ///< a server made for the occasion: we take the place of its client
};

struct recorded_session {
    std::string name;  ///< for messages only
    json::object meta;
    cast who = cast::store_server;
    frame::layout client_layout = frame::layout::b;
    frame::layout server_layout = frame::layout::b;
    std::vector<recorded_event> events;

    /// Connections are numbered from 0.
    [[nodiscard]] std::size_t connections() const;
    /// The events of one connection, in order.
    [[nodiscard]] std::vector<recorded_event> of(std::size_t connection) const;
};

[[nodiscard]] inline bool is_store(recorded_session const& session) {
    return session.who == cast::store_server;
}
/// Its client is there until the server has gone.
[[nodiscard]] inline bool server_ends(recorded_session const& session) {
    return session.who == cast::hand_made_server;
}

/// Reads one session. Throws on what it does not understand.
[[nodiscard]] recorded_session read_session(std::filesystem::path const& file);

/// Those of the set that can be read; what cannot is noted as unknown_content().
[[nodiscard]] std::vector<recorded_session> const& sessions();

/// Calls `check` for each recorded session that `wanted` accepts, and counts it. Skips the running
/// test when there is none.
void check_sessions(std::function<bool(recorded_session const&)> const& wanted,
                    std::function<void(recorded_session const&)> const& check);

/// The release of the published server in place of which we stand, such as {0, 16, 3}; zeros when
/// the session names none.
struct release {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;
    auto operator<=>(release const&) const = default;
};
[[nodiscard]] release server_release(recorded_session const& session);

/// A binary message that a WebSocket peer keeping to RFC 6455 and to the limits of wire 10 hands
/// up: fragments joined, everything from the first violation or Close on left out.
struct recorded_message {
    std::size_t connection = 0;
    direction toward = direction::to_server;
    byte_string bytes;
    std::chrono::microseconds at{0};
};

/// Those of all connections, in the order of arrival.
[[nodiscard]] std::vector<recorded_message> binary_messages(recorded_session const& session);

/// Those of one connection.
[[nodiscard]] std::vector<recorded_message> binary_messages(recorded_session const& session,
                                                            std::size_t connection);

}  // namespace trunkline::replay
