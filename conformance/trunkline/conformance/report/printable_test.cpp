#include <trunkline/conformance/report/printable.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace trunkline::conformance {
namespace {

using namespace std::literals;

struct text_pair {
    std::string_view text;
    std::string_view shown;
};

TEST(printable, keeps_characters_and_writes_out_other_bytes) {
    for (auto const& [text, shown] : std::array{
             text_pair{"", ""},
             text_pair{"a\tb\nc", "a\tb\nc"},
             text_pair{"<&>\"'", "<&>\"'"},
             text_pair{"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
                       "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
             text_pair{"\0\x1b[1m\r\x7f"sv, "\\x00\\x1b[1m\\x0d\\x7f"},
             text_pair{"\x80", "\\x80"},
             text_pair{"\xc3", "\\xc3"},
             text_pair{"\xc3\x28", "\\xc3("},
             text_pair{"\xe2\x82", "\\xe2\\x82"},
             text_pair{"\xc0\xaf", "\\xc0\\xaf"},                    // too long a form
             text_pair{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           // likewise
             text_pair{"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},  // likewise
             text_pair{"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
             text_pair{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above the last one
             text_pair{"\xff", "\\xff"},
             text_pair{"\xc2\x85", "\\xc2\\x85"},                 // a control character
             text_pair{"\xef\xbf\xbe \xef\xbf\xbf \xef\xbf\xbd",  // none of XML, and one
                       "\\xef\\xbf\\xbe \\xef\\xbf\\xbf \xef\xbf\xbd"},
         }) {
        EXPECT_EQ(printable(text), shown);
    }
}

TEST(escaped, has_no_sign_of_a_markup) {
    EXPECT_EQ(escaped("<a href=\"x\">'&amp;'\x01</a>]]>"),
              "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;\\x01&lt;/a&gt;]]&gt;");
}

}  // namespace
}  // namespace trunkline::conformance
