#include <trunkline/peer/running_call.hpp>

#include <boost/asio/cancellation_type.hpp>

namespace trunkline::peers {

void running_call::stop() {
    if (stop_.stop_requested()) {
        return;
    }
    take_responder().abandon();
    on_stop();
    stop_.request_stop();
    signal_.emit(boost::asio::cancellation_type::terminal);
}

void running_call::on_deadline() {
    if (awaited_) {
        take_responder().system_error(timed_out_text);
        stop();
    }
}

}  // namespace trunkline::peers
