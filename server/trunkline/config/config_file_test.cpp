#include <trunkline/config/config_file.hpp>

#include <trunkline/base/scratch_folder.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace trunkline::config {
namespace {

struct config_file : ::testing::Test {
    scratch_folder folder;
    std::filesystem::path path = folder / "serve.toml";
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    std::size_t message_size = 0;
    bool allow_plain = false;
    std::vector<std::string> places;
    setting_list settings{{"host", "", words{&host, "ADDRESS"}},
                          {"port", "", count_of(port, 0, 65535)},
                          {"message-size-max", "", size_of(message_size, 1024, 1 << 30)},
                          {"allow-plain", "", toggle{&allow_plain}},
                          {"listen", "", word_list{&places, "URL"}}};

    std::string read(std::string_view contents) {
        std::ofstream(path) << contents;
        return read_config_file(path, settings);
    }

    std::string line(int number, std::string_view text) const {
        return path.string() + ":" + std::to_string(number) + ": " + std::string(text);
    }
};

TEST_F(config_file, sets_what_it_names) {
    EXPECT_EQ(read("# ours\nhost = \"::1\"\nport = 9000\nmessage-size-max = \"64MiB\"\n"
                   "allow-plain = true\n"),
              "");
    EXPECT_EQ(host, "::1");
    EXPECT_EQ(port, 9000);
    EXPECT_EQ(message_size, 64u << 20);
    EXPECT_TRUE(allow_plain);
    EXPECT_EQ(settings[0].from, origin::file);
}

TEST_F(config_file, has_lists) {
    EXPECT_EQ(read("listen = [\"a\", \"b\"]\n"), "");
    EXPECT_EQ(places, (std::vector<std::string>{"a", "b"}));
    places.clear();
    EXPECT_EQ(read("listen = \"c\"\n"), "");
    EXPECT_EQ(places, std::vector<std::string>{"c"});
}

TEST_F(config_file, may_be_empty) {
    EXPECT_EQ(read(""), "");
}

TEST_F(config_file, names_key_and_line_of_a_fault) {
    struct row {
        std::string_view contents;
        int line_number;
        std::string_view text;
    };
    for (auto const& [contents, line_number, text] :
         {row{"\nprot = 1\n", 2, "unknown key \"prot\"; did you mean \"port\"?"},
          row{"colour = \"red\"", 1,
              "unknown key \"colour\"; keys are the names of the flags, see --help"},
          row{"\n\n[limits]\nport = 1\n", 3,
              "unknown key \"limits\"; keys are the names of the flags, see --help"},
          row{"port = 70000", 1, "\"port\": \"70000\" is too large; the most is 65535"},
          row{"port = -1", 1, "\"port\": \"-1\" is not a whole number"},
          row{"port = 1.5", 1, "\"port\" must be a text, a whole number or true or false"},
          row{"port = [1]", 1, "\"port\" must be a text, a whole number or true or false"},
          row{"listen = [[]]", 1, "\"listen\" must be a text, a whole number or true or false"},
          row{"allow-plain = \"on\"", 1, "\"allow-plain\": \"on\" is neither true nor false"}}) {
        EXPECT_EQ(read(contents), line(line_number, text));
    }
}

TEST_F(config_file, must_be_toml) {
    EXPECT_TRUE(read("port = 1\nport 2\n").starts_with(line(2, "not valid TOML: ")));
    EXPECT_EQ(read("port 2\n").find('\n'), std::string::npos);
}

TEST_F(config_file, must_be_readable) {
    EXPECT_EQ(read_config_file(folder / "absent.toml", settings),
              "cannot read the configuration file " + (folder / "absent.toml").string() +
                  ": No such file or directory");
    EXPECT_EQ(read_config_file(folder.path(), settings),
              "cannot read the configuration file " + folder.path().string() + ": Is a directory");
}

}  // namespace
}  // namespace trunkline::config
