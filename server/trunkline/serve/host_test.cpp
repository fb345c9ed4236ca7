#include <trunkline/serve/host.hpp>

#include <gtest/gtest.h>

namespace trunkline::server {
namespace {

TEST(host_text, is_an_address_literal) {
    struct row {
        std::string_view text;
        std::string_view endpoint;
        bool is_loopback;
    };
    for (auto const& [text, endpoint, is_loopback] :
         {row{"127.0.0.1", "127.0.0.1:80", true}, row{"127.9.9.9", "127.9.9.9:80", true},
          row{"localhost", "127.0.0.1:80", true}, row{"::1", "[::1]:80", true},
          row{"[::1]", "[::1]:80", true}, row{"0:0:0:0:0:0:0:1", "[::1]:80", true},
          row{"0.0.0.0", "0.0.0.0:80", false}, row{"::", "[::]:80", false},
          row{"192.0.2.7", "192.0.2.7:80", false}, row{"2001:DB8::7", "[2001:db8::7]:80", false}}) {
        auto const host = parse_host(text);
        ASSERT_TRUE(host) << text;
        EXPECT_EQ(endpoint_text(*host, 80), endpoint);
        EXPECT_EQ(host->is_loopback, is_loopback) << text;
    }
}

TEST(host_text, is_nothing_else) {
    for (std::string_view const text : {"", " ", "127.0.0.1:80", "127.0.0", "1.2.3.4.5",
                                        "[127.0.0.1]", "[::1", "::1]", "[]", "example.org", "*"}) {
        EXPECT_FALSE(parse_host(text)) << text;
    }
}

}  // namespace
}  // namespace trunkline::server
