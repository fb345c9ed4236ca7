// The files that flags such as --tls-cert name.
#pragma once

#include <trunkline/base/result.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::server {

/// What a file is for: its flag, and what it has to hold.
struct tls_file {
    std::string_view flag;  ///< with its dashes
    std::string_view content;
    std::string path;  ///< empty: not given
};

/// One line that says what is wrong with the one of `files` that is at `at_fault`, and what to do.
[[nodiscard]] std::string explain_tls(std::span<tls_file const> files,
                                      std::filesystem::path const& at_fault, error_code why);

/// Complains when one of a certificate and its key is given without the other; else empty.
[[nodiscard]] std::string check_pair(std::string_view certificates, std::string_view key);

/// Content of a file of certificates, and of one with a key, as explain_tls() has it.
inline constexpr std::string_view certificates_content = "certificates in PEM form";
inline constexpr std::string_view key_content = "a private key in PEM form, without a passphrase";

}  // namespace trunkline::server
