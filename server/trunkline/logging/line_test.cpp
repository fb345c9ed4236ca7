#include <trunkline/logging/line.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace trunkline::logging {
namespace {

entry sample(std::string_view sentence, std::vector<field> const& fields) {
    using namespace std::chrono_literals;
    return {std::chrono::system_clock::from_time_t(1'700'000'000) + 7ms, level::warn, area::ws,
            sentence, fields};
}

TEST(log_line, as_text) {
    std::vector<field> const fields{{"peer", "127.0.0.1:4711"}, {"why", "silent peer"}, {"n", 17u}};
    EXPECT_EQ(format_line(sample("connection closed", fields), line_format::text),
              "2023-11-14T22:13:20.007Z warn  ws     connection closed peer=127.0.0.1:4711 "
              "why=\"silent peer\" n=17");
}

TEST(log_line, as_json) {
    std::vector<field> const fields{{"peer", "127.0.0.1:4711"}, {"n", -17}};
    EXPECT_EQ(format_line(sample("connection closed", fields), line_format::json),
              R"({"time":"2023-11-14T22:13:20.007Z","level":"warn","module":"ws",)"
              R"("text":"connection closed","peer":"127.0.0.1:4711","n":-17})");
}

TEST(log_line, stays_one_line_whatever_a_peer_sends) {
    struct row {
        std::string_view value;
        std::string_view text;
        std::string_view json;
    };
    using namespace std::string_view_literals;
    for (auto const& [value, text, json] :
         {row{"a\nb", "a\\x0ab", "a\\u000ab"}, row{"a\0b"sv, "a\\x00b", "a\\u0000b"},
          row{"\x7f", "\\x7f", "\\u007f"}, row{"q\"\\", "q\"\\", "q\\\"\\\\"},
          row{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x82", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x82",
              "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x82"},
          row{"\xff|\xc3", "\\xff|\\xc3", "\\ufffd|\\ufffd"},
          row{"\xc0\x8a", "\\xc0\\x8a", "\\ufffd\\ufffd"},
          row{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd"},
          row{"\xe0\x8a\x8a", "\\xe0\\x8a\\x8a", "\\ufffd\\ufffd\\ufffd"},
          row{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}}) {
        std::vector<field> const fields{{"v", value}};
        std::string const as_text = format_line(sample("s", fields), line_format::text);
        std::string const as_json = format_line(sample("s", fields), line_format::json);
        EXPECT_EQ(as_text.substr(as_text.find("v=") + 2), text);
        EXPECT_EQ(as_json.substr(as_json.find("\"v\":\"") + 5), std::string(json) + "\"}");
    }
}

}  // namespace
}  // namespace trunkline::logging
