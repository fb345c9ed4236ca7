#include <trunkline/logging/line.hpp>

#include <trunkline/base/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace trunkline::logging {
namespace {

std::string time_text(std::chrono::system_clock::time_point time) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    auto const rest = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
    std::time_t const clock = std::chrono::system_clock::to_time_t(seconds);
    std::tm fields{};
    ::gmtime_r(&clock, &fields);
    std::array<char, 64> text{};
    std::size_t const size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields);
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(rest.count()));
    return std::string(text.data(), size) + fraction.data();
}

/// Bytes of the UTF-8 character at the front, or 0 when there is none.
std::size_t character_size(std::string_view text) {
    constexpr std::size_t character_size_max = 4;
    for (std::size_t size = 1; size <= std::min(text.size(), character_size_max); ++size) {
        if (is_utf8(as_bytes(text.substr(0, size)))) {
            return size;
        }
    }
    return 0;
}

void append_hex(std::string& to, char const* form, unsigned char byte) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), form, byte);
    to += text.data();
}

void append_json(std::string& to, std::string_view text) {
    to += '"';
    while (!text.empty()) {
        auto const first = static_cast<unsigned char>(text.front());
        std::size_t const size = character_size(text);
        if (size == 0) {
            to += "\\ufffd";
        } else if (first == '"' || first == '\\') {
            to += '\\';
            to += text.front();
        } else if (first < 0x20 || first == 0x7f) {
            append_hex(to, "\\u%04x", first);
        } else {
            to += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    to += '"';
}

void append_plain(std::string& to, std::string_view text) {
    while (!text.empty()) {
        auto const first = static_cast<unsigned char>(text.front());
        std::size_t const size = character_size(text);
        if (size == 0 || first < 0x20 || first == 0x7f) {
            append_hex(to, "\\x%02x", first);
        } else {
            to += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
}

void append_padded(std::string& to, std::string_view text, std::size_t width) {
    to += text;
    to.append(width > text.size() ? width - text.size() : 0, ' ');
    to += ' ';
}

std::string as_text(entry const& of) {
    std::string line = time_text(of.time) + " ";
    append_padded(line, name_of(of.importance), 5);
    append_padded(line, name_of(of.from), 6);
    append_plain(line, of.sentence);
    for (field const& one : of.fields) {
        line.append(" ").append(one.name).append("=");
        bool const quoted = one.value.empty() || one.value.find(' ') != std::string::npos;
        line += quoted ? "\"" : "";
        append_plain(line, one.value);
        line += quoted ? "\"" : "";
    }
    return line;
}

std::string as_json(entry const& of) {
    std::string line = "{\"time\":\"" + time_text(of.time) + "\",\"level\":\"";
    line.append(name_of(of.importance)).append("\",\"module\":\"").append(name_of(of.from));
    line += "\",\"text\":";
    append_json(line, of.sentence);
    for (field const& one : of.fields) {
        line += ',';
        append_json(line, one.name);
        line += ':';
        if (one.is_number) {
            line += one.value;
        } else {
            append_json(line, one.value);
        }
    }
    return line + "}";
}

}  // namespace

std::string format_line(entry const& of, line_format as) {
    return as == line_format::json ? as_json(of) : as_text(of);
}

}  // namespace trunkline::logging
