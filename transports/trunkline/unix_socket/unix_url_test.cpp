#include <trunkline/unix_socket/unix_url.hpp>

#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <sys/un.h>

#include <cstddef>
#include <string>

namespace trunkline::unix_socket {
namespace {

using transport::transport_error;

TEST(unix_url, takes_urls_apart_and_writes_them_again) {
    struct row {
        char const* url;
        std::string name;
        bool is_abstract;
        char const* again;
    };
    for (row const& wanted :
         {row{"unix:/run/x.sock", "/run/x.sock", false, "unix:/run/x.sock"},
          row{"UNIX:x.sock", "x.sock", false, "unix:x.sock"},
          row{"unix:/a%20b%3f%C3%a4", "/a b?\xc3\xa4", false, "unix:/a%20b%3F%C3%A4"},
          row{"unix:@name", "name", true, "unix:@name"}, row{"unix:@@", "@", true, "unix:@@"},
          row{"unix:@a%00b", std::string("a\0b", 3), true, "unix:@a%00b"}}) {
        auto const found = parse(wanted.url);
        ASSERT_TRUE(found.has_value()) << wanted.url;
        EXPECT_EQ(found->name, wanted.name) << wanted.url;
        EXPECT_EQ(found->is_abstract, wanted.is_abstract) << wanted.url;
        EXPECT_EQ(found->text(), wanted.again);
    }
}

TEST(unix_url, every_byte_comes_back) {
    for (int byte = 1; byte < 256; ++byte) {
        unix_url const one{std::string(1, static_cast<char>(byte)), true};
        EXPECT_EQ(parse(one.text())->name, one.name) << byte;
    }
}

TEST(unix_url, refuses_what_is_none) {
    for (char const* const url :
         {"", "unix:", "unix:@", "unix://", "unix://h/p", "unix:/a?b", "unix:/a#b", "unix:/a%00b",
          "unix:/a%2", "unix:/a b", "/a", "tcp:/a"}) {
        auto const found = parse(url);
        ASSERT_FALSE(found.has_value()) << url;
        EXPECT_EQ(found.error(), transport_error::invalid_endpoint) << url;
    }
}

TEST(unix_url, refuses_names_that_the_system_has_no_room_for) {
    for (std::string const& begin : {std::string("/"), std::string("@")}) {
        std::string const longest = begin + std::string(begin == "/" ? 106 : 107, 'x');
        EXPECT_TRUE(parse("unix:" + longest).has_value());
        EXPECT_EQ(parse("unix:" + longest + "x").error(), transport_error::path_too_long);
    }
    EXPECT_NE(
        error_code(transport_error::path_too_long).message().find(std::to_string(path_size_max)),
        std::string::npos);
}

TEST(unix_url, an_abstract_address_is_the_name_behind_a_zero_byte) {
    auto const address = unix_url{"name", true}.address();
    auto const& made = *reinterpret_cast<sockaddr_un const*>(address.data());
    EXPECT_EQ(address.family(), AF_UNIX);
    EXPECT_EQ(address.size(), offsetof(sockaddr_un, sun_path) + 5);
    EXPECT_EQ(std::string(made.sun_path, 5), std::string("\0name", 5));
}

}  // namespace
}  // namespace trunkline::unix_socket
