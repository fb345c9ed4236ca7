#include <trunkline/chat_client/typed_line.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat_client {
namespace {

struct row {
    std::string_view line;
    wish what;
    std::string_view text;
};

TEST(typed_line, is_a_command_or_is_said) {
    for (auto const& [line, what, text] :
         {row{"", wish::nothing, ""}, row{" \t ", wish::nothing, ""},
          row{"  hello all ", wish::say, "hello all"}, row{"/quit", wish::quit, ""},
          row{" /quit ", wish::quit, ""}, row{"/ping", wish::ping, ""},
          row{"/name Ann  Lee ", wish::name, "Ann  Lee"}, row{"/room tea", wish::room, "tea"},
          row{"/name", wish::say, "/name"}, row{"/room", wish::say, "/room"},
          row{"/quit now", wish::say, "/quit now"}, row{"/Name x", wish::say, "/Name x"},
          row{"/dance", wish::say, "/dance"}, row{"say /quit", wish::say, "say /quit"}}) {
        auto const found = understand(line);
        EXPECT_EQ(found.what, what) << line;
        EXPECT_EQ(found.text, text) << line;
    }
}

}  // namespace
}  // namespace trunkline::chat_client
