// What two sides agree on about permessage-deflate while they shake hands: RFC 7692 section 7.1,
// never with context takeover.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::websocket {

/// Whether messages may be compressed, and what our side has to keep to. We take any window.
struct deflate_agreement {
    /// The peer remembers 2^window_bits bytes of what we send: 8 to 15; 0 without compression.
    std::uint8_t window_bits = 0;

    /// True with compression.
    explicit operator bool() const noexcept { return window_bits != 0; }
    bool operator==(deflate_agreement const&) const = default;
};

/// What a client offers, the value of its Sec-WebSocket-Extensions.
inline constexpr std::string_view deflate_offer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// A server's choice among the offers of a client.
struct deflate_choice {
    deflate_agreement agreed;  ///< of the first offer that is sound; without compression if none is
    std::string answer;        ///< the value of the answering Sec-WebSocket-Extensions, or empty
};

/// Reads all Sec-WebSocket-Extensions of a request, joined by commas. Offers with a parameter that
/// is unknown, wrong or given twice are declined, extensions other than this one too. Empty when
/// the value has not the form of RFC 6455 section 9.1: then the handshake has failed.
[[nodiscard]] std::optional<deflate_choice> choose_deflate(std::string_view offers);

/// Reads the answer to deflate_offer, all Sec-WebSocket-Extensions of a response joined by commas.
/// Empty when it is nothing that was offered: then the handshake has failed.
[[nodiscard]] std::optional<deflate_agreement> read_deflate_answer(std::string_view answer);

}  // namespace trunkline::websocket
