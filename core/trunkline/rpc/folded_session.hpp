// What a session comes down to while nothing goes on.
#pragma once

#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <optional>

namespace trunkline::rpc {

/// All that has to be known of a session with nothing open, pending, held or queued so that another
/// one can go on in its place: 28 bytes.
struct folded_session {
    std::uint32_t next_stream_id = 0;          ///< without the bit of its side
    std::uint32_t next_request_id = 0;         ///< as session_options::first_request_id
    std::uint32_t frames_received = 0;         ///< as in session_counters, like the next four
    std::uint32_t requests_received = 0;       ///< calls and events that were not refused
    std::uint16_t frames_skipped = 0;          ///< unknown kind, duplicates, of dropped streams
    std::uint16_t responses_dropped = 0;       ///< for no pending call
    std::uint16_t calls_refused = 0;           ///< by a limit
    std::uint16_t protocol_errors = 0;         ///< counted towards protocol_errors_max
    std::optional<frame::layout> layout = {};  ///< empty until known
    bool extended = false;                     ///< session::extended()
    bool checked = false;                      ///< session::checked()
};

}  // namespace trunkline::rpc
