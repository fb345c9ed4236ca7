#include <trunkline/peer/client_core.hpp>

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/method_id.hpp>
#include <trunkline/transport/error.hpp>

#include <utility>

namespace trunkline::peers {

using transport::connection_state;

client_core::client_core(transport::runtime& loop, transport::asio_runtime* sockets,
                         client_settings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      handle_(std::make_shared<loop_handle>(loop, sockets)),
      line_(std::make_shared<line>(handle_, 0, settings_.default_timeout, settings_.services)),
      dialer_(std::make_unique<url_dialer>(loop, sockets, settings_.beside, settings_.websockets,
                                           settings_.trust)) {
    line_->set_retries(settings_.retries);
    if (auto const& again = settings_.reconnect) {
        waits_.emplace(*again);
        line_->waiting().set_limits(
            {.calls_max = again->waiting_calls_max, .size_max = again->waiting_size_max});
    }
}

client_core::~client_core() {
    end();
    shut();
}

void client_core::dial(dialed done) {
    auto const self = shared_from_this();
    report(connection_state::connecting, {});
    if (ended_) {
        return;
    }
    dialed_ = std::move(done);
    dial_timeout_ = loop_.after(settings_.websockets.handshake_timeout, [this] { give_up_dial(); });
    begin_dial();
}

void client_core::begin_dial() {
    dialer_->dial(settings_.url, [weak = weak_from_this(), number = ++dial_](
                                     result<std::unique_ptr<transport::connection>> made) {
        auto const core = weak.lock();
        if (core && core->dialed_ && core->dial_ == number) {
            core->on_dialed(std::move(made));
        }
    });
}

// Transports have a time limit of their own or, in memory, nobody to wait for.
void client_core::give_up_dial() {
    auto const self = shared_from_this();
    bool const neither = probing_ && tried_other_;
    if (probing_ || greeting_) {
        drop_probed();
    }
    fail(neither ? make_error_code(rpc::rpc_error::no_layout)
                 : make_error_code(transport::transport_error::handshake_timeout));
}

// A later dial, of a client that comes back, is none of those who waited for the first one.
void client_core::cancel_dial() {
    if (!dialed_ || line_->is_reconnecting()) {
        return;
    }
    auto const self = shared_from_this();
    if (probing_ || greeting_) {
        drop_probed();
    }
    fail(call_error::cancelled);
}

void client_core::on_dialed(result<std::unique_ptr<transport::connection>> made) {
    if (!made) {
        fail(made.error());
        return;
    }
    driver_ = std::make_unique<transport::driver>(
        loop_, std::move(*made), settings_.methods, settings_.connection,
        [this](connection_state state, error_code why) { on_state(state, why); });
    driver_->peer().set_owner(line_.get());
    line_->attach(*driver_);
    if (settings_.detect_layout) {
        probe();
    } else {
        succeed();
    }
}

void client_core::fail(error_code why) {
    ++dial_;  // what that attempt still brings is not wanted
    dial_timeout_.reset();
    auto const done = std::exchange(dialed_, nullptr);
    report(connection_state::error, why);
    done(why);
}

void client_core::succeed() {
    auto const self = shared_from_this();
    connected_at_ = loop_.now();
    if (waits_) {
        line_->come_back([this] { stop_dialing(); }, settings_.reconnect->calls_wait);
    }
    if (settings_.detect_layout) {
        report(connection_state::connected, {});
    } else {
        driver_->start();
    }
    rpc::endpoint* const server = line_->endpoint();
    bool const asks =
        settings_.checked || (settings_.extension && !dialer_->asks_in_handshake(settings_.url));
    if (server != nullptr && asks && !server->protocol().checked()) {
        greet();
        return;
    }
    if (server != nullptr && !settings_.methods.empty() && !settings_.detect_layout) {
        server->announce();
    }
    finish_dial();
}

// The first call, or the first behind that which finds out the layout; it tells the layout, too.
void client_core::greet() {
    greeting_ = true;
    auto const asked = line_->endpoint()->hello(
        [weak = weak_from_this()](bool agreed) {
            if (auto const core = weak.lock()) {
                core->on_greeted(agreed);
            }
        },
        settings_.checked);
    if (!asked) {
        on_greeted(false);
    }
}

// Whether the server agrees or not: who calls finds that out by what it asks for, but for checks,
// which nobody would miss. At the end of a connection its state tells the rest.
void client_core::on_greeted(bool agreed) {
    rpc::endpoint const* const server = line_->endpoint();
    if (!greeting_ || server == nullptr || server->is_disconnected()) {
        return;
    }
    auto const self = shared_from_this();
    if (settings_.checked && !agreed) {
        drop_probed();
        fail(make_error_code(rpc::rpc_error::not_checked));
        return;
    }
    greeting_ = false;
    finish_dial();
}

void client_core::finish_dial() {
    dial_timeout_.reset();
    if (auto const done = std::exchange(dialed_, nullptr)) {
        done({});
    }
}

// The layout
// ------------------------------------------------------------------------------------------------

// A peer of the other layout is silent, closes, or says what is nothing in this one.
void client_core::probe() {
    probing_ = true;
    driver_->start();
    if (!tried_other_) {
        auto const patience = settings_.websockets.handshake_timeout / layout_probe_share;
        probe_timeout_ = loop_.after(patience, [this] {
            on_probed(make_error_code(transport::transport_error::handshake_timeout));
        });
    }
    auto const asked = driver_->peer().call(rpc::method_id(layout_probe), {},
                                            [weak = weak_from_this()](rpc::response const& answer) {
                                                if (auto const core = weak.lock()) {
                                                    core->on_probed(answer.error);
                                                }
                                            });
    if (!asked) {
        on_probed(asked.error());
    }
}

void client_core::on_probed(error_code why) {
    if (!probing_) {
        return;  // that of a connection which we have ended
    }
    auto const self = shared_from_this();
    if (!why) {
        probing_ = false;
        probe_timeout_.reset();
        succeed();
        return;
    }
    drop_probed();
    if (std::exchange(tried_other_, true)) {
        fail(make_error_code(rpc::rpc_error::no_layout));
        return;
    }
    auto& layout = settings_.connection.session.layout;
    layout = layout == frame::layout::a ? frame::layout::b : frame::layout::a;
    begin_dial();
}

// Nobody but its handlers has heard of that connection.
void client_core::drop_probed() {
    probing_ = false;
    greeting_ = false;
    probe_timeout_.reset();
    line_->detach(line_->is_reconnecting() && !ended_);
    driver_.reset();
}

void client_core::on_state(connection_state state, error_code why) {
    auto const self = shared_from_this();
    bool const over = state == connection_state::disconnected || state == connection_state::error;
    if (probing_) {
        if (over) {
            on_probed(why);
        }
        return;
    }
    if (!over) {
        report(state, why);
        return;
    }
    if (waits_ && loop_.now() - connected_at_ >= settings_.reconnect->healthy_after) {
        waits_->reset();
    }
    bool const again = line_->comes_back() && !ended_ && may_reconnect_after(why);
    line_->detach(again);
    driver_.reset();
    report(state, why);
    if (std::exchange(greeting_, false) && dialed_) {
        dial_timeout_.reset();
        std::exchange(dialed_,
                      nullptr)(why ? why : make_error_code(rpc::rpc_error::connection_lost));
    } else if (again && line_->is_reconnecting() && !ended_) {
        plan_redial();
    }
    if (auto const closed = std::exchange(closed_, nullptr)) {
        closed();
    }
}

void client_core::report(connection_state state, error_code why) {
    if (ended_) {
        return;
    }
    auto const watched = line_;
    watched->watchers().note(state, why);
    if (auto const told = settings_.on_state) {  // it may end us
        told(state, why);
    }
    watched->watchers().tell();
}

// The next connection
// ------------------------------------------------------------------------------------------------

void client_core::plan_redial() {
    auto const wait = waits_->next();
    if (!wait) {
        line_->give_up(rpc::rpc_error::not_connected);
        report(connection_state::error, call_error::not_coming_back);
        return;
    }
    redial_ = loop_.after(*wait, [this] { redial(); });
}

void client_core::redial() {
    auto const self = shared_from_this();
    redial_.reset();
    tried_other_ = false;
    dialed_ = [this](error_code why) { on_redialed(why); };
    dial_timeout_ = loop_.after(settings_.websockets.handshake_timeout, [this] { give_up_dial(); });
    report(connection_state::connecting, {});
    if (dialed_) {
        begin_dial();
    }
}

// Whoever was told of it meanwhile may have closed or destroyed the client.
void client_core::on_redialed(error_code why) {
    if (ended_ || !line_->is_reconnecting()) {
        return;
    }
    if (!why) {
        line_->admit();
    } else if (may_reconnect_after(why)) {
        plan_redial();
    } else {
        line_->give_up(rpc::rpc_error::not_connected);
    }
}

void client_core::stop_dialing() {
    auto const self = shared_from_this();
    ++dial_;
    redial_.reset();
    dial_timeout_.reset();
    dialed_ = nullptr;
    if (probing_) {
        drop_probed();
    }
    greeting_ = false;
    line_->give_up(rpc::rpc_error::not_connected);
    if (driver_ != nullptr) {  // told that it is connected, before anybody may use it
        driver_->close(transport::close_code::normal, {});
    } else {
        report(connection_state::disconnected, transport::transport_error::closed);
    }
}

void client_core::close(std::function<void()> done) {
    line_->close();
    if (driver_ == nullptr) {
        done();
        return;
    }
    closed_ = std::move(done);
}

void client_core::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    hush();
    closed_ = nullptr;
    dialed_ = nullptr;
    dial_timeout_.reset();
    probe_timeout_.reset();
    redial_.reset();
    drop_probed();
    // The dialer stays: a link that is about to go may still say its last words on it.
}

}  // namespace trunkline::peers
