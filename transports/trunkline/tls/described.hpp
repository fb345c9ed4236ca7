// What is told of a certificate.
#pragma once

#include <trunkline/transport/peer_certificate.hpp>

struct x509_st;  // X509 of OpenSSL

namespace trunkline::tls {

/// The names in it.
[[nodiscard]] transport::peer_certificate described(x509_st const& certificate);

}  // namespace trunkline::tls
