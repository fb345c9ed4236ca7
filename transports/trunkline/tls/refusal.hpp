// How a TLS handshake ends when one side does not accept the other.
#pragma once

#include <trunkline/base/result.hpp>

namespace trunkline::tls {

/// Why a certificate is refused: the numbers and texts of OpenSSL's X509_V_ERR.
[[nodiscard]] boost::system::error_category const& verify_category() noexcept;

/// Whether the next handshake would end so, too: the certificate of the peer is refused, or the
/// peer has said (RFC 8446, section 6.2) that it refuses ours, or all that we speak.
[[nodiscard]] bool is_refusal(error_code why) noexcept;

}  // namespace trunkline::tls
