// Whom the other end of an encrypted link has shown to be.
#pragma once

#include <string>
#include <vector>

namespace trunkline::transport {

/// Of a certificate that was verified when the connection was made. A value.
struct peer_certificate {
    std::string subject;  ///< as of RFC 2253: "CN=alice,O=Example"; may be empty
    /// The subject's alternative names that are text: "DNS:alice.example",
    /// "URI:spiffe://example/a", "email:alice@example.com".
    std::vector<std::string> names;

    friend bool operator==(peer_certificate const&, peer_certificate const&) noexcept = default;
};

}  // namespace trunkline::transport
