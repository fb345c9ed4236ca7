// Every limit on what a peer can make us hold, with its unit and default (wire-protocol rules:
// rpc/FORMAT.md, "Limits").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace trunkline {

inline constexpr std::size_t kib = 1024;        ///< bytes
inline constexpr std::size_t mib = 1024 * kib;  ///< bytes

/// Bytes of one stream that travel in one frame; every published peer cuts at this size.
inline constexpr std::size_t chunk_size = 64 * kib;

/// Writes of all connections that wait for the disk, in bytes of memory. Above it a connection
/// brings one write at a time: each is also within what its own connection may hold.
inline constexpr std::size_t writes_waiting_size_mark = 64 * mib;

/// The same, also of connections that have gone meanwhile. A write above it is refused: room for a
/// dozen of the largest that came before the mark was seen.
inline constexpr std::size_t writes_waiting_size_max = 256 * mib;

/// Memory of large messages that the process keeps for the next ones, in bytes.
inline constexpr std::size_t spare_pages_size_max = 16 * mib;

/// Limits of one connection's protocol state. All sizes in bytes.
struct session_limits {
    std::size_t frame_payload_size_max =
        16 * mib;  ///< declared; the connection ends when the header says more
    std::size_t message_size_max = 16 * mib;  ///< one RPC message; that call alone is refused
    std::size_t held_size_max =
        24 * mib;  ///< everything held for one connection; the connection ends
    std::size_t out_of_order_frames_max = 1024;   ///< per stream; the stream is dropped
    std::size_t out_of_order_size_max = 1 * mib;  ///< per stream; the stream is dropped
    std::size_t open_streams_max = 4096;          ///< incoming; a new one is refused
    std::size_t unbegun_streams_max =
        1024;  ///< incoming, known by later frames only; the oldest is dropped
    std::size_t unfinished_requests_max =
        1024;  ///< requests not yet received to their End; a new one is refused
    std::size_t unanswered_requests_max =
        16384;  ///< complete requests; the connection is not read from
    std::size_t output_owned_mark =
        1 * mib;  ///< queued bytes we own; above it no request is started
    std::size_t output_borrowed_mark =
        128 * mib;                           ///< queued bytes we borrow (file spans); same effect
    std::size_t pending_calls_max = 65536;   ///< calls of ours awaiting an answer; a new one fails
    std::size_t protocol_errors_max = 1024;  ///< skipped frames and the like; the connection ends
};

/// Calls of one peer that are not both received and answered, whatever the limits above are raised
/// to: a call is known by a number with room for so many. A new one is refused.
inline constexpr std::size_t calls_at_once_max = 1024 * kib;

/// Bytes of our events that wait in the output of one peer; above it a new one fails, so one
/// message more is the most that waits: nobody awaits an event, so nothing else would slow its
/// sender down when the peer is silent or slow. Also of everything of ours that waits for the
/// peer's header layout, calls included.
inline constexpr std::size_t events_queued_size_max = 4 * mib;

/// Bytes in the output of one connection above which who writes a stream waits. Below the mark on
/// output at which a connection is not read from, so that two peers that stream to each other both
/// go on reading.
inline constexpr std::size_t stream_output_size_mark = 256 * kib;

/// Bytes of streams that came from one peer and wait for who reads them; above it nothing more is
/// read from that peer, and its writers wait in turn.
inline constexpr std::size_t stream_input_size_mark = 1 * mib;

/// Calls that wait for a thread of a pool of handlers, unless its builder says otherwise; one more
/// is answered with status 2. What they hold counts for their connections, so this is about time:
/// who comes behind so many others is better told at once.
inline constexpr std::size_t handlers_waiting_max = 1024;

/// Bytes held for one connection and let go again before the free memory of the heap is given back
/// to the system: little enough to stay within 32 MiB beside what is held, enough to make it rare.
inline constexpr std::size_t let_go_size_max = 4 * mib;

/// Memory of messages and calls that have gone which one thread keeps for the next ones, in bytes:
/// what a thousand small calls under way take, and the lists of a batch of some thousand values.
/// More is freed. Connections keep none.
inline constexpr std::size_t recycled_size_max = 2 * mib;

/// Blocks above this size, in bytes, are not kept: what they carry costs more than their memory.
inline constexpr std::size_t recycled_block_size_max = 512 * kib;

/// Limits of one connection in time, and of one turn of the loop.
struct connection_limits {
    std::chrono::milliseconds handshake_timeout{
        10'000};  ///< from accept to established, not restarted by bytes
    std::chrono::milliseconds ping_after{5'000};        ///< of silence
    std::chrono::milliseconds silence_timeout{15'000};  ///< without any byte; then closed
    std::chrono::milliseconds write_stall_timeout{
        30'000};  ///< outgoing queue without progress; then closed
    std::chrono::milliseconds drain_quiet{
        200};  ///< of silence from a drained peer; then it gets its answers and is closed
    std::chrono::milliseconds close_timeout{
        1'000};  ///< from our Close to the end of the byte stream
    std::chrono::milliseconds fold_after{
        1'000};  ///< of silence, with no call under way; then only 64 bytes are kept; 0: at once
    std::size_t input_per_turn_max =
        256 * kib;  ///< bytes read from one connection per turn of the loop
};

/// Limits of one WebSocket connection, beside those of its session. All sizes in bytes.
struct websocket_limits {
    std::uint64_t frame_size_max = 16 * mib;    ///< declared; the connection ends with 1009
    std::uint64_t message_size_max = 16 * mib;  ///< over all fragments; the same
    std::size_t http_head_size_max = 16 * kib;  ///< request or response head; refused with 431
    std::size_t http_fields_max = 100;          ///< header lines; refused with 431
    bool refuse_text = false;  ///< RPC connections: close text with 1003 instead of ignoring it
};

/// Pongs that wait to be sent, in bytes; above it only the newest ping is answered.
inline constexpr std::size_t pending_pongs_size_max = 384;

/// From the end of a WebSocket's or handshake's last word to the end of its byte stream, however
/// the peer behaves: below the second that wire 8 allows.
inline constexpr std::chrono::milliseconds linger_timeout{500};

/// Byte streams that may linger at once on one thread; further ones end at once.
inline constexpr std::size_t lingering_max = 4096;

/// Limits of one bitcode message (bitcode/FORMAT.md, "Limits").
struct bitcode_limits {
    std::size_t list_elements_max =
        1024 * kib;  ///< in all lists of one place together; the message is refused
    std::size_t decoded_size_max =
        24 * mib;  ///< bytes: the input plus what decoding allocates; the message is refused
    std::size_t packed_size_max =
        4 * mib;  ///< bytes of packed output per column; a larger one is sent plain
};

static_assert(bitcode_limits{}.decoded_size_max <= session_limits{}.held_size_max,
              "decoding stays within what a connection may hold");
static_assert(session_limits{}.message_size_max <= bitcode_limits{}.decoded_size_max,
              "every message that arrives can be decoded");
static_assert(session_limits{}.message_size_max + 8 * mib <= session_limits{}.held_size_max,
              "a message at its limit must fit into what a connection may hold");

}  // namespace trunkline
