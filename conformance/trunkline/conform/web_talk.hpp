// Speaks WebSocket to a stranger byte by byte: for what no connection of ours says.
#pragma once

#include <trunkline/conform/stranger.hpp>
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conform {

/// One frame of WebSocket, with the flaws that are wanted. A value.
struct web_frame {
    websocket::opcode code = websocket::opcode::binary;
    std::string payload;
    bool fin = true;
    bool masked = true;
    std::uint8_t reserved = 0;                        ///< three bits; RSV1 is 4
    std::optional<std::uint64_t> declared_size = {};  ///< where it is not that of the payload

    /// The code of a Close; none where it carries none, or is none.
    [[nodiscard]] std::optional<std::uint16_t> close_code() const;
};

/// As it travels.
[[nodiscard]] std::string encode(web_frame const& one);

/// A Close.
[[nodiscard]] web_frame close_of(std::uint16_t code, std::string_view reason);

/// The request of published clients. Each field is given as "Name: value".
[[nodiscard]] std::string upgrade_request(conformance::world& at);

/// Below the handshake of the transport: says what it is told to. Throws rule_broken.
class web_talk {
public:
    /// Dials, and says nothing.
    explicit web_talk(conformance::world& at);

    void say(std::string_view bytes);
    void send(web_frame const& one) { say(encode(one)); }

    /// Upgrades as published clients do; throws unless that is accepted.
    void upgrade();
    /// The status of the answer to a request; 0 where the connection ends without one. Throws
    /// where neither comes.
    [[nodiscard]] int status();

    /// Whole frames that have come behind the answer to the upgrade.
    [[nodiscard]] std::vector<web_frame> frames() const;
    /// Waits for this frame as number `which` of its code, from 0; none where the connection ends
    /// first, or it does not come.
    [[nodiscard]] std::optional<web_frame> await(websocket::opcode code, std::size_t which = 0);

    [[nodiscard]] bool ends();
    [[nodiscard]] bool has_ended() const noexcept { return link_->has_ended(); }
    [[nodiscard]] conformance::bare_link& link() noexcept { return *link_; }

private:
    [[nodiscard]] std::size_t head_size() const noexcept;

    conformance::world& at_;
    std::unique_ptr<transport::dialer> dialer_;
    std::unique_ptr<conformance::bare_link> link_;
};

}  // namespace trunkline::conform
