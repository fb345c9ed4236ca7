// What observers of a client and of its server are told, one after the other.
#pragma once

#include <trunkline/conformance/world.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/driver.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::conformance {

[[nodiscard]] constexpr bool is_end(transport::connection_state state) noexcept {
    return state == transport::connection_state::disconnected ||
           state == transport::connection_state::error;
}

/// The states of one connection, on one side.
class history {
public:
    void add(transport::connection_state state, error_code why) {
        states_.push_back(state);
        why_ = is_end(state) ? why : why_;
    }

    [[nodiscard]] std::ptrdiff_t count(transport::connection_state state) const {
        return std::ranges::count(states_, state);
    }
    [[nodiscard]] bool has_ended() const noexcept { return std::ranges::any_of(states_, is_end); }
    /// Ended in order.
    [[nodiscard]] bool is_disconnected() const {
        return count(transport::connection_state::disconnected) == 1;
    }
    /// The cause of its end.
    [[nodiscard]] error_code why() const noexcept { return why_; }

    /// Throws rule_broken when another state than `first` is told first, or one follows that cannot
    /// (transport::connection_state).
    void expect_lawful(
        transport::connection_state first = transport::connection_state::connecting) const {
        bool lawful = states_.empty() || states_.front() == first;
        for (std::size_t i = 1; i < states_.size(); ++i) {
            lawful = lawful && may_follow(states_[i - 1], states_[i]);
        }
        std::ostringstream seen;
        seen << "states are told in this order:";
        for (auto const each : states_) {
            seen << ' ' << name_of(each);
        }
        expect(lawful, seen.str());
    }

private:
    using kind = transport::connection_state;

    static constexpr bool may_follow(kind before, kind after) noexcept {
        switch (before) {
            case kind::connecting:
                return after == kind::connected || after == kind::error;
            case kind::connected:
                return after == kind::disconnecting || is_end(after);
            case kind::disconnecting:
                return is_end(after);
            case kind::disconnected:
            case kind::error:
                return false;
        }
        return false;
    }

    static constexpr char const* name_of(kind which) noexcept {
        switch (which) {
            case kind::connecting:
                return "connecting";
            case kind::connected:
                return "connected";
            case kind::disconnecting:
                return "disconnecting";
            case kind::disconnected:
                return "disconnected";
            case kind::error:
                return "error";
        }
        return "unknown";
    }

    std::vector<kind> states_;
    error_code why_;
};

/// Both sides of the connections of one server and one client. Outlives them.
class observed {
public:
    void watch(rpc_client::builder& client) {
        client.on_state([this](auto state, auto why) { client_.add(state, why); });
    }
    void watch(rpc_server::builder& server) {
        server.on_state(
            [this](peer const& of, auto state, auto why) { served_[of.id()].add(state, why); });
    }

    [[nodiscard]] history const& client() const noexcept { return client_; }
    /// By the id of the client.
    [[nodiscard]] std::map<std::uint64_t, history> const& served() const noexcept {
        return served_;
    }
    /// The only connection of the server.
    [[nodiscard]] history const& server() const { return served_.begin()->second; }
    [[nodiscard]] history const& caller(world const& at) const {
        return at.options().role == initiator::client ? client_ : server();
    }
    [[nodiscard]] history const& callee(world const& at) const {
        return at.options().role == initiator::client ? server() : client_;
    }

    [[nodiscard]] bool server_has_ended() const {
        return std::ranges::all_of(served_,
                                   [](auto const& each) { return each.second.has_ended(); });
    }
    [[nodiscard]] bool both_have_ended() const { return client_.has_ended() && server_has_ended(); }

private:
    history client_;
    std::map<std::uint64_t, history> served_;
};

}  // namespace trunkline::conformance
