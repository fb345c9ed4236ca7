// Any bytes from a peer: however they are cut, a session says and sends the same, and it never
// holds more than its limit.
#include "check.hpp"

#include <trunkline/rpc/session_log.hpp>

#include <cstdint>
#include <optional>

namespace {

using namespace trunkline;

rpc::session_options options_from(std::uint8_t choice, std::size_t held_size_max) {
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

// The whole conversation as text.
std::string converse(rpc::session_options const& options, bytes_view input, std::size_t step) {
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    bytes_view const input = std::as_bytes(std::span(data + 2, size - 2));
    rpc::session_options const roomy = options_from(data[0], 24 * mib);
    std::string const whole = converse(roomy, input, input.size());
    TRUNKLINE_FUZZ_CHECK(whole == converse(roomy, input, 1u + data[1]));
    TRUNKLINE_FUZZ_CHECK(whole == converse(roomy, input, 1));
    (void)converse(options_from(data[0], 6000), input, 1u + data[1]);
    return 0;
}
