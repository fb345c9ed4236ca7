#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/session_state.hpp>

namespace trunkline::rpc {

session::session(session_options const& options, session_events& events)
    : state_(std::make_unique<state>(options, events)) {}

session::~session() = default;

result<std::size_t> session::receive(bytes_view input, bool ends_message, std::uint64_t now_us) {
    return state_->receive(input, ends_message, now_us);
}

result<void> session::settle() {
    return state_->settle();
}

bool session::wants_input() const noexcept {
    return state_->wants_input();
}

bool session::start_waiting(std::uint64_t now_us) {
    return state_->start_waiting(now_us);
}

void session::end_input(std::uint64_t now_us) {
    state_->end_input(now_us);
}

void session::disconnect(error_code why) {
    state_->disconnect(why);
}

result<std::uint32_t> session::call(std::uint64_t method_id, std::span<slice> arguments,
                                    delivery want, std::uint64_t now_us,
                                    extension::call_fields const* fields) {
    return state_->call(method_id, arguments, want, now_us, fields);
}

result<std::uint32_t> session::begin_call(std::uint64_t method_id, bytes_view metadata,
                                          delivery want, std::uint64_t now_us,
                                          extension::call_fields const* fields) {
    return state_->begin_call(method_id, metadata, want, now_us, fields);
}

result<void> session::write_call(std::uint32_t request_id, std::span<slice> part,
                                 std::uint64_t now_us) {
    return state_->write_call(request_id, part, now_us);
}

result<void> session::end_call(std::uint32_t request_id, std::uint64_t now_us) {
    return state_->end_call(request_id, now_us);
}

void session::cancel_call(std::uint32_t request_id, std::uint64_t now_us, extension::code why) {
    state_->cancel_call(request_id, now_us, why);
}

result<void> session::send_event(std::uint64_t method_id, std::span<slice> arguments,
                                 std::uint64_t now_us) {
    return state_->send_event(method_id, arguments, now_us);
}

bool session::call_was_sent(std::uint32_t request_id) const noexcept {
    return state_->call_was_sent(request_id);
}

void session::announce(std::uint64_t now_us) {
    state_->announce(now_us);
}

void session::answer(call_id id, status code, std::span<slice> body, std::uint64_t now_us,
                     extension::call_fields const* fields) {
    state_->answer(id, code, body, now_us, fields);
}

void session::begin_answer(call_id id, std::uint64_t now_us, extension::call_fields const* fields) {
    state_->begin_answer(id, now_us, fields);
}

void session::write_answer(call_id id, std::span<slice> part, std::uint64_t now_us) {
    state_->write_answer(id, part, now_us);
}

void session::end_answer(call_id id, std::uint64_t now_us) {
    state_->end_answer(id, now_us);
}

void session::reset_answer(call_id id, extension::code why, std::uint64_t now_us) {
    state_->reset_answer(id, why, now_us);
}

bool session::answerable(call_id id) const noexcept {
    incoming_call const* const found = state_->find_call(id);
    return found != nullptr && !found->answered;
}

void session::extend(bool checked) {
    state_->extend(checked);
}

void session::await_checks() {
    state_->await_checks();
}

void session::agree(call_id id, std::span<slice> answer, bool checked, std::uint64_t now_us) {
    state_->agree(id, answer, checked, now_us);
}

bool session::checked() const noexcept {
    return state_->checked;
}

bool session::extended() const noexcept {
    return state_->agreed != nullptr;
}

bool session::has_credit(std::uint32_t request_id) const noexcept {
    return state_->has_credit(request_id);
}

bool session::has_credit(call_id id) const noexcept {
    return state_->has_credit(id);
}

bool session::is_under_credit(call_id id) const noexcept {
    return state_->window_of(id) != nullptr;
}

bool session::is_under_credit(std::uint32_t request_id) const noexcept {
    return state_->window_of(request_id) != nullptr;
}

void session::hold(call_id id, std::size_t bytes) noexcept {
    if (open_window* const of = state_->window_of(id)) {
        of->window.hold(bytes);
    }
}

void session::hold(std::uint32_t request_id, std::size_t bytes) noexcept {
    if (open_window* const of = state_->window_of(request_id)) {
        of->window.hold(bytes);
    }
}

void session::let_go_of(call_id id, std::size_t bytes, std::uint64_t now_us) {
    state_->let_go_of(state_->window_of(id), bytes, now_us);
}

void session::let_go_of(std::uint32_t request_id, std::size_t bytes, std::uint64_t now_us) {
    state_->let_go_of(state_->window_of(request_id), bytes, now_us);
}

bool session::ping(bytes_view payload, std::uint64_t now_us) {
    return state_->ping(payload, now_us);
}

void session::go_away(extension::code why, std::string_view text, std::uint64_t now_us) {
    state_->go_away(why, text, now_us);
}

bool session::peer_goes_away() const noexcept {
    return state_->agreed != nullptr && state_->agreed->peer_leaves;
}

bool session::keep(std::size_t bytes) noexcept {
    if (bytes > state_->memory_left()) {
        return false;
    }
    state_->kept += bytes;
    return true;
}

void session::let_go(std::size_t bytes) noexcept {
    state_->kept -= bytes;
}

bool session::hold_part(std::size_t bytes) noexcept {
    if (bytes > state_->memory_left()) {
        return false;
    }
    state_->parts_held += bytes;
    return true;
}

void session::let_part_go(std::size_t bytes) noexcept {
    state_->parts_held -= bytes;
}

void session::stop_input() noexcept {
    ++state_->input_stops;
}

void session::resume_input() noexcept {
    --state_->input_stops;
}

fair_queue& session::output() noexcept {
    return state_->output;
}

std::size_t session::output_size() const noexcept {
    return state_->output.size();
}

std::optional<frame::layout> session::layout() const noexcept {
    return state_->layout;
}

bool session::event_awaits_layout() const noexcept {
    return state_->event_awaits_layout();
}

std::size_t session::held_size() const noexcept {
    return state_->held_size();
}

std::size_t session::memory_left() const noexcept {
    return state_->memory_left();
}

std::size_t session::message_size_max() const noexcept {
    return state_->limits().message_size_max;
}

std::size_t session::unanswered_requests() const noexcept {
    return state_->unanswered;
}

bool session::mid_message() const noexcept {
    return state_->mid_message();
}

bool session::mid_frame() const noexcept {
    return state_->mid_frame();
}

bool session::idle() const noexcept {
    return state_->idle();
}

std::optional<folded_session> session::fold() const noexcept {
    return state_->fold();
}

session_counters const& session::counters() const noexcept {
    return state_->counters;
}

}  // namespace trunkline::rpc
