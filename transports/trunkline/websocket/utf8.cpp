#include <trunkline/websocket/utf8.hpp>

namespace trunkline::websocket {

// The second byte carries the whole difficulty: it decides overlong forms (after E0, F0),
// surrogates (after ED) and the upper end (after F4).
bool utf8_validator::lead(std::uint8_t byte) noexcept {
    if (byte < 0x80) {
        return true;
    }
    if (byte < 0xc2 || byte > 0xf4) {
        return false;
    }
    missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    lowest_ = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    highest_ = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    return true;
}

bool utf8_validator::feed(bytes_view bytes) noexcept {
    std::byte const* at = bytes.data();
    std::byte const* const end = at + bytes.size();
    while (at != end) {
        if (missing_ == 0) {
            constexpr std::uint64_t high_bits = 0x8080808080808080U;
            while (end - at >= 8 && (load_le<std::uint64_t>(at) & high_bits) == 0) {
                at += 8;
            }
            if (at == end) {
                break;
            }
            if (!lead(static_cast<std::uint8_t>(*at++))) {
                return false;
            }
            continue;
        }
        auto const byte = static_cast<std::uint8_t>(*at++);
        if (byte < lowest_ || byte > highest_) {
            return false;
        }
        lowest_ = 0x80;
        highest_ = 0xbf;
        --missing_;
    }
    return true;
}

}  // namespace trunkline::websocket
