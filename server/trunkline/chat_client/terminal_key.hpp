// What a key of a terminal sends: a character of UTF-8, or a sequence that an escape begins.
#pragma once

#include <locale.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace trunkline::chat_client {

/// While it is there, characters of this thread are UTF-8, whatever the program's locale.
class in_utf8 {
public:
    in_utf8();
    ~in_utf8() { ::uselocale(before_); }
    in_utf8(in_utf8 const&) = delete;
    in_utf8& operator=(in_utf8 const&) = delete;

private:
    locale_t before_;
};

/// Bytes of the key that `typed` begins with; 0 where not all of it is there. What is no UTF-8 is a
/// key of one byte. Ctrl-V is one key with what follows.
[[nodiscard]] std::size_t key_size(std::string_view typed);

/// The characters of UTF-8; U+FFFD for each byte that is in none.
[[nodiscard]] std::wstring characters_of(std::string_view text);

/// The other way round; U+FFFD for what is no character.
[[nodiscard]] std::string utf8_of(std::wstring_view text);

}  // namespace trunkline::chat_client
