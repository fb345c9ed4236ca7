#include <trunkline/serving/explain.hpp>

#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace trunkline::server {
namespace {

using boost::system::errc::errc_t;
using boost::system::errc::make_error_code;

TEST(explained_errors, of_listening_say_what_to_do) {
    struct row {
        errc_t why;
        std::string_view line;
    };
    for (auto const& [why, line] : std::vector<row>{
             {errc_t::address_in_use,
              "[::1]:80 is in use by another program; stop it, or choose another port with --port "
              "(0 picks a free one)"},
             {errc_t::address_not_available,
              "cannot listen on [::1]:80: this machine has no such address; choose one of its own "
              "with --host"},
             {errc_t::permission_denied,
              "no permission to listen on [::1]:80; choose a port above 1023 with --port"},
             {errc_t::address_family_not_supported,
              "cannot listen on [::1]:80: Address family not supported by protocol"}}) {
        EXPECT_EQ(explain_listen("[::1]:80", error_code(make_error_code(why).value(),
                                                        boost::system::system_category())),
                  line);
    }
}

TEST(explained_errors, of_urls_name_them_and_say_what_to_do) {
    auto const system = [](errc_t why) {
        return error_code(make_error_code(why).value(), boost::system::system_category());
    };
    EXPECT_EQ(explain_listen("unix:/run/s.sock", system(errc_t::address_in_use)),
              "unix:/run/s.sock is in use by a program that runs; stop it, or choose another path "
              "or name with --listen");
    EXPECT_EQ(explain_listen("tcp://127.0.0.1:80", system(errc_t::address_in_use)),
              "tcp://127.0.0.1:80 is in use by a program that runs; stop it, or choose another "
              "port with --listen");
    EXPECT_EQ(explain_listen("unix:/s", transport::transport_error::not_a_socket),
              "cannot listen on unix:/s: there is a file that is no socket; move it away, or "
              "choose another path with --listen");
    EXPECT_EQ(explain_listen("unix:/s", system(errc_t::permission_denied)),
              "no permission to listen on unix:/s; choose another path or name with --listen");
    EXPECT_EQ(explain_listen("unix:/no/s", system(errc_t::no_such_file_or_directory)),
              "cannot listen on unix:/no/s: No such file or directory");
}

}  // namespace
}  // namespace trunkline::server
