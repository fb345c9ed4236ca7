// For tests: bytes as hex digits, messages as bytes, and the recorded exchanges.
#pragma once

#include <trunkline/base/utf8.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::chat_wire::testing {

using byte_string = std::vector<std::byte>;

/// Blanks between digits are allowed.
inline byte_string from_hex(std::string_view hex) {
    std::string digits;
    for (char const c : hex) {
        if (c != ' ') {
            digits.push_back(c);
        }
    }
    byte_string made;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
        made.push_back(static_cast<std::byte>(std::stoi(digits.substr(at, 2), nullptr, 16)));
    }
    return made;
}

/// In the published layout, with the payload of the message.
inline byte_string encoded(binary_message const& message) {
    byte_string made(binary_size(message, message.payload.size()));
    mutable_bytes const payload = encode_binary_around(message, message.payload.size(), made);
    std::copy(message.payload.begin(), message.payload.end(), payload.begin());
    return made;
}

inline std::string encoded(json_message const& message) {
    std::string made(json_size(message), '\0');
    encode_json(message, std::as_writable_bytes(std::span(made)));
    return made;
}

/// In the layout of the document.
inline byte_string in_document_layout(bytes_view published) {
    byte_string made;
    for (bytes_view const piece : document_pieces(published)) {
        made.insert(made.end(), piece.begin(), piece.end());
    }
    return made;
}

}  // namespace trunkline::chat_wire::testing
