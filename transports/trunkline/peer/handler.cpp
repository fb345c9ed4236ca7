#include <trunkline/peer/handler.hpp>

#include <trunkline/peer/call_fields.hpp>
#include <trunkline/peer/failure_answer.hpp>
#include <trunkline/rpc/error.hpp>

namespace trunkline::peers {

void answer_failure(rpc::responder& to, call_failure const& why) {
    static_cast<void>(send_metadata(to, why.metadata));
    failure_answer::of(why).send(to);
}

bool answer_goes_with(rpc::responder& to, call_metadata const& what) {
    if (send_metadata(to, what)) {
        return true;
    }
    answer_failure(to, {rpc::rpc_error::metadata_too_large, {}});
    return false;
}

void end_coroutine(line& on, std::shared_ptr<running_call> call) {
    on.end(*call);
    boost::asio::post(on.where().executor(), [kept = std::move(call)] {});
}

}  // namespace trunkline::peers
