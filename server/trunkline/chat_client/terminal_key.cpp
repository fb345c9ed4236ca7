#include <trunkline/chat_client/terminal_key.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <cwchar>

namespace trunkline::chat_client {
namespace {

constexpr char escape = '\x1b';
constexpr char quote = '\x16';            // Ctrl-V
constexpr std::size_t sequence_max = 32;  // bytes; a longer one is none
constexpr auto is_none = static_cast<std::size_t>(-1);
constexpr auto is_cut_off = static_cast<std::size_t>(-2);

struct character {
    std::size_t size = 0;  // bytes; 0 where more may come
    wchar_t value = L'\ufffd';
};

// Of a text that is not empty, in_utf8.
character first_of(std::string_view text) {
    character found;
    wchar_t value{};
    std::mbstate_t state{};
    std::size_t const size = std::mbrtowc(&value, text.data(), text.size(), &state);
    if (size == is_none) {
        found.size = 1;
    } else if (size != is_cut_off) {
        found = {std::max<std::size_t>(size, 1), value};
    }
    return found;
}

// ESC [ parameters final, ESC O final, or ESC and another key.
std::size_t size_of_sequence(std::string_view typed) {
    if (typed.size() < 2) {
        return 0;
    }
    if (typed[1] == escape) {
        return 1;
    }
    if (typed[1] == 'O') {
        return typed.size() < 3 ? 0 : 3;
    }
    if (typed[1] != '[') {
        std::size_t const key = key_size(typed.substr(1));
        return key == 0 ? 0 : key + 1;
    }
    auto const* const end = std::find_if(typed.begin() + 2, typed.end(),
                                         [](char byte) { return byte >= '@' && byte <= '~'; });
    if (end != typed.end()) {
        return static_cast<std::size_t>(end - typed.begin()) + 1;
    }
    return typed.size() < sequence_max ? 0 : typed.size();
}

}  // namespace

in_utf8::in_utf8() {
    static locale_t const made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    before_ = ::uselocale(made);
}

std::size_t key_size(std::string_view typed) {
    if (typed.empty()) {
        return 0;
    }
    if (typed.front() == escape) {
        return size_of_sequence(typed);
    }
    if (typed.front() == quote) {
        std::size_t const quoted = key_size(typed.substr(1));
        return quoted == 0 ? 0 : quoted + 1;
    }
    in_utf8 const here;
    return first_of(typed).size;
}

std::wstring characters_of(std::string_view text) {
    in_utf8 const here;
    std::wstring made;
    while (!text.empty()) {
        character const next = first_of(text);
        made += next.value;
        text.remove_prefix(std::max<std::size_t>(next.size, 1));
    }
    return made;
}

std::string utf8_of(std::wstring_view text) {
    in_utf8 const here;
    std::string made;
    for (wchar_t const each : text) {
        std::array<char, MB_LEN_MAX> bytes{};
        std::mbstate_t state{};
        std::size_t const size = std::wcrtomb(bytes.data(), each, &state);
        made += size == is_none ? "\xef\xbf\xbd" : std::string(bytes.data(), size);
    }
    return made;
}

}  // namespace trunkline::chat_client
