#include <trunkline/serve/explain.hpp>

#include <trunkline/store/error.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace trunkline::server {
namespace {

using boost::system::errc::errc_t;
using boost::system::errc::make_error_code;
using store::store_error;

TEST(explained_errors, of_the_store_say_what_to_do) {
    struct row {
        error_code why;
        std::string_view line;
    };
    for (auto const& [why, line] : std::vector<row>{
             {store_error::not_a_store,
              "/data/s.bin is not a store and was left as it is; choose another file, or a new "
              "name "
              "to begin a store"},
             {store_error::locked,
              "/data/s.bin is locked by another program that writes to it; stop that program or "
              "choose another file"},
             {store_error::not_a_file,
              "/data/s.bin is not a plain file; name a file, such as /data/s.bin/store.bin"},
             {make_error_code(errc_t::is_a_directory),
              "/data/s.bin is not a plain file; name a file, such as /data/s.bin/store.bin"},
             {make_error_code(errc_t::no_such_file_or_directory),
              "the folder /data does not exist; make it or choose another place for s.bin"},
             {make_error_code(errc_t::not_a_directory),
              "/data is not a folder; choose another place for s.bin"},
             {make_error_code(errc_t::permission_denied),
              "no permission to read and write /data/s.bin; change its owner or mode, or choose "
              "another file"},
             {make_error_code(errc_t::read_only_file_system),
              "/data/s.bin is on a read-only file system; choose another place"},
             {make_error_code(errc_t::no_space_on_device),
              "no space left for /data/s.bin; make room or choose another place"},
             {make_error_code(errc_t::io_error), "cannot open /data/s.bin: Input/output error"}}) {
        EXPECT_EQ(explain_open("/data/s.bin", why), line);
    }
    EXPECT_EQ(explain_open("s.bin", make_error_code(errc_t::no_such_file_or_directory)),
              "the folder . does not exist; make it or choose another place for s.bin");
}

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

}  // namespace
}  // namespace trunkline::server
