#include <trunkline/chat/room_choice.hpp>

#include <trunkline/base/utf8.hpp>
#include <trunkline/chat/options.hpp>
#include <trunkline/chat_wire/binary_message.hpp>

#include <charconv>
#include <optional>

namespace trunkline::chat {
namespace {

/// As forms and scripts write it: "%20", or "+" for a space. Nothing where that is malformed.
std::optional<std::string> decoded(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            made.push_back(text[at] == '+' ? ' ' : text[at]);
            continue;
        }
        unsigned value = 0;
        char const* const digits = text.data() + at + 1;
        bool const has_two = text.size() - at > 2;
        auto const read = has_two ? std::from_chars(digits, digits + 2, value, 16)
                                  : std::from_chars_result{digits, {}};
        if (read.ptr != digits + 2) {
            return std::nullopt;
        }
        made.push_back(static_cast<char>(value));
        at += 2;
    }
    return made;
}

/// What follows the first `key` in the query.
std::optional<std::string_view> query_field(std::string_view target, std::string_view key) {
    auto const query = target.find('?');
    target.remove_prefix(query == std::string_view::npos ? target.size() : query + 1);
    while (!target.empty()) {
        std::string_view const part = target.substr(0, target.find('&'));
        target.remove_prefix(part.size() == target.size() ? part.size() : part.size() + 1);
        if (part.starts_with(key)) {
            return part.substr(key.size());
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_room_name(std::string_view name) {
    return !name.empty() && name.size() <= room_name_size_max && is_utf8(as_bytes(name));
}

std::string room_of(std::string_view target) {
    auto const field = query_field(target, "room=");
    auto name = field ? decoded(*field) : std::nullopt;
    return name && is_room_name(*name) ? *name : std::string(chat_wire::general_room);
}

std::optional<std::uint64_t> after_of(std::string_view target) {
    auto const field = query_field(target, "after=");
    std::uint64_t number = 0;
    char const* const end = field ? field->data() + field->size() : nullptr;
    bool const is_number =
        field && !field->empty() &&
        std::from_chars(field->data(), end, number) == std::from_chars_result{end, std::errc()};
    return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace trunkline::chat
