// Cuts a byte stream into frames without copying payload.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/frame/checksum.hpp>
#include <trunkline/frame/header.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace trunkline::frame {

/// A run of payload bytes of one frame. A frame that arrives whole is one fragment that begins and
/// ends it; a split frame comes as several, so that nobody has to hold it twice. A frame of unknown
/// kind comes as one empty fragment when it has been skipped.
struct fragment {
    /// As it stood on the wire; of every fragment of the frame the same.
    header head;
    bytes_view bytes;  ///< a view into the input
    /// Whether this is the first fragment of its frame.
    bool begins = true;
    /// Whether this is the last one.
    bool ends = true;
};

/// Holds the bytes of a split header and nothing else.
class decoder {
public:
    /// `payload_size_max`, in bytes, bounds what a header may declare.
    decoder(layout of, std::size_t payload_size_max) noexcept
        : layout_(of), payload_size_max_(payload_size_max) {}

    /// Takes one fragment off the front of `input`. Empty: the input is used up. Fails with
    /// payload_too_large as soon as a header has been read, and from then on; with bad_check where
    /// frames are checked.
    [[nodiscard]] result<std::optional<fragment>> next(bytes_view& input);

    /// From now on frames of kinds extension_kind_min to extension_kind_max come like others, with
    /// their bytes.
    void give_extension_frames() noexcept { known_extension_ = true; }

    /// From the next frame on every frame is a checked one: bytes that do not fit to their check
    /// fail with bad_check, then and ever after, and the last fragment of a frame comes once its
    /// check has. Between frames.
    void check_frames() noexcept { checked_ = true; }

    /// True between frames.
    [[nodiscard]] bool at_border() const noexcept { return header_filled_ == 0 && !in_payload_; }

private:
    bool read_header(bytes_view& input) noexcept;
    void take_header(bytes_view bytes) noexcept;
    bool read_check(bytes_view& input) noexcept;
    [[nodiscard]] bool is_known(std::uint8_t kind_byte) const noexcept;

    layout layout_;
    bool in_payload_ = false;
    bool begun_ = false;  // a fragment of the current frame has been given
    bool known_extension_ = false;
    bool checked_ = false;
    bool broken_ = false;  // a check did not fit
    std::uint8_t header_filled_ = 0;
    std::uint8_t check_filled_ = 0;
    std::array<std::byte, header_size_max + check_size> header_bytes_;  // or of a check, its own
    header head_;
    std::uint32_t remaining_ = 0;
    std::uint32_t sum_ = 0;  // of the frame so far
    std::size_t payload_size_max_;
};

}  // namespace trunkline::frame
