#include <trunkline/peer/handler.hpp>

namespace trunkline::peers {

void answer_failure(rpc::responder& to, call_failure why) {
    if (why.error == call_error::refused) {
        typed::answer_failure(to, {typed::failure_code::fail, std::move(why.message)});
    } else if (why.error == call_error::unknown_method) {
        typed::answer_failure(to, {typed::failure_code::not_found, std::move(why.message)});
    } else {
        to.system_error(why.message.empty() ? why.error.message() : why.message);
    }
}

void end_coroutine(line& on, std::shared_ptr<running_call> call) {
    on.end(*call);
    boost::asio::post(on.where().executor(), [kept = std::move(call)] {});
}

}  // namespace trunkline::peers
