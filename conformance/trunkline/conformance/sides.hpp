// Two connected peers of which one calls and the other one is called, whoever of them listens.
#pragma once

#include <trunkline/conformance/messages.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/rpc/session.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// Starts it, and has clients dial it that are told of nobody. Throws rule_broken when it cannot.
[[nodiscard]] inline rpc_server start(world& at, rpc_server::builder& server) {
    auto made = value_of(server.start(), "starting the server");
    at.dial(made.endpoints().front());
    return made;
}

/// What this end of the connection counts and holds; while it is connected, on the thread of its
/// loop.
[[nodiscard]] inline rpc::session const& protocol_of(peer const& of) {
    auto* const found = peers::line_access::line_of(of)->endpoint();
    expect(found != nullptr, "a peer is not connected any more");
    return found->protocol();
}

/// A connected pair. What it was made of goes when it does.
class sides {
public:
    /// Who calls, in the role of the run.
    [[nodiscard]] peer const& caller() const noexcept { return by_client_ ? client_ : serving(); }
    /// Who has the handlers.
    [[nodiscard]] peer const& callee() const noexcept { return by_client_ ? serving() : client_; }

    [[nodiscard]] rpc_client& client() noexcept { return client_; }
    [[nodiscard]] rpc_server& server() noexcept { return server_; }
    /// The side that is called goes at once, without a word, as if its process did.
    void drop_callee() {
        if (by_client_) {
            rpc_server const gone(std::move(server_));
        } else {
            rpc_client const gone(std::move(client_));
        }
    }

    /// The client, as the server sees it.
    [[nodiscard]] peer const& serving() const noexcept { return joined_->front(); }

private:
    friend class pairing;
    using peers_seen = std::shared_ptr<std::vector<peer>>;

    sides(bool by_client, rpc_server server, rpc_client client, peers_seen joined)
        : by_client_(by_client),
          joined_(std::move(joined)),
          server_(std::move(server)),
          client_(std::move(client)) {}

    bool by_client_;
    peers_seen joined_;
    rpc_server server_;
    rpc_client client_;
};

/// Collects what both sides are to have, then connects them.
class pairing {
public:
    explicit pairing(world& at) : at_(at), server_(at.a_server()), client_(at.a_client()) {}

    /// A handler of the side that is called.
    template <class Method, class Handler>
    pairing& handle(Method const& of, Handler handler) {
        on_callee([&](auto& builder) { builder.handle(of, std::move(handler)); });
        return *this;
    }

    /// A handler of the side that calls.
    template <class Method, class Handler>
    pairing& handle_back(Method const& of, Handler handler) {
        on_caller([&](auto& builder) { builder.handle(of, std::move(handler)); });
        return *this;
    }

    /// Tells the builder of the side that is called, whichever it is.
    template <class Tell>
    pairing& on_callee(Tell tell) {
        by_client() ? tell(server_) : tell(client_);
        return *this;
    }

    /// Tells the builder of the side that calls.
    template <class Tell>
    pairing& on_caller(Tell tell) {
        by_client() ? tell(client_) : tell(server_);
        return *this;
    }

    /// Both agree to the extension.
    pairing& extended() {
        client_.extension();
        extended_ = true;
        return *this;
    }

    [[nodiscard]] rpc_server::builder& server() noexcept { return server_; }
    [[nodiscard]] rpc_client::builder& client() noexcept { return client_; }

    /// Throws rule_broken when they cannot be connected, or do not agree to what they were told to.
    [[nodiscard]] sides connect() {
        auto const joined = std::make_shared<std::vector<peer>>();
        server_.on_connected([joined](peer one) { joined->push_back(std::move(one)); });
        auto server = start(at_, server_);
        auto client = value_of(client_.url(server.endpoints().front()).connect(), "connecting");
        expect(at_.comes_true([&] { return !joined->empty(); }), "the server saw nobody connect");
        auto made = sides(by_client(), std::move(server), std::move(client), joined);
        expect(!extended_ || (protocol_of(made.client()).extended() &&
                              protocol_of(made.serving()).extended()),
               "they have not agreed to the extension");
        return made;
    }

private:
    [[nodiscard]] bool by_client() const noexcept {
        return at_.options().role == initiator::client;
    }

    world& at_;
    rpc_server::builder server_;
    rpc_client::builder client_;
    bool extended_ = false;
};

}  // namespace trunkline::conformance
