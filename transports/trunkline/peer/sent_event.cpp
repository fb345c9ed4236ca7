#include <trunkline/peer/sent_event.hpp>

#include <trunkline/peer/call_span.hpp>

namespace trunkline::peers {

void sent_event::run(line& on) {
    send_event(on, of_, message_.slices());
}

}  // namespace trunkline::peers
