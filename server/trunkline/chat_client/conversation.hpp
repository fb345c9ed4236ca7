// One person in the chat, without the network: what is typed becomes messages, what a server says
// is shown.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/chat_client/heard.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::chat_client {

/// Which published protocol a server speaks.
enum class dialect : std::uint8_t {
    binary,  ///< that of the fast one
    json,    ///< that of the plain one
};

/// What a conversation has done in the world.
class outside {
public:
    /// One message to the server.
    virtual void send(websocket::message_kind kind, bytes_view message) = 0;
    /// To the person, who is in the room `here`.
    virtual void show(heard const& what, std::string_view here) = 0;
    /// The same, of this program's own.
    virtual void hint(std::string_view words) = 0;
    /// Connects anew, to another room; conversation::connected() follows.
    virtual void move_to(std::string_view room) = 0;
    /// Ends it in order.
    virtual void quit() = 0;

protected:
    ~outside() = default;
};

/// Single-threaded.
class conversation {
public:
    /// `world` outlives it. Which protocol is spoken shows in what the server says first, unless
    /// `spoken` tells. `room`: where the connection begins.
    conversation(outside& world, std::optional<dialect> spoken, std::string room)
        : world_(world), spoken_(spoken), given_(spoken), start_(room), room_(std::move(room)) {}

    /// There is a new connection, in the room that was asked for.
    void connected();

    /// The server has said something.
    void hear(websocket::message_kind kind, bytes_view message);

    /// Whether what is typed can be sent.
    [[nodiscard]] bool can_speak() const noexcept { return spoken_.has_value(); }

    /// Only where it can speak.
    void type(std::string_view line);

    /// The room in which it speaks.
    [[nodiscard]] std::string const& room() const noexcept { return room_; }

private:
    void say(std::string_view text);
    void say_name();
    void ping();
    void enter(std::string_view name);
    void send_binary(chat_wire::message_type type, std::string_view room, std::string_view text);

    outside& world_;
    std::optional<dialect> spoken_;
    std::optional<dialect> given_;
    std::string start_;  // where the connection began: nobody leaves that one
    std::string room_;
    std::string name_;           // empty: as the server calls us
    std::uint64_t last_id_ = 0;  // of a message of ours
};

}  // namespace trunkline::chat_client
