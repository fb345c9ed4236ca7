// What the TLS streams of one side share: versions, certificates, and whom they trust.
#pragma once

#include <trunkline/base/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::tls {

/// Files in PEM form with which one side shows who it is. The key has no passphrase.
struct identity {
    std::filesystem::path certificates;  ///< its own first, then those that lead to an authority
    std::filesystem::path key;           ///< the private key of the first
};

struct client_options {
    /// PEM file with the certificates of those who may vouch for servers; by default those that the
    /// system trusts.
    std::optional<std::filesystem::path> authorities = {};
    /// Shown to servers that ask for it.
    std::optional<identity> own = {};
    /// Off: anybody can be the server. Only for tests.
    bool verify = true;
};

struct server_options {
    identity own;  ///< shown to every client
    /// PEM file. Where it is set, a client has to show a certificate that one of these vouches for.
    std::optional<std::filesystem::path> client_authorities = {};
};

/// Immutable and shared by any number of streams and threads; copies are the same context. TLS 1.2
/// and 1.3, no renegotiation (RFC 9325, sections 3.1.1 and 3.5), no tickets.
class context {
public:
    /// Fails where a file cannot be read or does not fit; `at_fault` tells which.
    [[nodiscard]] static result<context> for_client(client_options const& options,
                                                    std::filesystem::path* at_fault = nullptr);
    [[nodiscard]] static result<context> for_server(server_options const& options,
                                                    std::filesystem::path* at_fault = nullptr);

    /// As OpenSSL knows it, for who makes streams.
    [[nodiscard]] SSL_CTX* native() const noexcept { return shared_->native_handle(); }

private:
    using shared_context = std::shared_ptr<boost::asio::ssl::context>;
    explicit context(shared_context shared) noexcept : shared_(std::move(shared)) {}

    shared_context shared_;
};

}  // namespace trunkline::tls
