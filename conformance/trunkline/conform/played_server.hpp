// A server as somebody else may write it: a few lines of its own for each layer, from the bytes up,
// and faults that can be put into them.
#pragma once

#include <trunkline/conform/stranger.hpp>
#include <trunkline/conformance/subject.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace trunkline::conform {

/// What a played server does wrong, or otherwise.
enum class flaw : std::uint8_t {
    none,
    answers_nothing,
    answers_on_the_first_connection,
    serves_few_connections,
    serves_few_at_once,
    bears_strangers,
    answers_in_one_layout,
    drops_empty_calls,
    drops_large_calls,
    cuts_zeros,
    dies_of_text,
    mixes_streams,
    wants_whole_frames,
    reads_few_frames,
    drops_what_comes_early,
    replaces_what_is_held,
    hangs_up_at_the_end,
    drops_what_follows_a_cancel,
    closes_without_a_word,
    shares_ids,
    answers_few_calls,
    answers_with_an_error,
    wants_calls_in_one_piece,
    answers_answers,
    dies_of_late_frames,
    counts_from_one,
    drops_what_is_not_taken,
    answers_cancels,
    counts_cancels,
    counts_broken_handshakes,
    dies_of_a_reset,
    waits_for_slow_readers,
    waits_for_handshakes,
    waits_for_large_frames,
    dies_of_large_frames,
    dies_of_unknown_kinds,
    answers_parts,
    answers_bare_ends,
    answers_late_ends,
    ends_at_broken_heads,
    refuses_data_first,
    ends_all_at_once,
    answers_pings_with_nothing,
    ends_silence,
    ends_at_pongs,
    takes_large_pings,
    answers_few_pings,
    answers_twice,
    upgrades_anything,
    tells_breaches_as_normal,
    bears_breaches,
    restarts_the_clock_of_handshakes,
    swaps_parts,
    dies_of_broken_heads,
    answers_broken_heads,
    // What may be so, though ours is another way.
    serves_every_path,
    refuses_beyond_few,
    stays_behind_a_close,
    rejects_repeated_frames,
};

/// One on simulated pipes: over WebSocket, or over bytes. Knows the method "echo".
[[nodiscard]] conformance::subject played_server(bool over_websocket, flaw what);

/// The same behind a TCP socket of the system, in real time. Who waits does so for `patience`.
[[nodiscard]] conformance::subject played_tcp_server(flaw what, std::chrono::milliseconds patience);

/// The id of that method.
[[nodiscard]] std::uint64_t echo_method() noexcept;

/// A server of ours on the same pipes.
[[nodiscard]] conformance::subject own_server(bool over_websocket);

/// The same pipes without a server, for one that listens below the handshake.
[[nodiscard]] conformance::subject piped_door(bool over_websocket);

}  // namespace trunkline::conform
