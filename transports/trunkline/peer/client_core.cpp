#include <trunkline/peer/client_core.hpp>

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
      dialer_(std::make_unique<url_dialer>(loop, sockets, settings_.names, settings_.websockets)) {}

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
    dialer_->dial(settings_.url,
                  [weak = weak_from_this()](result<std::unique_ptr<transport::connection>> made) {
                      if (auto const core = weak.lock(); core && core->dialed_) {
                          core->on_dialed(std::move(made));
                      }
                  });
}

// Transports have a time limit of their own or, in memory, nobody to wait for.
void client_core::give_up_dial() {
    auto const self = shared_from_this();
    on_dialed(make_error_code(transport::transport_error::handshake_timeout));
}

void client_core::on_dialed(result<std::unique_ptr<transport::connection>> made) {
    dial_timeout_.reset();
    auto const done = std::exchange(dialed_, nullptr);
    if (!made) {
        report(connection_state::error, made.error());
        done(made.error());
        return;
    }
    driver_ = std::make_unique<transport::driver>(
        loop_, std::move(*made), settings_.methods, settings_.connection,
        [this](connection_state state, error_code why) { on_state(state, why); });
    driver_->peer().set_owner(line_.get());
    line_->attach(*driver_);
    driver_->start();
    if (rpc::endpoint* const server = line_->endpoint();
        server != nullptr && !settings_.methods.empty()) {
        server->announce();
    }
    done({});
}

void client_core::on_state(connection_state state, error_code why) {
    auto const self = shared_from_this();
    if (state != connection_state::disconnected && state != connection_state::error) {
        report(state, why);
        return;
    }
    line_->detach();
    driver_.reset();
    report(state, why);
    if (auto const closed = std::exchange(closed_, nullptr)) {
        closed();
    }
}

void client_core::report(connection_state state, error_code why) {
    if (settings_.on_state && !ended_) {
        auto const told = settings_.on_state;  // it may end us
        told(state, why);
    }
}

void client_core::close(std::function<void()> done) {
    if (driver_ == nullptr) {
        done();
        return;
    }
    closed_ = std::move(done);
    driver_->close(transport::close_code::normal, {});
    line_->stop_handlers();
}

void client_core::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    hush();
    closed_ = nullptr;
    dialed_ = nullptr;
    dial_timeout_.reset();
    line_->detach();
    driver_.reset();
    // The dialer stays: a link that is about to go may still say its last words on it.
}

}  // namespace trunkline::peers
