// A readiness-based stream of bytes: what WebSocket and TLS run over. Sockets and simulated pipes
// implement it.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/peer_certificate.hpp>
#include <trunkline/transport/peer_credentials.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace trunkline::transport {

enum class io_status : std::uint8_t {
    ok,           ///< `size` bytes were moved; of a write there may be none
    would_block,  ///< nothing now; the sink is told when to try again
    end,          ///< read only: the peer will send nothing more
    error,        ///< the link is dead; `error` says why
};

struct io_result {
    io_status status = io_status::ok;
    std::size_t size = 0;
    error_code error;
};

/// One live link. Owned by one thread. No buffer, coroutine or timer of its own while idle. What
/// wraps a stream passes on every call: nothing here has a default that could be forgotten.
class byte_stream {
public:
    virtual ~byte_stream() = default;

    /// Never blocks. `into` is not touched after the call returns.
    [[nodiscard]] virtual io_result read(mutable_bytes into) = 0;

    /// Gather write; never blocks; may take any prefix. `pieces` are not kept. What the stream
    /// holds goes first: `ok` with a size of 0 says that some of that went and nothing else.
    /// Without pieces nothing else is to go: called only while holds_unsent().
    [[nodiscard]] virtual io_result write(std::span<bytes_view const> pieces) = 0;

    /// True while bytes that were written wait in the stream itself for the link to take them. They
    /// go by themselves while nobody is interested in writing, else by write(). Of a stream that is
    /// closed or destroyed they are lost, but for what the link takes at once.
    [[nodiscard]] virtual bool holds_unsent() const noexcept = 0;

    /// Sends the end of the stream after what was written. Reading goes on.
    virtual void shutdown_write() = 0;

    /// Ends both directions at once and forgets the sink. `abort` asks for a reset where the link
    /// has one.
    virtual void close(bool abort) = 0;

    /// Who is told about readiness. Reading is reported while `read_interest`, writing while
    /// `write_interest`.
    virtual void watch(readiness_sink* sink, bool read_interest, bool write_interest) = 0;

    /// Asks for prompt acknowledgement of what was just read (TCP_QUICKACK); does nothing where
    /// that has no meaning.
    virtual void acknowledge_now() = 0;

    /// While true, the link may keep what is written until it is full, so that several writes
    /// arrive together (TCP_CORK); false sends it. Does nothing where that has no meaning.
    virtual void hold_back(bool on) = 0;

    /// The peer as text, such as "127.0.0.1:4711".
    [[nodiscard]] virtual std::string peer() const = 0;

    /// Which process the peer is, where the system vouches for it: on Unix sockets.
    [[nodiscard]] virtual std::optional<peer_credentials> credentials() const = 0;

    /// Whom the peer's certificate names, where it was verified: through TLS, once the handshake is
    /// over, of servers and of clients that had to show one.
    [[nodiscard]] virtual std::optional<peer_certificate> certificate() const = 0;

    /// The bare descriptor, where the stream is nothing but one; it is dead then, and one made anew
    /// goes on. Empty, and nothing done, where there is more to it.
    [[nodiscard]] virtual file_descriptor release() = 0;
};

}  // namespace trunkline::transport
