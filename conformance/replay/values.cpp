#include <replay/values.hpp>

#include <xxhash.h>
#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace trunkline::replay {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::byte hex_digit(char digit) {
    std::size_t const place = hex_digits.find(digit);
    if (place == std::string_view::npos) {
        throw std::invalid_argument("not a hex digit: " + std::string(1, digit));
    }
    return static_cast<std::byte>(place);
}

std::uint64_t parse_number(std::string_view text, int base) {
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument("not a number: " + std::string(text));
    }
    return value;
}

/// b[i] = (add + mix(seed + i * golden) mod `mod`) and 255, all sums modulo 2^64.
byte_string generate(json::object const& recipe) {
    std::uint64_t const seed = number_of(recipe.at("seed"));
    std::uint64_t const modulus = number_of(recipe.at("mod"));
    std::uint64_t const add = number_of(recipe.at("add"));
    byte_string bytes(number_of(recipe.at("len")));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::uint64_t z = seed + i * 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        z ^= z >> 31U;
        bytes[i] = static_cast<std::byte>((add + z % modulus) & 0xFFU);
    }
    return bytes;
}

json::array const* repetition(json::value const& notation) {
    auto const* object = notation.if_object();
    auto const* found = object != nullptr ? object->if_contains("repeat") : nullptr;
    return found != nullptr ? &found->as_array() : nullptr;
}

::testing::AssertionResult same_digest(json::object const& expected, bytes_view actual) {
    std::size_t const shown = std::min<std::size_t>(actual.size(), 64);
    std::uint64_t const digest = XXH3_64bits(actual.data(), actual.size());
    if (actual.size() == number_of(expected.at("len")) &&
        digest == hex_number_of(expected.at("xxh3_64")) &&
        to_hex(actual.first(shown)) == expected.at("head").as_string() &&
        to_hex(actual.last(shown)) == expected.at("tail").as_string()) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << "expected " << json::serialize(expected) << "\ngot " << actual.size() << " bytes, "
           << to_hex(actual.first(shown)) << " ... " << to_hex(actual.last(shown));
}

}  // namespace

byte_string from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        throw std::invalid_argument("hex text of odd length");
    }
    byte_string bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = hex_digit(text[2 * i]) << 4U | hex_digit(text[2 * i + 1]);
    }
    return bytes;
}

std::string to_hex(bytes_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (std::byte const each : bytes) {
        text += hex_digits[std::to_integer<unsigned>(each) >> 4U];
        text += hex_digits[std::to_integer<unsigned>(each) & 15U];
    }
    return text;
}

byte_string bytes_of(json::value const& notation) {
    if (notation.is_null()) {
        return {};
    }
    if (auto const* object = notation.if_object()) {
        return generate(object->at("gen").as_object());
    }
    return from_hex(notation.as_string());
}

std::vector<json::value> list_of(json::value const& notation) {
    if (auto const* repeat = repetition(notation)) {
        return std::vector<json::value>(number_of(repeat->at(1)), repeat->at(0));
    }
    auto const& array = notation.as_array();
    return {array.begin(), array.end()};
}

std::string text_of(json::value const& notation) {
    if (auto const* repeat = repetition(notation)) {
        std::string text;
        for (std::uint64_t left = number_of(repeat->at(1)); left > 0; --left) {
            text += std::string_view(repeat->at(0).as_string());
        }
        return text;
    }
    return std::string(notation.as_string());
}

std::uint64_t number_of(json::value const& notation) {
    if (auto const* text = notation.if_string()) {
        return parse_number(*text, 10);
    }
    return notation.to_number<std::uint64_t>();
}

std::uint64_t hex_number_of(json::value const& notation) {
    return parse_number(notation.as_string(), 16);
}

frame::layout layout_of(json::value const& revision) {
    std::string_view const name = revision.as_string();
    if (name != "A" && name != "B") {
        throw std::invalid_argument("unknown revision: " + std::string(name));
    }
    return name == "A" ? frame::layout::a : frame::layout::b;
}

::testing::AssertionResult same_bytes(json::value const& expected, bytes_view actual) {
    if (auto const* digest = expected.if_object(); digest != nullptr && digest->contains("len")) {
        return same_digest(*digest, actual);
    }
    byte_string const wanted = bytes_of(expected);
    if (std::ranges::equal(wanted, actual)) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << "expected " << to_hex(wanted) << "\ngot      " << to_hex(actual);
}

::testing::AssertionResult same_frame(json::value const& expected, bytes_view actual,
                                      frame::layout layout) {
    if (layout == frame::layout::b || actual.size() < frame::header_size_a) {
        return same_bytes(expected, actual);
    }
    auto const* digest = expected.if_object();
    byte_string const recorded =
        bytes_of(digest != nullptr && digest->contains("head") ? digest->at("head") : expected);
    byte_string dated(actual.begin(), actual.end());
    if (recorded.size() >= frame::header_size_a) {
        std::copy_n(recorded.begin() + frame::header_size_b,
                    frame::header_size_a - frame::header_size_b,
                    dated.begin() + frame::header_size_b);
    }
    return same_bytes(expected, dated);
}

}  // namespace trunkline::replay
