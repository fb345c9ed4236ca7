// How one entry lies in the file: pad, payload, trailer (FORMAT.md, "Entry"). Arithmetic only; it
// holds for any 20 bytes that may turn up where a trailer is expected.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace trunkline::store {

/// Bytes of a trailer.
inline constexpr std::uint64_t trailer_size = 20;

/// Bytes of the shortest entry: one byte of payload without a pad.
inline constexpr std::uint64_t entry_size_min = trailer_size + 1;

/// Largest size of a store file in bytes: offsets are kept in 48 bits (FORMAT.md, "Limits").
inline constexpr std::uint64_t file_size_max = std::uint64_t{1} << 48;

/// The largest alignment, and so one more than the longest pad, in bytes.
inline constexpr std::uint32_t alignment_max = 64;

/// The alignments that published programs have written, the newest first.
inline constexpr std::array<std::uint32_t, 3> alignments{64, 16, 1};

[[nodiscard]] constexpr bool is_supported_alignment(std::uint32_t alignment) noexcept {
    return alignment == 64 || alignment == 16 || alignment == 1;
}

/// Some of `alignments`, by their places there.
class alignment_set {
public:
    constexpr alignment_set() = default;
    [[nodiscard]] static constexpr alignment_set all() noexcept {
        alignment_set every;
        every.bits_ = (1U << alignments.size()) - 1;
        return every;
    }
    [[nodiscard]] static constexpr alignment_set only(std::uint32_t alignment) noexcept {
        alignment_set one;
        for (std::size_t i = 0; i < alignments.size(); ++i) {
            one.set(i, alignments[i] == alignment);
        }
        return one;
    }

    /// Bit i is set when the alignment at place i is a member; higher bits are ignored.
    [[nodiscard]] static constexpr alignment_set of_bits(unsigned bits) noexcept {
        alignment_set some;
        some.bits_ = bits & all().bits_;
        return some;
    }
    [[nodiscard]] constexpr unsigned bits() const noexcept { return bits_; }

    [[nodiscard]] constexpr bool operator[](std::size_t place) const noexcept {
        return (bits_ >> place & 1U) != 0;
    }
    constexpr void set(std::size_t place, bool member) noexcept {
        bits_ = (bits_ & ~(1U << place)) | (member ? 1U << place : 0);
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    [[nodiscard]] constexpr int size() const noexcept { return std::popcount(bits_); }
    [[nodiscard]] constexpr alignment_set without(alignment_set const& others) const noexcept {
        alignment_set rest;
        rest.bits_ = bits_ & ~others.bits_;
        return rest;
    }
    friend bool operator==(alignment_set const&, alignment_set const&) = default;

private:
    unsigned bits_ = 0;
};

/// Zero bytes between the tail at `tail` and the payload that follows. `alignment` is a power of
/// two.
[[nodiscard]] constexpr std::uint64_t pad_size(std::uint64_t tail,
                                               std::uint32_t alignment) noexcept {
    return (0 - tail) & (alignment - 1);
}

/// The last 20 bytes of every entry.
struct trailer {
    std::uint64_t key_hash = 0;
    std::uint64_t previous_tail = 0;  ///< where this entry begins: the tail before it was written
    std::uint32_t checksum = 0;       ///< of the payload alone

    friend bool operator==(trailer const&, trailer const&) = default;
};

/// Reads the trailer in the 20 bytes at `from`.
[[nodiscard]] inline trailer load_trailer(std::byte const* from) noexcept {
    return {load_le<std::uint64_t>(from), load_le<std::uint64_t>(from + 8),
            load_le<std::uint32_t>(from + 16)};
}

/// Writes `fields` into the 20 bytes at `to`.
inline void store_trailer(std::byte* to, trailer const& fields) noexcept {
    store_le(to, fields.key_hash);
    store_le(to + 8, fields.previous_tail);
    store_le(to + 16, fields.checksum);
}

/// Bytes that a disk writes as one: any of its sectors has its old bytes or its new ones.
inline constexpr std::uint64_t sector_size = 512;

/// A part of a trailer, in offsets from its begin.
struct trailer_part {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// What is written last of the first entry of a batch (FORMAT.md, "Batches"): of the last 12 bytes
/// of its trailer those that lie in one sector with the first byte of the checksum.
[[nodiscard]] constexpr trailer_part commit_part(std::uint64_t trailer_offset) noexcept {
    auto const sector = (trailer_offset + 16) / sector_size * sector_size;
    auto const begin = sector > trailer_offset + 8 ? sector - trailer_offset : 8;
    auto const end = std::min(trailer_size, sector + sector_size - trailer_offset);
    return {begin, end};
}

/// Where the payload of an entry lies, in offsets from the begin of the file. Empty only where a
/// function says that there is none.
struct payload_extent {
    std::uint64_t start = 0;
    std::uint64_t end = 0;  ///< also the offset of the trailer

    [[nodiscard]] constexpr std::uint64_t size() const noexcept { return end - start; }
    [[nodiscard]] constexpr bool empty() const noexcept { return end == start; }
    friend bool operator==(payload_extent const&, payload_extent const&) = default;
};

/// The payload of the entry whose trailer lies at `trailer_offset` and names `previous_tail`, or
/// nothing when no entry can be made of these numbers. `file` is the begin of the file and holds at
/// least `trailer_offset` bytes.
[[nodiscard]] inline std::optional<payload_extent> find_payload(std::byte const* file,
                                                                std::uint64_t trailer_offset,
                                                                std::uint64_t previous_tail,
                                                                std::uint32_t alignment) noexcept {
    if (previous_tail >= trailer_offset) {
        return std::nullopt;
    }
    if (trailer_offset - previous_tail == 1 && file[previous_tail] == std::byte{0}) {
        return payload_extent{previous_tail, trailer_offset};  // a tombstone is never padded
    }
    auto const pad = pad_size(previous_tail, alignment);
    if (trailer_offset - previous_tail <= pad) {
        return std::nullopt;
    }
    return payload_extent{previous_tail + pad, trailer_offset};
}

/// True when there is no byte that is not zero.
[[nodiscard]] inline bool is_zero(bytes_view bytes) noexcept {
    auto const* at = bytes.data();
    auto left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        if (load_le<std::uint64_t>(at) != 0) {
            return false;
        }
    }
    return std::all_of(at, at + left, [](std::byte each) { return each == std::byte{0}; });
}

/// True when the payload is exactly one zero byte: its key is deleted.
[[nodiscard]] inline bool is_tombstone(bytes_view payload) noexcept {
    return payload.size() == 1 && payload.front() == std::byte{0};
}

/// The payload of the entry whose trailer lies at `trailer_offset`; empty when that is 0, a
/// tombstone, or no entry. `file` holds the trailer, too. Two numbers, as these are returned in
/// registers.
[[nodiscard]] inline payload_extent find_live_payload(std::byte const* file,
                                                      std::uint64_t trailer_offset,
                                                      std::uint32_t alignment) noexcept {
    if (trailer_offset == 0) {
        return {};
    }
    auto const previous_tail = load_le<std::uint64_t>(file + trailer_offset + 8);
    // More than any pad and one byte: an entry, and no tombstone.
    if (previous_tail < trailer_offset && trailer_offset - previous_tail > alignment) [[likely]] {
        return {previous_tail + pad_size(previous_tail, alignment), trailer_offset};
    }
    auto const payload = find_payload(file, trailer_offset, previous_tail, alignment);
    if (!payload || is_tombstone({file + payload->start, payload->size()})) {
        return {};
    }
    return *payload;
}

}  // namespace trunkline::store
