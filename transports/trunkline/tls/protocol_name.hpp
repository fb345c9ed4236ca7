// Application-layer protocol negotiation (RFC 7301).
#pragma once

#include <trunkline/tls/tls_stream.hpp>

struct ssl_st;  // SSL of OpenSSL

namespace trunkline::tls {

/// Of one end, before its handshake.
void name_protocol(ssl_st& end, spoken inside);

/// Makes the servers of a context choose what was named for them.
void choose_protocols(ssl_ctx_st& shared);

}  // namespace trunkline::tls
