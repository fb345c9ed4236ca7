// Speaks WebSocket to a stranger byte by byte: for what no connection of ours says.
#pragma once

#include <trunkline/conform/stranger.hpp>
#include <trunkline/conform/web_frame.hpp>
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/world.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conform {

/// The request of published clients. Each field is given as "Name: value".
[[nodiscard]] std::string upgrade_request(conformance::world& at);

/// Below the handshake of the transport: says what it is told to. Throws rule_broken.
class web_talk {
public:
    /// Dials, and says nothing.
    explicit web_talk(conformance::world& at);

    void say(std::string_view bytes);
    void send(web_frame const& one);

    /// Upgrades as published clients do; throws unless that is accepted.
    void upgrade();
    /// The status of the answer to a request; 0 where the connection ends without one. Throws
    /// where neither comes.
    [[nodiscard]] int status();

    /// Whole frames that have come behind the answer to the upgrade. A Close is answered, as it has
    /// to be (RFC 6455, section 5.5.1).
    [[nodiscard]] std::vector<web_frame> const& frames();
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
    std::vector<web_frame> frames_;
    std::size_t taken_ = 0;    // of what was heard, up to the last of them
    bool has_closed_ = false;  // by a Close
    std::string owed_;         // the answer to one that has come
};

}  // namespace trunkline::conform
