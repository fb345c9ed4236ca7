// How a connection ends: by whom, for what reason, and what is still said before.
#include <trunkline/base/assert.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/driver_implementation.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::transport {

namespace {

close_code close_code_for(error_code error) noexcept {
    if (error == rpc::rpc_error::frame_too_large || error == rpc::rpc_error::held_too_much) {
        return close_code::message_too_big;
    }
    if (error == rpc::rpc_error::too_many_protocol_errors) {
        return close_code::policy_violation;
    }
    if (error == rpc::rpc_error::out_of_memory) {
        return close_code::internal_error;
    }
    return close_code::protocol_error;
}

// In a go-away of the extension the two commonest reasons have numbers of their own.
extension::code as_extension_code(close_code why) noexcept {
    return why == close_code::going_away ? extension::code::going_away
                                         : extension::code{static_cast<std::uint32_t>(why)};
}

close_code as_close_code(extension::code why) noexcept {
    if (why == extension::code::going_away) {
        return close_code::going_away;
    }
    return extension::is_close_code(why) ? close_code{static_cast<std::uint16_t>(why)}
                                         : close_code::normal;
}

}  // namespace

void driver::implementation::drain(close_code code, std::string_view reason) {
    visit const here(*this);
    if (phase_ == phase::idle) {
        close(code, reason);
    }
    if (phase_ != phase::open) {
        return;
    }
    phase_ = phase::draining;
    last_read_ = true;
    drain_began_ = loop_.now();
    ending_ = std::make_unique<ending>(ending{.code = code,
                                              .reason = std::string(reason),
                                              .state = connection_state::disconnected,
                                              .why = make_error_code(transport_error::closed),
                                              .deadline = runtime::time_point::max(),
                                              .probed_at = drain_began_});
    ending_->heard_by = look_by(*ending_, drain_began_ + limits_.close_timeout / 2);
    read_soon_ = true;
    plan_sweep(next_sweep(loop_.now()));
    loop_.commons().turns().add(*this);
    endpoint_.go_away(extension::code::going_away, reason);
    report(connection_state::disconnecting, {});
}

void driver::implementation::close(close_code code, std::string_view reason) {
    visit const here(*this);
    if (phase_ == phase::idle) {
        finish(connection_state::disconnected, make_error_code(transport_error::closed));
    } else if (phase_ == phase::open || (phase_ == phase::draining && !ending_->at_once)) {
        drain_began_ = loop_.now();
        ending how{.code = code,
                   .reason = std::string(reason),
                   .state = connection_state::disconnected,
                   .why = make_error_code(transport_error::closed),
                   .deadline = runtime::time_point::max(),
                   .probed_at = drain_began_,
                   .at_once = true};
        bool const unheard = endpoint_.protocol().event_awaits_layout() && !read_ended_;
        unheard ? hear_first(std::move(how)) : begin_closing(std::move(how));
    }
}

// Events wait to be put into the layout of a peer that has not spoken yet. A client of ours does so
// as soon as it is connected; others may never.
void driver::implementation::hear_first(ending how) {
    phase_ = phase::draining;
    how.heard_by = look_by(how, drain_began_ + limits_.close_timeout / 2);
    ending_ = std::make_unique<ending>(std::move(how));
    report(connection_state::disconnecting, {});
}

std::optional<close_reason> driver::implementation::farewell() const {
    if (ending_ && ending_->why == transport_error::closed) {
        return std::nullopt;
    }
    if (auto said = link_ ? link_->farewell() : std::nullopt) {
        return said;
    }
    if (said_) {
        return *said_;
    }
    auto const* const parting = endpoint_.peer_parting();
    return parting == nullptr
               ? std::nullopt
               : std::optional(close_reason{as_close_code(parting->why), parting->text});
}

// Tells why where the transport cannot; a bare end says enough where all is well.
void driver::implementation::say_farewell(ending const& how) {
    bool const says_more = how.code != close_code::normal || !how.reason.empty();
    if (says_more && !abilities_.close_reason && !read_ended_) {
        endpoint_.go_away(as_extension_code(how.code), how.reason);
    }
}

// The session ends here and now; the connection gets until the close timeout for its own end.
void driver::implementation::begin_closing(ending how) {
    say_farewell(how);
    flush();
    if (phase_ == phase::over || phase_ == phase::closing) {
        return;
    }
    phase_ = phase::closing;
    auto const begun = how.at_once ? drain_began_ : loop_.now();
    how.deadline = look_by(how, begun + limits_.close_timeout);
    ending_ = std::make_unique<ending>(std::move(how));
    parked_ = {};
    loop_.commons().turns().add(*this);
    endpoint_.disconnect(make_error_code(rpc::rpc_error::connection_lost));
    if (phase_ == phase::closing) {
        report(connection_state::disconnecting, {});
    }
}

void driver::implementation::peer_ended() {
    read_ended_ = true;
    bool const listening = phase_ == phase::open || phase_ == phase::draining;
    if (!listening || (phase_ == phase::draining && abilities_.half_close)) {
        return;  // the end is under way, or what was received is answered
    }
    auto const said = farewell();
    if (!end_why_ && said && is_rejection(said->code)) {
        end_why_ = make_error_code(transport_error::rejected_by_peer);
    }
    auto& session = endpoint_.protocol();
    bool const answers_due = session.unanswered_requests() > 0 || !session.output().empty() ||
                             !parked_.empty() || link_->wants_write();
    if (abilities_.half_close && answers_due && !write_error_ && !end_why_) {
        // Only its own direction has ended: it may still listen. For how long we believe that is
        // bounded, as it can give no sign of life any more.
        phase_ = phase::draining;
        ending_ =
            std::make_unique<ending>(ending{.code = close_code::normal,
                                            .reason = {},
                                            .state = connection_state::disconnected,
                                            .why = make_error_code(transport_error::closed_by_peer),
                                            .deadline = loop_.now() + limits_.silence_timeout,
                                            .probed_at = loop_.now()});
        plan_sweep(ending_->deadline);
        report(connection_state::disconnecting, {});
        return;
    }
    // The connection takes no payload any more, but it may have a last word of its own.
    session.output().clear();
    bool const in_order = !session.mid_message() && !end_why_;
    auto const why = in_order ? transport_error::closed_by_peer : transport_error::link_lost;
    begin_closing({.code = close_code::normal,
                   .reason = {},
                   .state = in_order ? connection_state::disconnected : connection_state::error,
                   .why = end_why_ ? end_why_ : make_error_code(why),
                   .deadline = {}});
}

// The link gives no more. When it was the transport that refused what the peer sent, it is closing
// already and has a last word to say.
void driver::implementation::link_failed(error_code why) {
    if (phase_ == phase::closing) {
        finish_as_decided();
        return;
    }
    bool const refused_by_transport =
        why.category() == make_error_code(transport_error::closed).category();
    if (!refused_by_transport || write_error_) {
        finish(connection_state::error, why);
        return;
    }
    endpoint_.protocol().output().clear();
    begin_closing({.code = close_code::protocol_error,
                   .reason = {},
                   .state = connection_state::error,
                   .why = why,
                   .deadline = {}});
}

void driver::implementation::session_failed(error_code why) {
    begin_closing({.code = close_code_for(why),
                   .reason = why.message(),
                   .state = connection_state::error,
                   .why = why,
                   .deadline = {}});
}

void driver::implementation::note_answers_due() {
    auto& session = endpoint_.protocol();
    owed_answer_ =
        owed_answer_ || (phase_ == phase::draining &&
                         (session.unanswered_requests() > 0 || !session.output().empty()));
}

bool driver::implementation::awaits_layout() const {
    return !read_ended_ && loop_.now() < ending_->heard_by &&
           endpoint_.protocol().event_awaits_layout();
}

// What has to be over by then is looked at early rather than late; where a tick of the sweeper is
// too coarse for that, on time.
runtime::time_point driver::implementation::look_by(ending& how, runtime::time_point when) {
    auto const left = std::max(when - loop_.now(), runtime::duration::zero());
    if (left >= sweeper::tick) {
        plan_sweep(when - sweeper::tick);
        return when - sweeper::tick;
    }
    how.clock = loop_.after(left, [this] { on_sweep(loop_.now()); });
    return when;
}

// When a drained peer that says nothing has no request on its way, as far as we can know.
runtime::time_point driver::implementation::quiet_at() const {
    return std::max(drain_began_, last_heard_) + limits_.drain_quiet;
}

// How long a drained peer's answers wait: whoever keeps several calls under way then waits for all
// of them, and none is on its way when the goodbye comes. A peer that never pauses is not waited
// for.
runtime::time_point driver::implementation::hold_until() const {
    return std::min<runtime::time_point>(quiet_at(), drain_began_ + 2 * limits_.drain_quiet);
}

bool driver::implementation::holds_answers() noexcept {
    return phase_ == phase::draining && owed_answer_ && !last_read_ && !read_ended_ &&
           takes_input() && loop_.now() < hold_until();
}

// True when what is queued is all that a drained peer waits for.
bool driver::implementation::answers_all() noexcept {
    auto& session = endpoint_.protocol();
    return phase_ == phase::draining && !last_read_ && parked_.empty() && owed_answer_ &&
           session.unanswered_requests() == 0 && !session.mid_message() &&
           !endpoint_.serves_streams();
}

// A peer that calls again and again is between two calls at no better moment than right behind an
// answer: its close travels along with that. A peer that was owed nothing may be about to call.
void driver::implementation::check_drained() {
    if (phase_ != phase::draining) {
        return;
    }
    if (awaits_layout()) {
        plan_sweep(ending_->heard_by);
        return;
    }
    if (ending_->at_once) {
        begin_closing(std::move(*std::exchange(ending_, nullptr)));
        return;
    }
    auto& session = endpoint_.protocol();
    if (last_read_ || !parked_.empty() || session.unanswered_requests() > 0 ||
        !session.output().empty() || link_->wants_write() ||
        (endpoint_.serves_streams() && !read_ended_)) {
        return;
    }
    if (read_ended_ && ending_->why == transport_error::closed_by_peer && session.mid_message()) {
        ending_->state = connection_state::error;
        ending_->why = make_error_code(transport_error::link_lost);
    }
    if (read_ended_ || answers_all() || loop_.now() >= quiet_at()) {
        begin_closing(std::move(*std::exchange(ending_, nullptr)));
    } else {
        plan_sweep(quiet_at());
    }
}

}  // namespace trunkline::transport
