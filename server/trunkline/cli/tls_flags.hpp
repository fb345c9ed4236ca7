// What --tls-ca, --tls-cert and --tls-key stand for.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/tls/context.hpp>

#include <string>

namespace trunkline::cli {

/// Paths of PEM files; empty: not given. A value.
struct tls_flags {
    std::string ca;
    std::string cert;
    std::string key;
};

/// Of who connects: whom it trusts, the system's unless told, and what it shows. Fails with a line
/// that tells which flag is wrong.
[[nodiscard]] call_result<tls::context> client_context(tls_flags const& flags);

/// Of who listens: what it shows, and who vouches for clients where they have to show something.
/// Fails likewise.
[[nodiscard]] call_result<tls::context> server_context(tls_flags const& flags);

}  // namespace trunkline::cli
