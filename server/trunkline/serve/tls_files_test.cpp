#include <trunkline/serve/tls_files.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>

namespace trunkline::server {
namespace {

struct tls_files : ::testing::Test {
    /// What is said of a server with these files.
    [[nodiscard]] std::string fault_of(tls::identity const& given) const {
        std::filesystem::path at_fault;
        auto const made = tls::context::for_server({.own = given}, &at_fault);
        std::array const files{
            tls_file{"--tls-cert", certificates_content, given.certificates.string()},
            tls_file{"--tls-key", key_content, given.key.string()}};
        return made ? "" : explain_tls(files, at_fault, made.error());
    }

    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::identity own = authority.issue("server");
};

TEST_F(tls_files, that_fit_are_nothing_to_talk_of) {
    EXPECT_EQ(fault_of(own), "");
}

TEST_F(tls_files, name_the_flag_the_file_and_what_to_do) {
    std::string const missing = (folder / "missing.pem").string();
    EXPECT_EQ(fault_of({missing, own.key}),
              "--tls-cert " + missing +
                  " cannot be read: No such file or directory; name a file with certificates in "
                  "PEM form");
    EXPECT_EQ(fault_of({own.certificates, authority.issue("other").key}),
              "--tls-key " + (folder / "other.key").string() +
                  " is not the key of the first certificate of --tls-cert; give the two that "
                  "belong together");
    std::string const text = (folder / "text.pem").string();
    write_file(text, "words");
    EXPECT_TRUE(fault_of({own.certificates, text})
                    .starts_with("--tls-key " + text +
                                 " does not hold a private key in PEM form, without a passphrase"))
        << fault_of({own.certificates, text});
    EXPECT_TRUE(
        fault_of({text, own.key})
            .starts_with("--tls-cert " + text + " does not hold certificates in PEM form: "))
        << fault_of({text, own.key});
}

TEST(tls_pair, is_given_whole_or_not_at_all) {
    EXPECT_EQ(check_pair("", ""), "");
    EXPECT_EQ(check_pair("a", "b"), "");
    EXPECT_EQ(check_pair("a", ""), "--tls-cert needs --tls-key; give both, or neither");
    EXPECT_EQ(check_pair("", "b"), "--tls-key needs --tls-cert; give both, or neither");
}

}  // namespace
}  // namespace trunkline::server
