// One live byte link between two peers, as every transport offers it to the driver (CONTRACT.md).
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/close_reason.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::transport {

/// What a transport has beyond the minimum; declared as data, never found out by casts.
struct capabilities {
    bool message_borders = false;  ///< one frame, one message; layout detection may use the borders
    bool half_close = false;       ///< shutdown_write() leaves reading open
    bool probe = false;            ///< probe() makes the peer answer
    bool close_reason = false;     ///< close() carries its code and text to the peer
    bool extended = false;         ///< both sides have agreed to the extension in the handshake
    std::uint8_t form = 0;  ///< below 16: what its maker has to know to make it anew after fold()
};

/// One piece of received payload: a view into the buffer given to read().
struct in_piece {
    bytes_view bytes;           ///< valid as long as that buffer is untouched
    bool ends_message = false;  ///< always false where borders are not kept
};

/// What one read has given.
struct read_result {
    io_status status = io_status::ok;  ///< whether to go on, to wait, or to stop
    std::size_t pieces =
        0;  ///< entries of `out` that were filled; may be 0 with status ok (control traffic only)
    std::size_t wire_bytes = 0;  ///< bytes taken from the link: any of them is a sign of life
    error_code error;            ///< why it has ended, where it has and that is known
};

/// Readiness-based and single-threaded. No buffer, coroutine or timer while idle. Nothing about
/// RPC.
class connection {
public:
    virtual ~connection() = default;

    /// What it can do beside moving bytes; always the same.
    [[nodiscard]] virtual capabilities abilities() const noexcept = 0;

    /// Reads at most once from the link into `buffer`, of at least 16 bytes, and gives the payload
    /// found in it. Never blocks. The pieces stay valid as long as the buffer is untouched. `out`
    /// has room for at least 2 pieces. A read that fills all of `out` may hold more pieces in
    /// `buffer`: call again, with the same buffer, before anybody else gets it; the link is not
    /// asked before all are given. A read that fills less holds nothing.
    ///
    /// `end`: the peer has ended its direction, or a closing handshake is over; not called again.
    /// `error`: nothing more will come. When the peer broke the transport's own rules (an error of
    /// transport_error), the connection has already begun to close as by close(), with the fitting
    /// code. After any close() reads take and drop what comes, until `end` or `error`.
    [[nodiscard]] virtual read_result read(mutable_bytes buffer, std::span<in_piece> out) = 0;

    /// Takes any prefix of the segments' bytes, never blocks. A segment with frame_size begins a
    /// message where borders are kept. `size` counts payload bytes taken, not bytes on the wire. A
    /// write that takes less than all may have hit a bound of its own: would_block says that the
    /// link is full. What waits inside goes first: `ok` with size 0 says that the link took some of
    /// that and nothing else. With an empty span nothing else is to go.
    [[nodiscard]] virtual io_result write(std::span<out_segment const> segments) = 0;

    /// Asks the peer for a sign of life; nothing where `probe` is not declared.
    virtual void probe() = 0;

    /// Sends the end of our direction after what was written, where half_close is declared.
    virtual void shutdown_write() = 0;

    /// Starts an orderly close: what was written goes out first, then `code` and `reason` (cut to
    /// 123 bytes) where the transport carries them. Nothing can be written afterwards but by the
    /// flush of an empty span. The driver goes on reading until `end` or its close timeout, then
    /// destroys the connection. A second call does nothing.
    virtual void close(close_code code, std::string_view reason) = 0;

    /// What the peer gave as reason when it closed, once read() has given the end; empty before,
    /// and where it gave none or close_reason is not declared.
    [[nodiscard]] virtual std::optional<close_reason> farewell() const = 0;

    /// Ends the link at once, with a reset where it has one; for peers that take nothing. The
    /// driver destroys the connection right after it.
    virtual void abort() = 0;

    /// True while written bytes or control traffic wait inside the connection for the link to take
    /// them.
    [[nodiscard]] virtual bool wants_write() const noexcept = 0;

    /// As byte_stream::watch.
    virtual void watch(readiness_sink* sink, bool read_interest, bool write_interest) = 0;

    /// As byte_stream::acknowledge_now: called after reads while a message is incomplete.
    virtual void acknowledge_now() = 0;

    /// As byte_stream::hold_back.
    virtual void hold_back(bool on) = 0;

    /// The peer as text.
    [[nodiscard]] virtual std::string peer() const = 0;

    /// As byte_stream::credentials.
    [[nodiscard]] virtual std::optional<peer_credentials> credentials() const = 0;

    /// As byte_stream::certificate.
    [[nodiscard]] virtual std::optional<peer_certificate> certificate() const = 0;

    /// The stream below, where the connection holds nothing but it, neither of what was received
    /// nor of what is to be sent: it is dead then, and one made anew over the stream, in the same
    /// role, goes on. Null, and nothing done, at any other moment and where a connection is more.
    [[nodiscard]] virtual std::unique_ptr<byte_stream> fold() = 0;
};

}  // namespace trunkline::transport
