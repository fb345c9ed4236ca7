#include <trunkline/mock/shown.hpp>

#include <algorithm>

namespace trunkline::mocks {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string in_hex(unsigned char byte) {
    return {hex_digits[byte / 16U], hex_digits[byte % 16U]};
}

}  // namespace

std::string shown_text(std::string_view text) {
    std::string out = "\"";
    for (char const each : text.substr(0, 4 * shown_max)) {
        auto const code = static_cast<unsigned char>(each);
        if (each == '"' || each == '\\') {
            out += '\\';
            out += each;
        } else if (each == '\n') {
            out += "\\n";
        } else if (code < 0x20 || code == 0x7f) {
            out += "\\x" + in_hex(code);
        } else {
            out += each;
        }
    }
    return out + (text.size() > 4 * shown_max ? "\"..." : "\"");
}

std::string shown_bytes(bytes_view bytes) {
    std::string out = std::to_string(bytes.size()) + (bytes.size() == 1 ? " byte" : " bytes");
    for (std::size_t i = 0; i < std::min(bytes.size(), shown_max); ++i) {
        out += (i == 0 ? " " : "") + in_hex(static_cast<unsigned char>(bytes[i]));
    }
    return out + (bytes.size() > shown_max ? "..." : "");
}

}  // namespace trunkline::mocks
