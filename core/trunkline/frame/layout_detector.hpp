// Finds out from a peer's first bytes which header layout it uses (FORMAT.md, "Detection").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/frame/header.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace trunkline::frame {

/// Times of sending, in microseconds since 1970 UTC, that a peer of layout a is believed to write
/// (years 2023 to 2041).
inline constexpr std::uint64_t sent_at_min_us = 0x0006'0000'0000'0000;
inline constexpr std::uint64_t sent_at_end_us = 0x0008'0000'0000'0000;

/// Bytes from which on the content rule always decides.
inline constexpr std::size_t content_rule_size = 36;

/// What the content rule knows of the head of an RPC message, which the layer above defines.
namespace rpc_head {
inline constexpr std::size_t size = 15;  // without metadata
inline constexpr std::size_t metadata_size_offset = 13;
inline constexpr std::uint8_t type_max = 2;  // the type is the first byte
}  // namespace rpc_head

/// Rules 1 to 3, for the first non-empty message of a connection that keeps message borders: a
/// single frame, or a run of whole frames that only one layout can cut.
[[nodiscard]] std::optional<layout> layout_of_message(bytes_view message) noexcept;

/// The content rule, for byte streams and for messages that split frames. Empty: more bytes needed.
[[nodiscard]] std::optional<layout> layout_of_content(bytes_view start) noexcept;

/// Decides once. Keeps the bytes it was fed before it could decide: fewer than 36, or, while the
/// first message of a transport with borders may still become one frame, that frame.
class layout_detector {
public:
    /// `message_borders`: the transport keeps them, so wait for the end of the first message as
    /// long as it can be a single frame of published size.
    explicit layout_detector(bool message_borders) noexcept : message_borders_(message_borders) {}

    /// Takes the next bytes; `ends_message` tells of a border after them. Once this has given a
    /// layout, `kept()` are the bytes before `piece` and nothing more may be fed.
    [[nodiscard]] std::optional<layout> feed(bytes_view piece, bool ends_message);

    /// The bytes of earlier pieces.
    [[nodiscard]] bytes_view kept() const noexcept { return kept_; }

    /// The payload size that the first header declares, the same in both layouts, were `piece` fed
    /// next; empty while there are too few bytes.
    [[nodiscard]] std::optional<std::uint32_t> declared_size(bytes_view piece) const noexcept;

private:
    [[nodiscard]] bool may_become_one_frame(bytes_view start) const noexcept;

    std::vector<std::byte> kept_;
    bool message_borders_;
    bool first_message_ended_ = false;
};

}  // namespace trunkline::frame
