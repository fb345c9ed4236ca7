// Requests that wait for answers in the output to go.
#include <trunkline/rpc/session_state.hpp>

#include <utility>

namespace trunkline::rpc {

// Whether what has been answered goes out fast enough for more to be asked. Calls of ours do not
// count: they are not the peer's doing.
bool session::state::output_has_room() const noexcept {
    return (output.owned_size() <= limits_.output_owned_mark ||
            calls_queued.owned_besides(output.in_order()) + output.large().owned_size() <=
                limits_.output_owned_mark) &&
           (output.borrowed_size() <= limits_.output_borrowed_mark ||
            calls_queued.borrowed_besides(output.in_order()) + output.large().borrowed_size() <=
                limits_.output_borrowed_mark);
}

bool session::state::start_waiting(std::uint64_t now_us) {
    if (waiting_.empty() || receiving_ || !connected_ || failure_) {
        return false;
    }
    now_us_ = now_us;
    receiving_ = true;
    std::size_t begun = 0;
    while (connected_ && begun < waiting_.size() && input_stops == 0 && kept <= kept_mark_ &&
           output_has_room()) {
        waiting_request const next = std::move(waiting_[begun++]);
        waiting_size_ -= next.cost();
        bool const is_event = next.head.type_byte == static_cast<std::uint8_t>(message_type::event);
        if (is_event || find_call(next.id) != nullptr) {
            tell_request(next.id, next.head, next.bytes.view(), next.fields.get());
        }
    }
    receiving_ = false;
    if (!connected_) {
        forget_incoming();
    } else if (begun == waiting_.size()) {
        std::vector<waiting_request>().swap(waiting_);
    } else {
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(begun));
    }
    return begun > 0;
}

}  // namespace trunkline::rpc
