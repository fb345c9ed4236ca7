#include <trunkline/peer/stream_writer.hpp>
#include <trunkline/rpc/error.hpp>

namespace trunkline::peers {

send_outcome sent_part::send(std::shared_ptr<stream> to, message_pieces message) {
    line& on = *to->line();
    if (message.size() > on.services().message_size_max) {
        return {send_status::refused, rpc::rpc_error::message_too_large};
    }
    auto const part = std::make_shared<sent_part>(to, std::move(message));
    auto outcome = to->send(part->cost_, part);
    if (part->lost_) {
        outcome = {send_status::refused, part->why_};
    } else if (outcome.taken() && on.where().is_here() && to->output().is_clear()) {
        outcome.status = send_status::sent;
    }
    return outcome;
}

void sent_part::drop(error_code why) {
    on_write_failed({why, {}});
}

void sent_part::on_written() {
    to_->output().sends().leave(cost_);
}

// Noted before anybody is told who may send again.
void sent_part::on_write_failed(call_failure why) {
    why_ = why.error;
    lost_ = true;
    to_->output().sends().leave(cost_);
}

}  // namespace trunkline::peers
