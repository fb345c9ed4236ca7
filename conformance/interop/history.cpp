#include <interop/history.hpp>

#include <trunkline/base/noise.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

constexpr std::array<std::pair<payload_kind, std::string_view>, 4> kinds{{
    {payload_kind::any, "any"},
    {payload_kind::few, "few"},
    {payload_kind::late, "late"},
    {payload_kind::zeros, "zeros"},
}};

constexpr std::array<std::pair<call, std::string_view>, 10> calls{{
    {call::write, "write"},
    {call::batch, "batch"},
    {call::hashed, "hashed"},
    {call::stream, "stream"},
    {call::remove, "delete"},
    {call::batch_remove, "batch_delete"},
    {call::rename, "rename"},
    {call::copy, "copy"},
    {call::transfer, "transfer"},
    {call::compact, "compact"},
}};

template <class Table, class Value>
std::string name_of(Table const& table, Value value) {
    return std::string(
        std::ranges::find(table, value, [](auto const& row) { return row.first; })->second);
}

template <class Table>
auto named(Table const& table, std::string_view name) {
    auto const found = std::ranges::find(table, name, [](auto const& row) { return row.second; });
    if (found == table.end()) {
        throw std::invalid_argument("no such word: " + std::string(name));
    }
    return found->first;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(at), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

template <class Number>
Number number_of(std::string_view text, int base = 10) {
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument("not a number: " + std::string(text));
    }
    return value;
}

std::string text_of_key(bytes_view key) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "k";
    for (auto const each : key) {
        text += digits[std::to_integer<unsigned>(each) / 16];
        text += digits[std::to_integer<unsigned>(each) % 16];
    }
    return text;
}

byte_string key_of(std::string_view word) {
    byte_string key;
    for (std::size_t at = 1; at < word.size(); at += 2) {
        key.push_back(std::byte{number_of<std::uint8_t>(word.substr(at, 2), 16)});
    }
    return key;
}

payload payload_of(std::string_view word) {
    auto const fields = split(word, ':');
    if (fields.size() != 3) {
        throw std::invalid_argument("not a payload: " + std::string(word));
    }
    return {named(kinds, fields[0]), number_of<std::uint32_t>(fields[1]),
            number_of<std::uint64_t>(fields[2])};
}

step step_of(std::string_view line) {
    auto const words = split(line, ' ');
    if (words.size() < 2) {
        throw std::invalid_argument("not a call: " + std::string(line));
    }
    step made{number_of<std::size_t>(words[0]), named(calls, words[1]), {}};
    for (std::size_t at = 2; at < words.size(); ++at) {
        if (words[at].starts_with('k')) {
            made.entries.push_back({key_of(words[at]), {}});
        } else {
            made.entries.at(made.entries.size() - 1).value = payload_of(words[at]);
        }
    }
    return made;
}

}  // namespace

byte_string payload::bytes() const {
    byte_string made(size);
    std::uint64_t x = seed;
    for (std::size_t at = 0; at < made.size(); ++at) {
        auto const random = static_cast<std::uint8_t>(next_noise(x) >> 56U);
        switch (kind) {
            case payload_kind::any:
                made[at] = std::byte{random};
                break;
            case payload_kind::few:
                made[at] = std::byte{static_cast<std::uint8_t>(random % 3)};
                break;
            case payload_kind::late:
                made[at] = at < made.size() / 2 ? std::byte{0} : std::byte{random} | std::byte{1};
                break;
            case payload_kind::zeros:
                break;
        }
    }
    return made;
}

std::string to_text(history const& one) {
    std::string text = "history " + std::to_string(one.number) + "\n";
    for (auto const& part : one.parts) {
        text += "part\n";
        for (auto const& each : part) {
            text += std::to_string(each.store) + " " + name_of(calls, each.what);
            for (auto const& [key, value] : each.entries) {
                text += " " + text_of_key(key);
                if (writes_values(each.what)) {
                    text += " " + name_of(kinds, value.kind) + ":" + std::to_string(value.size) +
                            ":" + std::to_string(value.seed);
                }
            }
            text += '\n';
        }
    }
    return text;
}

std::vector<history> histories_of(std::string_view script) {
    std::vector<history> found;
    for (auto const line : split(script, '\n')) {
        if (line.starts_with("history ")) {
            found.push_back({number_of<std::size_t>(line.substr(8)), {}});
        } else if (found.empty() || (line != "part" && found.back().parts.empty())) {
            throw std::invalid_argument("outside of a history: " + std::string(line));
        } else if (line == "part") {
            found.back().parts.emplace_back();
        } else {
            found.back().parts.back().push_back(step_of(line));
        }
    }
    return found;
}

bool writes_values(call what) noexcept {
    return what == call::write || what == call::batch || what == call::hashed ||
           what == call::stream;
}

bool is_null(bytes_view bytes) noexcept {
    return bytes.size() == 1 && bytes.front() == std::byte{0};
}

bool is_all_zero(bytes_view bytes) noexcept {
    return std::ranges::all_of(bytes, [](std::byte each) { return each == std::byte{0}; });
}

}  // namespace trunkline::interop
