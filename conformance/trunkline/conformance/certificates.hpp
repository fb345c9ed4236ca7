// Certificates of one process, for transports that encrypt: a server that clients trust.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/test_certificates.hpp>

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

}  // namespace trunkline::conformance
