// Collects the head of one HTTP message and refuses what no honest peer sends, byte by byte, before
// a parser sees it.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>

#include <cstdint>
#include <string>

namespace trunkline::websocket {

enum class head_state : std::uint8_t {
    more,       ///< not complete
    complete,   ///< text() is the head with its empty line
    malformed,  ///< control characters, bare CR or LF, folded lines, an empty first line
    too_large,  ///< above http_head_size_max bytes or http_fields_max fields
};

/// The verdict comes with the byte that decides it, so it does not depend on how the input is cut.
/// Holds at most http_head_size_max bytes.
class http_head {
public:
    /// Takes bytes from the front of `input`, never past the empty line that ends the head. Not to
    /// be called again after another state than more.
    [[nodiscard]] head_state feed(bytes_view& input, websocket_limits const& limits);

    [[nodiscard]] std::string const& text() const noexcept { return text_; }

private:
    head_state judge(char byte, websocket_limits const& limits) noexcept;

    std::string text_;
    std::size_t size_ = 0;
    std::size_t lines_ = 0;
    std::size_t line_size_ = 0;  // characters of the current line
    bool after_cr_ = false;
};

}  // namespace trunkline::websocket
