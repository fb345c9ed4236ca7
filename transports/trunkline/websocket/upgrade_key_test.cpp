#include <trunkline/websocket/upgrade_key.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace trunkline::websocket {
namespace {

TEST(upgrade_key, answers_as_the_rfc_shows) {
    EXPECT_EQ(accept_key_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    std::array<std::byte, 16> bytes{};
    EXPECT_EQ(encode_upgrade_key(bytes), "AAAAAAAAAAAAAAAAAAAAAA==");
    bytes.fill(std::byte{0xff});
    EXPECT_EQ(encode_upgrade_key(bytes), "/////////////////////w==");
    EXPECT_TRUE(is_upgrade_key(encode_upgrade_key(bytes)));
}

TEST(upgrade_key, takes_the_base64_of_sixteen_bytes_only) {
    EXPECT_TRUE(is_upgrade_key("dGhlIHNhbXBsZSBub25jZQ=="));
    for (std::string_view const bad :
         {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j",
          "dGhlIHNhbXBsZSBub25jZTE=", "dGhlIHNhbXBsZSBub25jZTEy", "dGhlIHNhbXBsZSBub25jZQ===",
          "dGhlIHNhbXBsZSBub25j*Q==", "dGhlIHNhbXBsZSBub25=ZQ==", "dGhlIHNhbXBsZSBub25jZR==",
          "dGhlIHNhbXBsZSBub2 jZQ==", "====================AA==", "-_hlIHNhbXBsZSBub25jZQ=="}) {
        EXPECT_FALSE(is_upgrade_key(bad)) << bad;
    }
}

}  // namespace
}  // namespace trunkline::websocket
