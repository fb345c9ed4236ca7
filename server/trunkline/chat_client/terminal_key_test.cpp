#include <trunkline/chat_client/terminal_key.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trunkline::chat_client {
namespace {

using namespace std::string_view_literals;

TEST(terminal_keys, are_as_long_as_their_character_or_sequence) {
    struct key {
        std::string_view typed;
        std::size_t size;
    };
    for (auto const& [typed, size] : {
             key{""sv, 0U},
             key{"ab"sv, 1U},
             key{"\0b"sv, 1U},
             key{"\x04"sv, 1U},
             key{"\xc3\xa9x"sv, 2U},
             key{"\xf0\x9f\x8c\xb2"sv, 4U},
             key{"\x1b[Ax"sv, 3U},
             key{"\x1b[1;5Cx"sv, 6U},
             key{"\x1bOAx"sv, 3U},
             key{"\x1b"
                 "fx"sv,
                 2U},
             key{"\x1b\xc3\xa9"sv, 3U},
             key{"\x1b\x1b[A"sv, 1U},
             key{"\x16\x1b[Ax"sv, 4U},
             // Of which more may come.
             key{"\x1b"sv, 0U},
             key{"\x1b[1;"sv, 0U},
             key{"\x1bO"sv, 0U},
             key{"\xc3"sv, 0U},
             key{"\xf0\x9f\x8c"sv, 0U},
             key{"\x16"sv, 0U},
             key{"\x1b\xc3"sv, 0U},
             // Of what is none.
             key{"\xff"sv, 1U},
             key{"\xc3x"sv, 1U},
             key{"\xa9"sv, 1U},
             key{"\x1b[00000000000000000000000000000000"sv, 34U},
         }) {
        EXPECT_EQ(key_size(typed), size) << testing::PrintToString(std::string(typed));
    }
}

TEST(terminal_keys, are_utf8_in_any_locale) {
    EXPECT_EQ(characters_of("a\xc3\xa9\xf0\x9f\x8c\xb2"), L"a\u00e9\U0001f332");
    EXPECT_EQ(characters_of("\xffx\xc3"), L"\ufffdx\ufffd");
    EXPECT_EQ(utf8_of(L"a\u00e9\U0001f332"), "a\xc3\xa9\xf0\x9f\x8c\xb2");
    EXPECT_EQ(utf8_of(std::wstring(1, static_cast<wchar_t>(0xd800))), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace trunkline::chat_client
