#include <trunkline/conformance/report/printable.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::conformance {
namespace {

struct character {
    std::uint32_t code = 0;
    std::size_t size = 0;  // in bytes; 0: none begins here
};

// The character of UTF-8 that `text` begins with: the shortest form, and no surrogate.
character first_of(std::string_view text) {
    auto const byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const lead = byte_at(0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    std::size_t const size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
        return {};
    }
    std::uint32_t code = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte_at(i) & 0xC0U) != 0x80U) {
            return {};
        }
        code = code << 6U | (byte_at(i) & 0x3FU);
    }
    bool const too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    bool const surrogate = code >= 0xD800 && code <= 0xDFFF;
    return too_long || surrogate || code > 0x10FFFF ? character{} : character{code, size};
}

bool is_shown(std::uint32_t code) {
    bool const is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    return !is_control || code == '\n' || code == '\t';
}

}  // namespace

std::string printable(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string made;
    made.reserve(text.size());
    while (!text.empty()) {
        character const next = first_of(text);
        std::size_t const size = next.size == 0 ? 1 : next.size;
        bool const no_xml = next.code == 0xFFFE || next.code == 0xFFFF;
        if (next.size > 0 && is_shown(next.code) && !no_xml) {
            made.append(text.substr(0, size));
        } else {
            for (char const each : text.substr(0, size)) {
                auto const byte = static_cast<unsigned char>(each);
                made += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
            }
        }
        text.remove_prefix(size);
    }
    return made;
}

std::string escaped(std::string_view text) {
    std::string made;
    for (char const each : printable(text)) {
        switch (each) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            case '"':
                made += "&quot;";
                break;
            case '\'':
                made += "&#39;";
                break;
            default:
                made += each;
        }
    }
    return made;
}

}  // namespace trunkline::conformance
