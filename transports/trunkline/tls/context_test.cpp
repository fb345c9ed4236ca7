#include <trunkline/tls/context.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace trunkline::tls {
namespace {

struct tls_context : ::testing::Test {
    tls_context() : authority(folder.path()), own(authority.issue("server")) {}

    scratch_folder folder;
    test_authority authority;
    identity own;
    std::filesystem::path at_fault;
};

TEST_F(tls_context, needs_no_file_where_a_client_trusts_as_the_system_does) {
    EXPECT_TRUE(context::for_client({}));
}

TEST_F(tls_context, takes_files_that_fit) {
    EXPECT_TRUE(context::for_server({.own = own, .client_authorities = authority.file()}));
    EXPECT_TRUE(context::for_client({.authorities = authority.file(), .own = own}));
}

TEST_F(tls_context, tells_which_file_is_missing) {
    auto const missing = folder / "missing.pem";
    EXPECT_FALSE(context::for_server({.own = {missing, own.key}}, &at_fault));
    EXPECT_EQ(at_fault, missing);
    EXPECT_FALSE(context::for_server({.own = {own.certificates, missing}}, &at_fault));
    EXPECT_EQ(at_fault, missing);
    at_fault.clear();
    EXPECT_FALSE(context::for_server({.own = own, .client_authorities = missing}, &at_fault));
    EXPECT_EQ(at_fault, missing);
    at_fault.clear();
    EXPECT_FALSE(context::for_client({.authorities = missing}, &at_fault));
    EXPECT_EQ(at_fault, missing);
}

TEST_F(tls_context, refuses_a_key_of_another_certificate) {
    identity const other = authority.issue("other");
    auto const made = context::for_server({.own = {own.certificates, other.key}}, &at_fault);
    ASSERT_FALSE(made);
    EXPECT_EQ(at_fault, other.key);
    EXPECT_FALSE(made.error().message().empty());
}

TEST_F(tls_context, refuses_files_that_are_no_pem_or_need_a_passphrase) {
    auto const text = folder / "text";
    std::ofstream(text) << "not a certificate";
    EXPECT_FALSE(context::for_server({.own = {text, own.key}}, &at_fault));
    EXPECT_EQ(at_fault, text);
    auto const locked = folder / "locked.key";
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    std::FILE* const file = std::fopen(locked.c_str(), "w");
    unsigned char const passphrase[] = "secret";
    PEM_write_PrivateKey(file, key, EVP_aes_256_cbc(), passphrase, 6, nullptr, nullptr);
    std::fclose(file);
    EVP_PKEY_free(key);
    EXPECT_FALSE(context::for_server({.own = {own.certificates, locked}}, &at_fault));
    EXPECT_EQ(at_fault, locked);
}

TEST_F(tls_context, keeps_what_it_has_when_files_cannot_be_read_again) {
    auto const made = context::for_server({.own = own}).value();
    auto const before = made.native();
    auto const copy = made;
    EXPECT_TRUE(copy.reload());
    auto const after = made.native();
    EXPECT_NE(after, before) << "copies are the same context";
    std::filesystem::remove(own.key);
    auto const failed = made.reload(&at_fault);
    EXPECT_EQ(failed.error(), boost::system::errc::no_such_file_or_directory);
    EXPECT_EQ(at_fault, own.key);
    EXPECT_EQ(made.native(), after);
}

}  // namespace
}  // namespace trunkline::tls
