// The life of a driver: states, keep-alive. Its end: driver_endings.cpp. The bytes: driver_input
// and driver_output.cpp.
#include <trunkline/transport/driver.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/driver_implementation.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::transport {
namespace {

rpc::session_options with_borders(rpc::session_options options, capabilities const& abilities) {
    options.message_borders = abilities.message_borders;
    options.extended = options.extended || abilities.extended;
    return options;
}

driver::options resuming(driver::options settings, rpc::folded_session const& from) {
    settings.session.resumed = from;
    return settings;
}

}  // namespace

driver::driver(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
               options const& settings, observer on_state)
    : implementation_(std::make_unique<implementation>(loop, std::move(link), methods, settings,
                                                       std::move(on_state))) {}

driver::driver(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
               options const& settings, observer on_state, folded_driver const& from)
    : implementation_(std::make_unique<implementation>(
          loop, std::move(link), methods, resuming(settings, from.session), std::move(on_state))) {
    implementation_->resume(from);
}

driver::~driver() {
    implementation_.release()->abandon();
}

void driver::start() {
    implementation_->start();
}

rpc::endpoint& driver::peer() noexcept {
    return implementation_->peer();
}

void driver::drain(close_code code, std::string_view reason) {
    implementation_->drain(code, reason);
}

void driver::close(close_code code, std::string_view reason) {
    implementation_->close(code, reason);
}

connection_state driver::state() const noexcept {
    return implementation_->state();
}

std::string driver::peer_name() const {
    return implementation_->peer_name();
}

std::optional<peer_credentials> driver::credentials() const {
    return implementation_->credentials();
}

std::optional<peer_certificate> driver::certificate() const {
    return implementation_->certificate();
}

std::optional<close_reason> driver::farewell() const {
    return implementation_->farewell();
}

runtime::time_point driver::last_heard() const noexcept {
    return implementation_->last_heard();
}

void driver::look() {
    implementation_->on_sweep(implementation_->now());
}

std::optional<driver::folded> driver::fold() {
    return implementation_->fold();
}

runtime::time_point driver::look_due(folded_driver const& what,
                                     connection_limits const& limits) noexcept {
    if (!what.keeps_alive) {
        return runtime::time_point::max();
    }
    return what.last_heard + std::min<runtime::duration>(limits.ping_after * (what.probes_sent + 1),
                                                         limits.silence_timeout);
}

driver::implementation::implementation(runtime& loop, std::unique_ptr<connection> link,
                                       rpc::dispatcher const& methods, options const& settings,
                                       observer on_state)
    : loop_(loop),
      link_(std::move(link)),
      abilities_(link_->abilities()),
      limits_(settings.limits),
      on_state_(std::move(on_state)),
      endpoint_(
          with_borders(settings.session, abilities_), methods,
          [](void* context) noexcept { return static_cast<runtime*>(context)->wall_clock_us(); },
          &loop),
      keep_alive_(settings.keep_alive_probes && abilities_.probe) {
    endpoint_.on_output([this] {
        if (!in_turn_ && phase_ != phase::over) {
            loop_.commons().turns().add(*this);
        }
    });
}

std::string driver::implementation::peer_name() const {
    return phase_ == phase::over ? std::string() : link_->peer();
}

std::optional<peer_credentials> driver::implementation::credentials() const {
    return phase_ == phase::over ? std::nullopt : link_->credentials();
}

std::optional<peer_certificate> driver::implementation::certificate() const {
    return phase_ == phase::over ? std::nullopt : link_->certificate();
}

void driver::implementation::start() {
    visit const here(*this);
    if (phase_ == phase::open) {  // resumed
        run_turn(true);
        return;
    }
    TRUNKLINE_ASSERT(phase_ == phase::idle);
    phase_ = phase::open;
    last_heard_ = loop_.now();
    plan_sweep(next_sweep(last_heard_));
    // The connection may hold bytes that came with its handshake: no readiness will tell of them.
    read_soon_ = true;
    loop_.commons().turns().add(*this);
    report(connection_state::connected, {});
}

void driver::implementation::resume(folded_driver const& from) {
    phase_ = phase::open;
    state_ = connection_state::connected;
    last_heard_ = from.last_heard;
    probes_sent_ = from.probes_sent;
    keep_alive_ = from.keeps_alive;
    was_reading_ = true;
    plan_sweep(next_sweep(loop_.now()));
}

std::optional<driver::folded> driver::implementation::fold() {
    bool const in_motion = depth_ > 0 || turn_work::is_linked() || blocked_ || !parked_.empty();
    bool const ends = phase_ != phase::open || write_error_ || read_ended_;
    if (in_motion || ends || !was_reading_ || probes_sent_ > 255) {
        return std::nullopt;
    }
    auto const session = endpoint_.fold();
    auto stream = session ? link_->fold() : nullptr;
    if (!stream) {
        return std::nullopt;
    }
    phase_ = phase::over;
    swept::unlink();
    link_.reset();
    return folded{.rest = {.session = *session,
                           .last_heard = last_heard_,
                           .probes_sent = static_cast<std::uint8_t>(probes_sent_),
                           .keeps_alive = keep_alive_},
                  .link = std::move(stream)};
}

// The driver object is gone, this one goes when the last call into it returns.
void driver::implementation::abandon() {
    visit const here(*this);
    abandoned_ = true;
    if (phase_ != phase::over) {
        finish(connection_state::disconnected, make_error_code(transport_error::closed));
    }
}

void driver::implementation::report(connection_state state, error_code why) {
    if (state_ == state) {
        return;
    }
    state_ = state;
    if (on_state_ && !abandoned_) {
        on_state_(state, why);
    }
}

void driver::implementation::finish(connection_state state, error_code why) {
    if (phase_ == phase::over) {
        return;
    }
    phase_ = phase::over;
    turn_work::unlink();
    swept::unlink();
    if (ending_) {
        ending_->clock.reset();
    }
    link_->watch(nullptr, false, false);
    parked_ = {};
    endpoint_.disconnect(make_error_code(rpc::rpc_error::connection_lost));
    endpoint_.protocol().output().clear();
    // Whoever is told may destroy all that the link was made with.
    if (auto said = link_->farewell()) {
        said_ = std::make_unique<close_reason>(std::move(*said));
    }
    link_.reset();
    report(state, why);
}

void driver::implementation::on_ready(bool readable, bool writable) {
    visit const here(*this);
    blocked_ = blocked_ && !writable;
    run_turn(readable);
}

void driver::implementation::on_turn() {
    visit const here(*this);
    run_turn(std::exchange(read_soon_, false));
}

// When an ending that was decided is given up.
runtime::time_point driver::implementation::give_up_at() const {
    return ending_ ? ending_->deadline : runtime::time_point::max();
}

runtime::time_point driver::implementation::next_sweep(runtime::time_point now) const {
    runtime::time_point next = std::min(give_up_at(), now + limits_.silence_timeout);
    if (blocked_ && stalled_since_) {
        next = std::min<runtime::time_point>(next, *stalled_since_ + limits_.write_stall_timeout);
    }
    if (keep_alive_ && phase_ == phase::open) {
        // While nothing is read nothing can be heard: the silence counts from when reading resumes.
        auto const heard = was_reading_ ? last_heard_ : now;
        next = std::min<runtime::time_point>({next, heard + limits_.ping_after * (probes_sent_ + 1),
                                              heard + limits_.silence_timeout});
    } else if (must_speak()) {
        next = std::min<runtime::time_point>(next, last_heard_ + limits_.silence_timeout);
    }
    if (keep_alive_ && phase_ == phase::draining) {
        next = std::min<runtime::time_point>(next, ending_->probed_at + limits_.ping_after);
    }
    return next;
}

// Whether silence means that the peer is no more: it answers probes, or it owes the rest of a
// frame.
bool driver::implementation::must_speak() const {
    return phase_ == phase::open && was_reading_ &&
           (keep_alive_ || endpoint_.protocol().mid_frame());
}

// A draining side may be unable to read for long, and so to answer pings: its own probes show the
// peer that it lives.
bool driver::implementation::probe_due(runtime::time_point now) const {
    if (phase_ == phase::draining) {
        return keep_alive_ && now >= ending_->probed_at + limits_.ping_after;
    }
    return keep_alive_ && phase_ == phase::open && was_reading_ &&
           now >= last_heard_ + limits_.ping_after * (probes_sent_ + 1);
}

void driver::implementation::probe(runtime::time_point now) {
    ++probes_sent_;
    if (phase_ == phase::draining) {
        ending_->probed_at = now;
    }
    link_->probe();
    flush_control();
    update_watch();
}

void driver::implementation::plan_sweep(runtime::time_point when) {
    if (!swept::is_linked() || when < sweep_at_) {
        sweep_at_ = when;
        loop_.commons().sweep().look_at(*this, when);
    }
}

void driver::implementation::on_sweep(runtime::time_point now) {
    visit const here(*this);
    if (now >= give_up_at()) {
        // All said: what is still on its way may arrive. Else the peer takes nothing.
        if (!ending_->link_closed || blocked_) {
            link_->abort();
        }
        finish_as_decided();
        return;
    }
    bool const stalled =
        blocked_ && stalled_since_ && now >= *stalled_since_ + limits_.write_stall_timeout;
    bool const silent = must_speak() && now >= last_heard_ + limits_.silence_timeout;
    if (stalled || silent) {
        link_->abort();
        finish(connection_state::error, make_error_code(stalled ? transport_error::write_stalled
                                                                : transport_error::silent_peer));
        return;
    }
    check_drained();
    if (phase_ == phase::over) {
        return;
    }
    if (phase_ == phase::draining && !endpoint_.protocol().output().empty() && !blocked_) {
        loop_.commons().turns().add(*this);  // answers that have waited long enough
    }
    if (probe_due(now)) {
        probe(now);
    }
    plan_sweep(next_sweep(now));
}

}  // namespace trunkline::transport
