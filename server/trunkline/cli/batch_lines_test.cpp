#include <trunkline/cli/batch_lines.hpp>

#include <trunkline/base/scratch_folder.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::cli {
namespace {

using namespace std::string_literals;

struct row {
    line_form form;
    std::string key;
    std::optional<std::string> value;
    std::string line;
};

row const rows[]{
    {line_form::text, "key", "value", "key\tvalue"},
    {line_form::text, "", "value", "\tvalue"},
    {line_form::text, "key", std::nullopt, "key"},
    {line_form::text, "Schl\u00fcssel", "\u20ac \U0001f511", "Schl\u00fcssel\t\u20ac \U0001f511"},
    {line_form::text, "a\tb", "1\n2\r3\\4", "a\\tb\t1\\n2\\r3\\\\4"},
    {line_form::text, "\0"s, "\x1b[0m\x7f", "\\x00\t\\x1b[0m\\x7f"},
    {line_form::text, "\xff", "a\xc3", "\\xff\ta\\xc3"},
    {line_form::hex, "key", "\0\xff"s, "6b6579\t00ff"},
    {line_form::hex, "key", std::nullopt, "6b6579"},
    {line_form::json, "key", "v", R"({"key":"6b6579","bytes":1,"value":"76"})"},
    {line_form::json, "key", std::nullopt, R"({"key":"6b6579","value":null})"},
};

TEST(batch_lines, have_one_form_for_each_entry) {
    for (row const& each : rows) {
        auto const value = each.value ? std::optional(as_bytes(*each.value)) : std::nullopt;
        EXPECT_EQ(line_of(each.form, as_bytes(each.key), value), each.line);
        batch_entry read{"before", "before"};
        EXPECT_EQ(read_line({each.form}, each.line, read), "");
        EXPECT_EQ(read, (batch_entry{each.key, each.value})) << each.line;
    }
}

TEST(batch_lines, are_read_in_other_spellings_too) {
    struct spelling {
        line_form form;
        std::string line;
    };
    for (auto const& [form, line] :
         {spelling{line_form::text, "\\x6b\\x65\\x79\tv\\x61l"},
          {line_form::hex, "6B6579\t76616C"},
          {line_form::json, R"( {"value": "76616C", "key": "6b6579"} )"},
          {line_form::json, R"({"key":"6b6579","value":"76616c","x":1})"}}) {
        batch_entry read;
        EXPECT_EQ(read_line({form}, line, read), "") << line;
        EXPECT_EQ(read, (batch_entry{"key", "val"})) << line;
    }
}

TEST(batch_lines, say_what_is_wrong_with_them) {
    std::string const escapes =
        " is none of the escapes \\t \\n \\r \\\\ \\xHH; write \\\\ for a backslash";
    std::string const object =
        R"(not a JSON object such as {"key": "6b6579", "value": "76616c7565"})";
    std::string const key = R"("key" must be a text of hexadecimal bytes)";
    std::string const value = R"("value" must be a text of hexadecimal bytes, or null)";
    struct wrong {
        line_form form;
        std::string line;
        std::string complaint;
    };
    for (auto const& [form, line, complaint] :
         {wrong{line_form::text, "a\tb\tc",
                "more than one TAB; write \\t for one that belongs to a key or value"},
          {line_form::text, "a\\q\tb", "\"\\q\"" + escapes},
          {line_form::text, "a\tb\\", "\"\\\"" + escapes},
          {line_form::text, "a\t\\x1", "\"\\x\"" + escapes},
          {line_form::text, "a\t\\xzz", "\"\\x\"" + escapes},
          {line_form::hex, "6b\t7", "\"7\" is not a row of hexadecimal bytes"},
          {line_form::hex, "key\t76", "\"key\" is not a row of hexadecimal bytes"},
          {line_form::json, "", object},
          {line_form::json, "[]", object},
          {line_form::json, R"({"key":"6b")", object},
          {line_form::json, R"({"value":"76"})", key},
          {line_form::json, R"({"key":1,"value":"76"})", key},
          {line_form::json, R"({"key":"6b","value":"7"})", value},
          {line_form::json, R"({"key":"6b","value":7})", value}}) {
        batch_entry read;
        EXPECT_EQ(read_line({form}, line, read), complaint) << line;
    }
}

TEST(batch_lines, take_files_when_that_was_asked_for) {
    scratch_folder const folder;
    std::string const bytes = "a\tb\n\0c"s;
    write_file(folder / "f", bytes);
    std::string const at = "@" + (folder / "f").string();
    for (auto const form : {line_form::text, line_form::hex}) {
        batch_entry read;
        EXPECT_EQ(read_line({form, true}, "6b\t" + at, read), "");
        EXPECT_EQ(read.value, bytes);
        EXPECT_EQ(read_line({form, true}, at + "\t6b", read), "");
        EXPECT_EQ(read.key, bytes);
        EXPECT_EQ(read_line({form, true}, at + ".no\t6b", read),
                  "the file \"" + at.substr(1) + ".no\" cannot be read");
    }
    batch_entry read;
    EXPECT_EQ(read_line({line_form::text, true}, "\\x40f\tv", read), "");
    EXPECT_EQ(read.key, "@f");
    EXPECT_EQ(read_line({line_form::text, false}, "@f\tv", read), "");
    EXPECT_EQ(read.key, "@f");
}

}  // namespace
}  // namespace trunkline::cli
