#include <trunkline/peer/stream_writer.hpp>
#include <trunkline/rpc/error.hpp>

namespace trunkline::peers {

send_outcome sent_part::send(std::shared_ptr<stream> const& to, message_pieces message) {
    line& on = *to->line();
    if (message.size() > on.services().message_size_max) {
        return {send_status::refused, rpc::rpc_error::message_too_large};
    }
    auto outcome = to->output().sends().enter(message.size());
    if (outcome.taken()) {
        on.submit(std::make_shared<sent_part>(to, std::move(message)));
        if (on.where().is_here() && to->output().is_clear()) {
            outcome.status = send_status::sent;
        }
    }
    return outcome;
}

}  // namespace trunkline::peers
