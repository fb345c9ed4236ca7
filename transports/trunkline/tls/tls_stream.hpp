// A byte stream through TLS, over any other byte stream: the filter below "tls:" and "wss:".
#pragma once

#include <trunkline/tls/context.hpp>
#include <trunkline/tls/refusal.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace trunkline::tls {

/// What a stream through TLS can do beside what every byte stream can.
class tls_stream : public transport::byte_stream {
public:
    /// Goes on with the handshake as far as that is possible now: `ok` once it is over, and why it
    /// has failed; `size` is nothing. A sink that wants to write is told when it has ended, one way
    /// or the other.
    [[nodiscard]] virtual transport::io_result establish() = 0;
};

/// What is spoken inside. Of HTTP/1.1 the peer is told so, and one that wants something else only
/// is refused (RFC 7301); frames have no name there.
enum class spoken : std::uint8_t { frames, http };

/// The client's end. The handshake begins at once and goes on with every call and readiness; who
/// writes before it is over waits. Fails where the machine has no more memory.
///
/// @param loop outlives the stream
/// @param host whom the certificate of the server has to name: a DNS name or an IP address
[[nodiscard]] result<std::unique_ptr<tls_stream>> make_client_stream(
    transport::runtime& loop, std::unique_ptr<transport::byte_stream> below, context const& shared,
    std::string const& host, spoken inside = spoken::frames);

/// The server's end, likewise.
///
/// Of both: `end` is told where the peer has said that it ends (close_notify); a link that ends
/// without that is an error, as bytes may be missing (RFC 8446, section 6.1). A certificate that is
/// refused is an error of verify_category(). At most 64 KiB, and what TLS adds, wait in the stream
/// for the link to take them; an idle one holds no buffer.
[[nodiscard]] result<std::unique_ptr<tls_stream>> make_server_stream(
    transport::runtime& loop, std::unique_ptr<transport::byte_stream> below, context const& shared,
    spoken inside = spoken::frames);

}  // namespace trunkline::tls
