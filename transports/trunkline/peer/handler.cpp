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

// Asio may still be on its way to the signal of a call that has ended, with work that it has posted
// before.
void coroutine_end::operator()(std::exception_ptr) {
    if (call_ != nullptr) {
        on_->end(*call_);
        boost::asio::post(on_->where().executor(), [kept = std::move(call_)] {});
    }
}

}  // namespace trunkline::peers
