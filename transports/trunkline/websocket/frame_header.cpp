#include <trunkline/websocket/frame_header.hpp>

#include <array>

namespace trunkline::websocket {

namespace {

void store_be(std::byte* to, std::uint64_t value, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; ++i) {
        to[i] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
    }
}

std::uint64_t load_be(std::byte const* from, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8 | static_cast<std::uint64_t>(from[i]);
    }
    return value;
}

}  // namespace

std::size_t encode_header(frame_header const& header,
                          std::span<std::byte, header_size_max> to) noexcept {
    to[0] = static_cast<std::byte>((header.fin ? 0x80U : 0U) | (header.compressed ? 0x40U : 0U) |
                                   static_cast<unsigned>(header.code));
    unsigned const mask_bit = header.masked ? 0x80U : 0U;
    std::size_t size = 2;
    if (header.payload_size < 126) {
        to[1] = static_cast<std::byte>(mask_bit | static_cast<unsigned>(header.payload_size));
    } else if (header.payload_size < 65536) {
        to[1] = static_cast<std::byte>(mask_bit | 126U);
        store_be(to.data() + 2, header.payload_size, 2);
        size = 4;
    } else {
        to[1] = static_cast<std::byte>(mask_bit | 127U);
        store_be(to.data() + 2, header.payload_size, 8);
        size = 10;
    }
    if (header.masked) {
        store_le(to.data() + size, header.mask);
        size += 4;
    }
    return size;
}

frame_header decode_header(std::byte const* from) noexcept {
    auto const first = static_cast<unsigned>(from[0]);
    auto const second = static_cast<unsigned>(from[1]);
    frame_header header;
    header.fin = (first & 0x80U) != 0;
    header.compressed = (first & 0x40U) != 0;
    header.code = static_cast<opcode>(first & 0x0fU);
    header.masked = (second & 0x80U) != 0;
    header.payload_size = second & 0x7fU;
    std::size_t at = 2;
    if (header.payload_size == 126) {
        header.payload_size = load_be(from + at, 2);
        at += 2;
    } else if (header.payload_size == 127) {
        header.payload_size = load_be(from + at, 8);
        at += 8;
    }
    if (header.masked) {
        header.mask = load_le<mask_key>(from + at);
    }
    return header;
}

}  // namespace trunkline::websocket
