#include <trunkline/websocket/upgrade_key.hpp>

#include <trunkline/base/assert.hpp>

#include <openssl/evp.h>

#include <array>

namespace trunkline::websocket {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::span<unsigned char const> bytes) {
    std::array<unsigned char, 64> text{};  // 28 characters for 20 bytes, and OpenSSL's zero
    TRUNKLINE_ASSERT(bytes.size() <= 32);
    int const size = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
    return {reinterpret_cast<char const*>(text.data()), static_cast<std::size_t>(size)};
}

}  // namespace

bool is_upgrade_key(std::string_view key) noexcept {
    if (key.size() != 24 || !key.ends_with("==") ||
        key.find_first_not_of(alphabet) != key.size() - 2) {
        return false;
    }
    // 22 characters hold 132 bits: the last 4 belong to nothing and are zero.
    return alphabet.find(key[21]) % 16 == 0;
}

std::string encode_upgrade_key(std::span<std::byte const, 16> bytes) {
    return base64({reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()});
}

std::string accept_key_for(std::string_view key) {
    std::string const text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    int const done =
        EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    TRUNKLINE_ASSERT(done == 1);
    return base64({digest.data(), size});
}

}  // namespace trunkline::websocket
