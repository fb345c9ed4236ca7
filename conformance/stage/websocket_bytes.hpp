// WebSocket as a stranger writes and reads it: frames with any flaw wanted, byte by byte from RFC
// 6455, with nothing of the code under test.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::stage {

using byte_string = std::vector<std::byte>;

[[nodiscard]] byte_string bytes_of(std::string_view text);

enum opcode : std::uint8_t {
    op_continuation = 0,
    op_text = 1,
    op_binary = 2,
    op_close = 8,
    op_ping = 9,
    op_pong = 10,
};

/// One frame as a client sends it, or with flaws that none should send.
struct client_frame {
    std::uint8_t code = op_binary;
    bytes_view payload{};
    bool fin = true;
    std::uint8_t reserved = 0;  ///< the three reserved bits as a number, RSV1 is 4
    bool masked = true;
    std::uint8_t length_bytes =
        0;  ///< 0: the shortest form; else 2 or 8, however short the payload
    std::optional<std::uint64_t> declared{};  ///< a length that is not the payload's
};

[[nodiscard]] byte_string encode(client_frame const& frame);

/// Masked binary message in one frame.
[[nodiscard]] byte_string binary_message(bytes_view payload);

/// Close with a code and a reason.
[[nodiscard]] byte_string close_frame(std::uint16_t code, std::string_view reason = {});

/// One frame as the other side sent it, unmasked.
struct received_frame {
    std::uint8_t code = 0;
    bool fin = false;
    std::uint8_t reserved = 0;
    bool masked = false;
    byte_string payload;

    /// Of a Close frame; nothing when it carries none.
    [[nodiscard]] std::optional<std::uint16_t> close_code() const;
};

/// The whole frames at the front of `bytes`; `bytes` is left at what is no whole frame.
[[nodiscard]] std::vector<received_frame> take_frames(bytes_view& bytes);

/// An upgrade request as every published client sends it.
[[nodiscard]] std::string upgrade_request(std::string_view target = "/ws",
                                          std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==");

/// The answer to an upgrade request: its status, and where what follows it begins.
struct http_answer {
    int status = 0;
    std::string head;
    std::size_t size = 0;
};

/// Nothing while the head is not complete or is none.
[[nodiscard]] std::optional<http_answer> parse_answer(bytes_view received);

}  // namespace trunkline::stage
