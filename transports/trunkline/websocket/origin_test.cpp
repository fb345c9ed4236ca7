#include <trunkline/websocket/origin.hpp>

#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::websocket {
namespace {

TEST(web_origin, is_scheme_host_and_port) {
    auto const made = parse_origin("https://chat.example.org:8443");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->scheme, "https");
    EXPECT_EQ(made->host, "chat.example.org");
    EXPECT_EQ(made->port, 8443);
    EXPECT_EQ(parse_origin("http://[::1]:3000")->host, "::1");
}

TEST(web_origin, is_the_same_in_every_spelling) {
    auto const plain = parse_origin("https://example.org").value();
    for (char const* const text :
         {"https://example.org:443", "HTTPS://EXAMPLE.ORG", "https://Example.org"}) {
        EXPECT_EQ(parse_origin(text).value(), plain) << text;
    }
    EXPECT_EQ(parse_origin("http://a").value(), parse_origin("http://a:80").value());
}

TEST(web_origin, is_another_one_where_anything_differs) {
    auto const plain = parse_origin("https://example.org").value();
    for (char const* const text :
         {"http://example.org", "https://example.org:80", "https://example.org.evil.com",
          "https://evilexample.org", "https://www.example.org", "https://example.org.",
          "https://example.com", "wss://example.org", "https://xn--exmple-cua.org"}) {
        EXPECT_NE(parse_origin(text).value(), plain) << text;
    }
}

TEST(web_origin, is_nothing_else) {
    for (std::string const& text :
         {std::string("null"), std::string(), std::string("example.org"), std::string("https://"),
          std::string("https://example.org/"), std::string("https://example.org/a"),
          std::string("https://example.org?a"), std::string("https://user@example.org"),
          std::string("https://example.org#a"), std::string("https://example.org:99999"),
          std::string("https://example.org https://b.org"), std::string("https:example.org"),
          "https://" + std::string(3000, 'a')}) {
        auto const made = parse_origin(text);
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error(), transport::transport_error::invalid_endpoint);
    }
}

}  // namespace
}  // namespace trunkline::websocket
