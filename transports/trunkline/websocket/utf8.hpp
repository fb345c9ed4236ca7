// UTF-8 validation of text that arrives in pieces: fails at the first byte that cannot continue a
// valid text.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstdint>

namespace trunkline::websocket {

/// Three bytes of state: what may follow. Accepts exactly the scalar values of Unicode in their
/// shortest form (RFC 3629): no surrogates, nothing above U+10FFFF.
class utf8_validator {
public:
    /// False at the first bad byte; the validator is of no use after that.
    [[nodiscard]] bool feed(bytes_view bytes) noexcept;

    /// True when no character is cut off.
    [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }

    void reset() noexcept { *this = utf8_validator(); }

private:
    bool lead(std::uint8_t byte) noexcept;

    std::uint8_t missing_ = 0;    // continuation bytes still to come
    std::uint8_t lowest_ = 0x80;  // bounds of the next continuation byte
    std::uint8_t highest_ = 0xbf;
};

/// True when `bytes` are a whole valid text.
[[nodiscard]] inline bool is_utf8(bytes_view bytes) noexcept {
    utf8_validator validator;
    return validator.feed(bytes) && validator.complete();
}

}  // namespace trunkline::websocket
