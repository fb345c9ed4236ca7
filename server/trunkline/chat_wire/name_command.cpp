#include <trunkline/chat_wire/name_command.hpp>

#include <algorithm>
#include <array>

namespace trunkline::chat_wire {
namespace {

constexpr std::string_view command = "/name ";

/// White_Space of Unicode 15, as it is in UTF-8.
constexpr std::array<std::string_view, 25> blanks{
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
    "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
    "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
    "\xe3\x80\x80"};

}  // namespace

std::optional<std::string_view> asked_name(std::string_view text) {
    if (!text.starts_with(command)) {
        return std::nullopt;
    }
    while (text.starts_with(command)) {
        text.remove_prefix(command.size());
    }
    return trimmed(text);
}

std::string_view trimmed(std::string_view text) {
    auto const found = [&](auto const& matches) {
        return std::find_if(blanks.begin(), blanks.end(), matches);
    };
    auto const leads = [&](std::string_view blank) { return text.starts_with(blank); };
    auto const trails = [&](std::string_view blank) { return text.ends_with(blank); };
    for (auto at = found(leads); at != blanks.end(); at = found(leads)) {
        text.remove_prefix(at->size());
    }
    for (auto at = found(trails); at != blanks.end(); at = found(trails)) {
        text.remove_suffix(at->size());
    }
    return text;
}

}  // namespace trunkline::chat_wire
