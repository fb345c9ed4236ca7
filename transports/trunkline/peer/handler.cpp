#include <trunkline/peer/handler.hpp>

#include <trunkline/peer/failure_answer.hpp>

namespace trunkline::peers {

void answer_failure(rpc::responder& to, call_failure const& why) {
    failure_answer::of(why).send(to);
}

void end_coroutine(line& on, std::shared_ptr<running_call> call) {
    on.end(*call);
    boost::asio::post(on.where().executor(), [kept = std::move(call)] {});
}

}  // namespace trunkline::peers
