#include <trunkline/config/setting.hpp>

#include <gtest/gtest.h>

namespace trunkline::config {
namespace {

struct sample {
    bool plain = false;
    std::string host = "127.0.0.1";
    std::string format = "text";
    std::uint16_t port = 8080;
    std::size_t message_size = 16 << 20;
    std::chrono::milliseconds silence{15'000};
    std::size_t per_peer = 0;

    setting_list settings() {
        return {{"allow-plain", "", toggle{&plain}},
                {"host", "", words{&host, "ADDRESS"}},
                {"log-format", "", choice{&format, {"text", "json"}}},
                {"port", "", count_of(port, 0, 65535)},
                {"message-size-max", "", size_of(message_size, 1024, 1 << 30)},
                {"silence-timeout", "",
                 duration_of(silence, std::chrono::seconds{1}, std::chrono::hours{1})},
                {"per-peer-max", "", count_of(per_peer, 1, 1000, "off")}};
    }
};

TEST(setting_table, assigns_each_kind) {
    sample variables;
    auto settings = variables.settings();
    struct row {
        std::string_view name;
        std::string_view text;
    };
    for (auto const& [name, text] :
         {row{"allow-plain", "true"}, row{"host", "::1"}, row{"log-format", "json"},
          row{"port", "65535"}, row{"message-size-max", "64MiB"}, row{"silence-timeout", "20s"},
          row{"per-peer-max", "7"}}) {
        setting* const found = find(settings, name);
        ASSERT_NE(found, nullptr) << name;
        ASSERT_TRUE(assign(*found, text, origin::flag)) << name;
        EXPECT_EQ(value_text(*found), text);
        EXPECT_EQ(found->from, origin::flag);
    }
    EXPECT_TRUE(variables.plain);
    EXPECT_EQ(variables.host, "::1");
    EXPECT_EQ(variables.format, "json");
    EXPECT_EQ(variables.port, 65535);
    EXPECT_EQ(variables.message_size, 64u << 20);
    EXPECT_EQ(variables.silence, std::chrono::seconds{20});
    EXPECT_EQ(variables.per_peer, 7u);
}

TEST(setting_table, refuses_and_says_what_to_do) {
    struct row {
        std::string_view name;
        std::string_view text;
        std::string_view line;
    };
    for (auto const& [name, text, line] :
         {row{"allow-plain", "yes", "\"yes\" is neither true nor false"},
          row{"host", "", "must not be empty"},
          row{"log-format", "xml", "\"xml\" is not one of the choices; write one of text|json"},
          row{"port", "65536", "\"65536\" is too large; the most is 65535"},
          row{"port", "http", "\"http\" is not a whole number"},
          row{"message-size-max", "0", "\"0\" is too small; the least is 1KiB"},
          row{"message-size-max", "2GiB", "\"2GiB\" is too large; the most is 1GiB"},
          row{"message-size-max", "64MB",
              "\"64MB\" is not a size; write a whole number and a unit, such as 64MiB"},
          row{"silence-timeout", "15", "\"15\" needs a unit: ms, s, min or h"},
          row{"silence-timeout", "0", "\"0\" is too small; the least is 1s"},
          row{"per-peer-max", "1001", "\"1001\" is too large; the most is 1000, or write off"}}) {
        sample variables;
        auto settings = variables.settings();
        setting& refusing = *find(settings, name);
        std::string const before = value_text(refusing);
        auto const done = assign(refusing, text, origin::flag);
        ASSERT_FALSE(done) << name << " " << text;
        EXPECT_EQ(explain(refusing, text, done.error()), line);
        EXPECT_EQ(value_text(refusing), before);
        EXPECT_EQ(refusing.from, origin::by_default);
    }
}

TEST(setting_table, has_a_word_for_zero) {
    sample variables{.per_peer = 5};
    auto settings = variables.settings();
    setting& per_peer = *find(settings, "per-peer-max");
    ASSERT_TRUE(assign(per_peer, "off", origin::file));
    EXPECT_EQ(variables.per_peer, 0u);
    EXPECT_EQ(value_text(per_peer), "off");
    EXPECT_EQ(assign(per_peer, "0", origin::file).error(), config_error::below_minimum);
}

TEST(setting_table, collects_a_list) {
    std::vector<std::string> keys;
    setting list{"key", "", word_list{&keys, "KEY"}};
    ASSERT_TRUE(assign(list, "a", origin::flag));
    ASSERT_TRUE(assign(list, "b c", origin::flag));
    EXPECT_EQ(assign(list, "", origin::flag).error(), config_error::empty_text);
    EXPECT_EQ(keys, (std::vector<std::string>{"a", "b c"}));
    EXPECT_EQ(value_text(list), "a b c");
    EXPECT_EQ(placeholder(list), "KEY");
}

TEST(setting_table, a_list_of_the_command_line_replaces_that_of_the_file) {
    std::vector<std::string> keys;
    setting list{"key", "", word_list{&keys, "KEY"}};
    ASSERT_TRUE(assign(list, "a", origin::file));
    ASSERT_TRUE(assign(list, "b", origin::file));
    EXPECT_FALSE(assign(list, "", origin::flag));
    EXPECT_EQ(keys, (std::vector<std::string>{"a", "b"}));
    ASSERT_TRUE(assign(list, "c", origin::flag));
    ASSERT_TRUE(assign(list, "d", origin::flag));
    EXPECT_EQ(keys, (std::vector<std::string>{"c", "d"}));
}

TEST(setting_table, shows_what_kind_of_value_is_wanted) {
    sample variables;
    std::string shown;
    for (setting const& one : variables.settings()) {
        shown += placeholder(one) + " ";
    }
    EXPECT_EQ(shown, " ADDRESS text|json COUNT SIZE DURATION COUNT ");
}

TEST(setting_table, guesses_mistyped_names) {
    sample variables;
    auto const settings = variables.settings();
    EXPECT_EQ(nearest_name(settings, "prot"), "port");
    EXPECT_EQ(nearest_name(settings, "message-size"), "message-size-max");
    EXPECT_EQ(nearest_name(settings, "silence_timeout"), "silence-timeout");
    EXPECT_EQ(nearest_name(settings, "frobnicate"), "");
}

}  // namespace
}  // namespace trunkline::config
