#include <trunkline/serving/shared_settings.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::server {
namespace {

TEST(shared_settings, listen_on_this_machine_unless_more_is_allowed) {
    EXPECT_EQ(check_host("127.0.0.1", 1, false), "");
    EXPECT_EQ(check_host("::1", 1, false), "");
    EXPECT_EQ(check_host("localhost", 1, false), "");
    EXPECT_EQ(check_host("0.0.0.0", 1, true), "");
    EXPECT_TRUE(check_host("0.0.0.0", 1, false).starts_with("--host 0.0.0.0 lets other machines"));
    for (bool const allowed : {false, true}) {
        EXPECT_TRUE(check_host("nowhere", 1, allowed).starts_with("--host: \"nowhere\" is not an"));
    }
}

TEST(shared_settings, set_what_they_were_given) {
    std::string host;
    std::uint16_t port = 0;
    std::string port_file;
    bool allow_plain = false;
    std::size_t all = 7;
    std::size_t of_one = 7;
    config::setting_list list;
    add_address(list, host, port, port_file);
    add_allow_plain(list, allow_plain);
    add_connections_max(list, all, of_one);
    auto const set = [&](std::string_view name, std::string_view text) {
        auto* const found = config::find(list, name);
        ASSERT_NE(found, nullptr) << name;
        EXPECT_TRUE(config::assign(*found, text, config::origin::flag).has_value()) << name;
    };
    set("host", "::1");
    set("port", "65535");
    set("port-file", "port");
    set("allow-plain", "true");
    set("connections-max", "auto");
    set("connections-per-peer-max", "off");
    EXPECT_EQ(host, "::1");
    EXPECT_EQ(port, 65535);
    EXPECT_EQ(port_file, "port");
    EXPECT_TRUE(allow_plain);
    EXPECT_EQ(all, 0U);
    EXPECT_EQ(of_one, 0U);
    EXPECT_FALSE(config::assign(*config::find(list, "port"), "65536", config::origin::flag));
    EXPECT_FALSE(config::find(list, "port")->is_limit);
    EXPECT_TRUE(config::find(list, "connections-max")->is_limit);
}

}  // namespace
}  // namespace trunkline::server
