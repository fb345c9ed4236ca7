#include <trunkline/chat_wire/json_message.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/chat_wire/error.hpp>

#include <boost/json.hpp>

#include <cstring>
#include <optional>

namespace trunkline::chat_wire {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> type_names{"chat", "join", "leave", "system"};
constexpr std::array<std::string_view, 4> keys{R"({"username":")", R"(","content":")",
                                               R"(","timestamp":")", R"(","message_type":")"};
constexpr std::string_view end = R"("})";
constexpr std::string_view end_with_number = R"(","number":                   0})";

std::string_view name_of(message_type type) {
    auto const number = static_cast<std::size_t>(type);
    TRUNKLINE_ASSERT(number < type_names.size());
    return type_names[number];
}

/// The letter behind the backslash; 'u' where the character needs its number; 0 where none is
/// needed.
char escape_of(char c) noexcept {
    switch (c) {
        case '"':
        case '\\':
            return c;
        case '\b':
            return 'b';
        case '\t':
            return 't';
        case '\n':
            return 'n';
        case '\f':
            return 'f';
        case '\r':
            return 'r';
        default:
            return static_cast<unsigned char>(c) < 0x20 ? 'u' : '\0';
    }
}

std::size_t escaped_size(std::string_view text) noexcept {
    std::size_t size = text.size();
    for (char const c : text) {
        char const escape = escape_of(c);
        size += escape == '\0' ? 0 : escape == 'u' ? 5 : 1;
    }
    return size;
}

char* put(char* at, std::string_view text) noexcept {
    if (!text.empty()) {
        std::memcpy(at, text.data(), text.size());
    }
    return at + text.size();
}

char* put_escaped(char* at, std::string_view text) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    for (char const c : text) {
        char const escape = escape_of(c);
        if (escape == '\0') {
            *at++ = c;
            continue;
        }
        *at++ = '\\';
        *at++ = escape;
        if (escape == 'u') {
            at = put(at, "00");
            *at++ = digits[static_cast<unsigned char>(c) >> 4U];
            *at++ = digits[static_cast<unsigned char>(c) & 15U];
        }
    }
    return at;
}

/// Gives the text out, once.
std::optional<std::string> take_text(json::object const& from, std::string_view key) {
    auto const* const found = from.if_contains(key);
    auto const* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::nullopt : std::optional<std::string>(*text);
}

/// 0 where there is none.
std::uint64_t number_in(json::value const& told) noexcept {
    boost::system::error_code fault;
    auto const number = told.to_number<std::uint64_t>(fault);
    return fault ? 0 : number;
}

std::optional<message_type> type_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < type_names.size(); ++i) {
        if (type_names[i] == name) {
            return static_cast<message_type>(i);
        }
    }
    return std::nullopt;
}

}  // namespace

std::size_t json_size(json_message const& message) {
    std::size_t size =
        (message.has_number ? end_with_number : end).size() + name_of(message.type).size();
    for (std::string_view const key : keys) {
        size += key.size();
    }
    return size + escaped_size(message.username) + escaped_size(message.content) +
           escaped_size(message.time_of_day);
}

void encode_json(json_message const& message, mutable_bytes to) {
    TRUNKLINE_ASSERT(to.size() == json_size(message));
    char* at = reinterpret_cast<char*>(to.data());
    at = put_escaped(put(at, keys[0]), message.username);
    at = put_escaped(put(at, keys[1]), message.content);
    at = put_escaped(put(at, keys[2]), message.time_of_day);
    at = put(put(at, keys[3]), name_of(message.type));
    put(at, message.has_number ? end_with_number : end);
}

result<read_json_message> decode_json(std::string_view text) {
    boost::system::error_code fault;
    json::value const parsed = json::parse({text.data(), text.size()}, fault);
    auto const* const object = fault ? nullptr : parsed.if_object();
    if (object == nullptr) {
        return chat_error::not_an_object;
    }
    auto username = take_text(*object, "username");
    auto content = take_text(*object, "content");
    auto time = take_text(*object, "timestamp");
    auto const named = take_text(*object, "message_type");
    auto const type = named ? type_named(*named) : std::nullopt;
    if (!username || !content || !time || !type) {
        return chat_error::not_an_object;
    }
    auto const* const number = object->if_contains("number");
    return read_json_message{.username = std::move(*username),
                             .content = std::move(*content),
                             .time_of_day = std::move(*time),
                             .type = *type,
                             .number = number == nullptr ? 0 : number_in(*number)};
}

std::array<char, 8> time_of_day(std::chrono::seconds since_midnight) {
    auto const second = static_cast<unsigned>(since_midnight.count() % 86'400);
    std::array<char, 8> text{'0', '0', ':', '0', '0', ':', '0', '0'};
    std::array const parts{second / 3600, second / 60 % 60, second % 60};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        text[3 * i] = static_cast<char>('0' + parts[i] / 10);
        text[3 * i + 1] = static_cast<char>('0' + parts[i] % 10);
    }
    return text;
}

}  // namespace trunkline::chat_wire
