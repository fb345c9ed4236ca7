// How the server says something: in the protocol and the words of one of the published servers.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/chat/options.hpp>
#include <trunkline/chat_wire/message_type.hpp>
#include <trunkline/chat_wire/wording.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <cstdint>
#include <string_view>

namespace trunkline::chat {

/// What is said, and by whom. The views are valid until it was said.
struct utterance {
    chat_wire::message_type type = chat_wire::message_type::system;
    std::uint64_t user = 0;  ///< 0: the server
    std::string_view username = chat_wire::system_name;
    bytes_view text;        ///< is repaired where it is not UTF-8
    std::string_view room;  ///< where it is said
};

/// A value; any thread.
class voice {
public:
    /// `numbered`: messages in JSON carry their number, too.
    explicit voice(protocol of, bool numbered = false) noexcept
        : protocol_(of), numbered_(numbered) {}

    /// One message, whose text was copied once. `wall_clock_us`: microseconds since 1970 UTC.
    [[nodiscard]] rooms::message_draft say(utterance const& what,
                                           std::uint64_t wall_clock_us) const;

    [[nodiscard]] chat_wire::wording words() const noexcept {
        return protocol_ == protocol::json ? chat_wire::wording::plain : chat_wire::wording::fast;
    }

    /// The frames that its messages travel in.
    [[nodiscard]] websocket::message_kind kind() const noexcept {
        return protocol_ == protocol::json ? websocket::message_kind::text
                                           : websocket::message_kind::binary;
    }

    [[nodiscard]] protocol spoken() const noexcept { return protocol_; }

private:
    protocol protocol_;
    bool numbered_;
};

}  // namespace trunkline::chat
