// A server that goes, as if its process did, and comes back where it was.
#pragma once

#include <trunkline/conformance/world.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// Always at one address. Outlives nothing that it was told.
class service {
public:
    /// `tell` gives every server its handlers. The first one listens at once.
    service(world& at, std::function<void(rpc_server::builder&)> tell)
        : at_(at), tell_(std::move(tell)), url_(at.place().url()) {
        start();
    }

    /// Listens where it did. Throws rule_broken when that cannot be.
    void start() {
        auto made = at_.a_server(url_);
        made.on_connected([told = guests_, &at = at_](peer one) {
            told->push_back({std::move(one), at.loop().now()});
        });
        tell_(made);
        server_.emplace(value_of(made.start(), "starting the server"));
        url_ = server_->endpoints().front();
        at_.dial(url_);
    }
    /// Goes without a word, and all connections with it; nobody listens any more.
    void stop() { server_.reset(); }
    void restart() {
        stop();
        start();
    }

    [[nodiscard]] rpc_server& server() noexcept { return *server_; }

    /// A client that came, and when.
    struct guest {
        peer who;
        transport::runtime::time_point at;
    };
    /// All that ever came.
    [[nodiscard]] std::vector<guest> const& guests() const noexcept { return *guests_; }

private:
    world& at_;
    std::function<void(rpc_server::builder&)> tell_;
    std::string url_;
    std::shared_ptr<std::vector<guest>> guests_ = std::make_shared<std::vector<guest>>();
    std::optional<rpc_server> server_;
};

}  // namespace trunkline::conformance
