// What the TLS streams of one side share: versions, certificates, and whom they trust.
#pragma once

#include <trunkline/base/result.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

struct ssl_ctx_st;  // SSL_CTX of OpenSSL

namespace trunkline::tls {

/// Files in PEM form with which one side shows who it is. The key has no passphrase.
struct identity {
    std::filesystem::path certificates;  ///< its own first, then those that lead to an authority
    std::filesystem::path key;           ///< the private key of the first
};

/// Whom a client trusts, and who it is.
struct client_options {
    /// PEM file with the certificates of those who may vouch for servers; by default those that the
    /// system trusts.
    std::optional<std::filesystem::path> authorities = {};
    /// Shown to servers that ask for it.
    std::optional<identity> own = {};
    /// Off: anybody can be the server. Only for tests.
    bool verify = true;
};

/// Who a server is, and whom it trusts.
struct server_options {
    identity own;  ///< shown to every client
    /// PEM file. Where it is set, a client has to show a certificate that one of these vouches for;
    /// it is told their names.
    std::optional<std::filesystem::path> client_authorities = {};
};

/// Shared by any number of streams and threads; copies are the same context. TLS 1.2 and 1.3, no
/// renegotiation (RFC 9325, sections 3.1.1 and 3.5), no tickets.
class context {
public:
    /// Fails where a file cannot be read or does not fit; `at_fault` tells which.
    [[nodiscard]] static result<context> for_client(client_options const& options,
                                                    std::filesystem::path* at_fault = nullptr);
    /// Of a server; as for_client().
    [[nodiscard]] static result<context> for_server(server_options const& options,
                                                    std::filesystem::path* at_fault = nullptr);

    /// Reads its files again. Streams that live go on as they are, later ones have what the files
    /// say now. Fails as for_client() and for_server(); then everything stays. From any thread.
    [[nodiscard]] result<void> reload(std::filesystem::path* at_fault = nullptr) const;

    /// As OpenSSL knows it now, for who makes streams. From any thread.
    [[nodiscard]] std::shared_ptr<ssl_ctx_st> native() const;

private:
    class files;
    explicit context(std::shared_ptr<files> shared) noexcept : shared_(std::move(shared)) {}
    [[nodiscard]] static result<context> made_of(std::shared_ptr<files> shared,
                                                 std::filesystem::path* at_fault);

    std::shared_ptr<files> shared_;
};

}  // namespace trunkline::tls
