// Everything `trunkline chat` can be told, as plain values with their defaults.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/room_history/limits.hpp>
#include <trunkline/rooms/limits.hpp>
#include <trunkline/rooms/slow_policy.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::chat {

/// Which of the two published servers we are.
enum class protocol : std::uint8_t {
    binary,  ///< the fast one
    json,    ///< the plain one
};

/// Times of one connection.
struct chat_times {
    std::chrono::milliseconds handshake_timeout =
        connection_limits{}.handshake_timeout;     ///< from accept to established
    std::chrono::milliseconds ping_after{30'000};  ///< without a byte of the peer, and each again
    std::chrono::milliseconds idle_timeout{300'000};  ///< without a byte of the peer; then closed
    std::chrono::milliseconds write_stall_timeout =
        connection_limits{}.write_stall_timeout;   ///< without the peer taking a byte; then cut
    std::chrono::milliseconds close_timeout{700};  ///< from our Close to the end
    std::chrono::milliseconds fold_after =
        connection_limits{}.fold_after;  ///< without a message; then little is kept; 0: at once
};

/// Of a room that a client may name, in bytes of UTF-8.
inline constexpr std::size_t room_name_size_max = 64;

/// Rooms that one connection may be in beside the one it started in; a further join is dropped.
inline constexpr std::size_t rooms_joined_max = 16;

struct chat_options {
    std::string protocol = "binary";  ///< or "json"
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0 picks a free one
    std::string port_file;      ///< empty: none
    bool allow_plain = false;
    std::size_t threads = 0;                    ///< 0: one per core
    bool pin = false;                           ///< each thread to a core of its own
    std::chrono::milliseconds counts_every{0};  ///< between two lines of counts; 0: none
    std::size_t connections_max = 0;            ///< 0: as many as descriptors allow
    std::size_t connections_per_peer_max = 0;   ///< per address; 0: no limit
    std::uint64_t frame_size_max = 16 * mib;    ///< bytes
    std::uint64_t message_size_max = 64 * mib;  ///< bytes, over all fragments
    std::string slow_members = "close";         ///< a word of slow_policy
    std::string history;                        ///< what its files are called; empty: none
    room_history::history_limits history_of_room;
    std::size_t history_rooms = room_history::history_rooms_max;
    rooms::rest_limits rest;   ///< between deliveries to many
    rooms::room_options room;  ///< of every room; its policy follows the word
    chat_times times;

    [[nodiscard]] chat::protocol spoken() const {
        return protocol == "json" ? chat::protocol::json : chat::protocol::binary;
    }
};

}  // namespace trunkline::chat
