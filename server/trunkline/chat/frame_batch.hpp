// Messages as WebSocket frames, put together once for all idle connections that get them.
#pragma once

#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/rooms/message.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::chat {

/// Frames of a server, which are the same for every client: they have no mask. One per thread; the
/// frames are valid until the next call.
class frame_batch {
public:
    /// Frames that are made at once, in bytes; what is larger goes out from where it lies.
    static constexpr std::size_t size_max = 16 * kib;

    explicit frame_batch(websocket::message_kind kind);

    /// The frames of as many of the messages, from the first on, as fit; in the layout of the
    /// document where that is theirs. The same messages again cost nothing.
    void make(std::span<rooms::shared_message const> messages, bool in_document_layout);

    /// The frames, back to back.
    [[nodiscard]] bytes_view bytes() const noexcept {
        return {bytes_.get(), ends_.empty() ? 0 : ends_.back()};
    }

    /// Where each of them ends.
    [[nodiscard]] std::span<std::size_t const> ends() const noexcept { return ends_; }

private:
    /// Which messages they are of. Numbers are never given twice, and messages that follow each
    /// other in a room always do.
    struct key {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        std::size_t count = 0;
        bool in_document_layout = false;
        friend bool operator==(key const&, key const&) = default;
    };

    [[nodiscard]] bool add(bytes_view message, bool in_document_layout);

    websocket::message_kind kind_;
    std::unique_ptr<std::byte[]> bytes_;
    std::vector<std::size_t> ends_;
    std::optional<key> made_of_;
};

/// Pieces that a message has at most.
inline constexpr std::size_t most_pieces = 3;

/// The pieces of a message as it goes to a client with that layout, into `out`; how many there are.
std::size_t pieces_of(bytes_view message, bool in_document_layout,
                      std::span<bytes_view, most_pieces> out) noexcept;

}  // namespace trunkline::chat
