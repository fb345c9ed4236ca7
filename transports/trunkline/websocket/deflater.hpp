// Compresses messages for permessage-deflate without context takeover (RFC 7692 section 7.2.1): a
// thread needs one of it for all its connections.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace trunkline::websocket {

/// Messages below this size, in bytes, are sent as they are: there is little to gain.
inline constexpr std::size_t deflate_size_least = 128;

/// Makes pieces of messages, each for a frame of its own, and keeps them until clear(). No piece
/// refers to what came before it, so nothing is remembered between two of them: whoever sends may
/// stop anywhere. 400 KiB, from the first piece on. Single-threaded; never fails except for want of
/// memory (which ends the process).
class deflater {
public:
    /// Bytes of a message in one piece: a frame of a session with its header fits.
    static constexpr std::size_t piece_size_max = chunk_size + 256;

    deflater() noexcept;
    ~deflater();
    deflater(deflater const&) = delete;
    deflater& operator=(deflater const&) = delete;

    /// Forgets all pieces.
    void clear() noexcept { used_ = 0; }

    /// True when a further piece finds its place.
    [[nodiscard]] bool has_room() const noexcept;

    /// Starts a piece. The receiver remembers 2^`window_bits` bytes, 8 to 15.
    void begin(unsigned window_bits);

    /// Bytes of the piece begun, piece_size_max in all.
    void add(bytes_view bytes) noexcept;

    /// Ends the piece: its bytes, with header_size_max bytes of room before them. `last`: it is the
    /// last of its message.
    [[nodiscard]] mutable_bytes end(bool last) noexcept;

    /// Takes back the piece that end() gave last.
    void drop() noexcept { used_ = begun_at_; }

    /// Bytes of messages that were added so far, in all.
    [[nodiscard]] std::uint64_t added() const noexcept { return added_; }

    /// Where the pieces lie.
    [[nodiscard]] std::byte* block() const noexcept { return block_.get(); }

private:
    struct stream;

    void run(bytes_view bytes, int flush) noexcept;

    std::unique_ptr<stream> stream_;
    std::unique_ptr<std::byte[]> block_;
    std::size_t used_ = 0;
    std::size_t begun_at_ = 0;
    std::size_t window_size_ = 0;
    std::uint64_t added_ = 0;
    std::size_t window_left_ = 0;  // bytes that may be added before the window is full
};

}  // namespace trunkline::websocket
