// A driver against a played peer, for rules about what clients and servers do not let one set.
#pragma once

#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/session.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/listener.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace trunkline::conformance {

/// A driver that calls, in the role of the run, and what it was connected with.
class driven {
public:
    explicit driven(world& at) : at_(at), dials_(at.options().role == initiator::client) {
        settings.session.local_side = dials_ ? rpc::side::dialer : rpc::side::acceptor;
        if (dials_) {
            settings.session.layout = frame::layout::b;
        }
    }

    /// The peer on the other end, which goes before the driver. Throws rule_broken when they cannot
    /// be connected.
    [[nodiscard]] std::unique_ptr<frame_peer> connect() {
        auto& network = at_.place().network();
        dialer_ = network.make_dialer(at_.loop());
        if (dials_) {
            door_.emplace(at_);
            start(value_of(dial_bare(at_, *dialer_, door_->url()), "a dial"));
            expect(at_.comes_true([&] { return door_->accepted() == 1; }), "nobody was accepted");
            return std::make_unique<frame_peer>(at_, door_->take());
        }
        listener_ = value_of(network.listen(at_.loop(), at_.place().url()), "listening");
        listener_->start(
            [this](std::unique_ptr<transport::connection> one) { start(std::move(one)); });
        auto far = std::make_unique<frame_peer>(
            at_, std::make_unique<bare_link>(
                     value_of(dial_bare(at_, *dialer_, listener_->endpoint()), "a dial")));
        expect(at_.comes_true([&] { return driver_ != nullptr; }), "nobody was accepted");
        far->greet();
        return far;
    }

    [[nodiscard]] bool dials() const noexcept { return dials_; }
    /// After connect().
    [[nodiscard]] rpc::endpoint& endpoint() noexcept { return driver_->peer(); }

    transport::driver::options settings;  ///< until connect()
    rpc::dispatcher methods;              ///< likewise

private:
    void start(std::unique_ptr<transport::connection> link) {
        driver_ = std::make_unique<transport::driver>(at_.loop(), std::move(link), methods,
                                                      settings, [](auto, auto) {});
        driver_->start();
    }

    world& at_;
    bool dials_;
    std::unique_ptr<transport::dialer> dialer_;
    std::optional<bare_listener> door_;
    std::unique_ptr<transport::listener> listener_;
    std::unique_ptr<transport::driver> driver_;  // goes first
};

}  // namespace trunkline::conformance
