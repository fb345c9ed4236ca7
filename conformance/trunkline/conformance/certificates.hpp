// Certificates of one process, for transports that encrypt: a server that clients trust, and
// others.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <optional>
#include <string>

namespace trunkline::conformance {

/// Made on first use; its files go when the process does.
struct certificates {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context serving = tls::context::for_server({.own = authority.issue("server")}).value();
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
};

/// The name that the server's certificate has, beside the address 127.0.0.1.
inline constexpr char const* certified_name = "server.test";

inline certificates const& trusted() {
    static certificates const all;
    return all;
}

/// The trusted server gets another certificate, which has one more name, and shows it from now on.
inline void renew_trusted() {
    static int times = 0;
    std::string const names = "DNS:server.test,IP:127.0.0.1,DNS:renewed" + std::to_string(++times);
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
                return of_server(strangers().authority.issue("server"));
            case server_guise::expired:
                return of_server(ours.issue("expired", {.days_left = -1}));
            case server_guise::misnamed:
                return of_server(ours.issue("misnamed", {.names = "DNS:other.test"}));
            case server_guise::demanding:
                return tls::context::for_server(
                           {.own = ours.issue("demanding"), .client_authorities = ours.file()})
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
