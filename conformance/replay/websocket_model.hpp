// A plain model of the receiving side of a WebSocket, as RFC 6455 and wire 8 and 10 want it: which
// messages are handed up, and what ends the connection.
#pragma once

#include <replay/recorded_session.hpp>

#include <cstdint>
#include <optional>

namespace trunkline::replay {

class websocket_model {
public:
    /// `peer_masks`: we are the server.
    explicit websocket_model(bool peer_masks) : peer_masks_(peer_masks) {}

    /// A complete binary message, when `event` completes one.
    [[nodiscard]] std::optional<byte_string> take(recorded_event const& event);

    /// The code of our Close, once a violation or the peer's own Close has come; close::no_code
    /// when the peer's Close had none.
    [[nodiscard]] std::optional<std::uint16_t> close_code() const { return close_code_; }

private:
    [[nodiscard]] std::optional<std::uint16_t> judge(recorded_event const& event) const;
    [[nodiscard]] static std::uint16_t judge_close(bytes_view payload);

    bool peer_masks_;
    std::optional<std::uint16_t> close_code_;
    bool open_ = false;    // inside a message
    bool binary_ = false;  // that message, or the last one, is binary
    byte_string joined_;
};

}  // namespace trunkline::replay
