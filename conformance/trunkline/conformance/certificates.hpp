// Certificates of one process, for transports that encrypt: a server that clients trust, and
// others.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/conformance/own_address.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <optional>
#include <string>

namespace trunkline::conformance {

/// The name that the server's certificate has, beside the address of this process.
inline constexpr char const* certified_name = "server.test";

/// Both, as OpenSSL's subjectAltName.
[[nodiscard]] inline std::string certified_names() {
    return std::string("DNS:") + certified_name + ",IP:" + own_address();
}

/// Made on first use; its files go when the process does.
struct certificates {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context serving =
        tls::context::for_server({.own = authority.issue("server", {.names = certified_names()})})
            .value();
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
};

inline certificates const& trusted() {
    static certificates const all;
    return all;
}

/// The trusted server gets another certificate, which has one more name, and shows it from now on.
inline void renew_trusted() {
    static int times = 0;
    std::string const names = certified_names() + ",DNS:renewed" + std::to_string(++times);
    static_cast<void>(trusted().authority.issue("server", {.names = names}));
    trusted().serving.reload().value();
}

/// Who the servers and clients of one fixture are.
struct guises {
    server_guise server = server_guise::trusted;
    client_guise client = client_guise::unnamed;

    /// For handshakes of servers.
    [[nodiscard]] tls::context serving() const {
        auto const& ours = trusted().authority;
        switch (server) {
            case server_guise::trusted:
                break;
            case server_guise::strange:
                return of_server(
                    strangers().authority.issue("server", {.names = certified_names()}));
            case server_guise::expired:
                return of_server(
                    ours.issue("expired", {.names = certified_names(), .days_left = -1}));
            case server_guise::misnamed:
                return of_server(ours.issue("misnamed", {.names = "DNS:other.test"}));
            case server_guise::demanding:
                return tls::context::for_server(
                           {.own = ours.issue("demanding", {.names = certified_names()}),
                            .client_authorities = ours.file()})
                    .value();
        }
        return trusted().serving;
    }

    /// For those of clients.
    [[nodiscard]] tls::context asking() const {
        auto const& ours = trusted().authority;
        if (client == client_guise::unnamed) {
            return trusted().asking;
        }
        auto const& vouching = client == client_guise::trusted ? ours : strangers().authority;
        return tls::context::for_client(
                   {.authorities = ours.file(), .own = vouching.issue("client")})
            .value();
    }

private:
    static certificates const& strangers() {
        static certificates const all;
        return all;
    }
    static tls::context of_server(tls::identity own) {
        return tls::context::for_server({.own = std::move(own)}).value();
    }
};

}  // namespace trunkline::conformance
