// A session fed with any bytes, and what it says of them: for the targets that look at sessions.
#pragma once

#include "check.hpp"

#include <trunkline/rpc/session_log.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace trunkline::fuzz {

/// Small limits, so that inputs of a few bytes reach them. `choice`: side, layout known or not,
/// which one.
inline rpc::session_options options_from(std::uint8_t choice, std::size_t held_size_max) {
    rpc::session_options options;
    options.local_side = (choice & 1) != 0 ? rpc::side::dialer : rpc::side::acceptor;
    if ((choice & 2) != 0) {
        options.layout = (choice & 4) != 0 ? frame::layout::a : frame::layout::b;
    }
    options.limits.frame_payload_size_max = 4000;
    options.limits.message_size_max = 2000;
    options.limits.held_size_max = held_size_max;
    options.limits.out_of_order_frames_max = 4;
    options.limits.out_of_order_size_max = 300;
    options.limits.open_streams_max = 8;
    options.limits.unbegun_streams_max = 2;
    options.limits.unfinished_requests_max = 4;
    options.limits.unanswered_requests_max = 3;
    options.limits.output_owned_mark = 1000;
    options.limits.protocol_errors_max = 20;
    return options;
}

/// The whole conversation as text.
inline std::string converse(rpc::session_options const& options, bytes_view input,
                            std::size_t step) {
    rpc::testing::session_log log(options);
    log.ask();
    while (!input.empty() && !log.failed()) {
        bytes_view const piece = input.first(std::min(step, input.size()));
        log.feed(piece);
        input = input.subspan(piece.size());
        TRUNKLINE_FUZZ_CHECK(log.failed() ||
                             log.session().held_size() <= options.limits.held_size_max);
    }
    log.disconnect();
    TRUNKLINE_FUZZ_CHECK(log.session().held_size() == 0);
    return log.text();
}

/// Whatever the cut, the same is said and sent, and what is held stays within its limit.
inline void check_every_cut(rpc::session_options const& roomy, rpc::session_options const& tight,
                            bytes_view input, std::size_t step) {
    std::string const whole = converse(roomy, input, input.size());
    TRUNKLINE_FUZZ_CHECK(whole == converse(roomy, input, step));
    TRUNKLINE_FUZZ_CHECK(whole == converse(roomy, input, 1));
    (void)converse(tight, input, step);
}

}  // namespace trunkline::fuzz
