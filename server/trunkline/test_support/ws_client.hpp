// A WebSocket client that waits: plain blocking sockets, no code shared with the server, so that a
// test sees what is on the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::test_support {

/// One message or control frame as it came. Fragments are not joined: the server never sends any.
struct ws_frame {
    std::uint8_t opcode = 0;  ///< 0 when the connection ended instead
    std::string payload;

    /// Of a Close frame; 0 for other frames.
    [[nodiscard]] int close_code() const;
};

inline constexpr std::uint8_t ws_text = 1;
inline constexpr std::uint8_t ws_binary = 2;
inline constexpr std::uint8_t ws_close = 8;
inline constexpr std::uint8_t ws_ping = 9;
inline constexpr std::uint8_t ws_pong = 10;

/// A blocking TCP connection. Reads give up after a minute, so that a server that hangs fails its
/// test.
class tcp_client {
public:
    /// `host` is an address literal. Throws std::system_error when nobody listens.
    tcp_client(std::string const& host, std::uint16_t port);
    ~tcp_client();
    tcp_client(tcp_client const&) = delete;
    tcp_client& operator=(tcp_client const&) = delete;

    void send(std::string_view bytes);

    /// Exactly `size` bytes, or fewer when the connection ends, orderly or not.
    [[nodiscard]] std::string receive(std::size_t size);

    /// Bytes up to and including `end`, or all when the connection ends before.
    [[nodiscard]] std::string receive_through(std::string_view end);

private:
    int socket_ = -1;
    std::string ahead_;
    bool fill();
};

class ws_client {
public:
    /// Connects and upgrades; throws std::runtime_error with the response's head when the server
    /// does not switch.
    ws_client(std::string const& host, std::uint16_t port, std::string const& path);

    void send(std::uint8_t opcode, std::string_view payload);

    /// Several messages with one system call.
    void send_raw(std::string_view frames) { link_.send(frames); }

    /// The next frame that is not a ping or pong.
    [[nodiscard]] ws_frame receive();

    /// Closes in order with `code` and waits for the end.
    ws_frame close(std::uint16_t code);

    [[nodiscard]] tcp_client& link() { return link_; }

    /// A masked frame as clients send it.
    [[nodiscard]] static std::string frame(std::uint8_t opcode, std::string_view payload);

private:
    tcp_client link_;
};

}  // namespace trunkline::test_support
