#include <trunkline/peer/running_call.hpp>

#include <trunkline/rpc/error.hpp>

#include <boost/asio/cancellation_type.hpp>

namespace trunkline::peers {

void running_call::stop(error_code why) {
    if (stop_.stop_requested()) {
        return;
    }
    take_responder().abandon(why);
    on_stop();
    stop_.request_stop();
    signal_.emit(boost::asio::cancellation_type::terminal);
}

// At the end of a connection its line stops all of them.
void running_call::on_call_gone(error_code why) {
    if (why == rpc::rpc_error::cancelled_by_peer) {
        stop(why);
    }
}

void running_call::on_deadline() {
    if (awaited_) {
        auto to = take_responder();
        if (!callers_deadline_ || !to.refuse(extension::code::deadline)) {
            to.system_error(timed_out_text);
        }
        stop();
    }
}

}  // namespace trunkline::peers
