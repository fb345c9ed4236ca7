// What a client is told of its connections.
#pragma once

#include <trunkline/conformance/world.hpp>
#include <trunkline/transport/driver.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace trunkline::conformance {

/// What a client is told of its connections, and when. Outlives the client.
class diary {
public:
    /// For rpc_client::builder::on_state().
    [[nodiscard]] auto noting(world& at) {
        return [this, &at](transport::connection_state now, error_code why) {
            states_.push_back({now, at.loop().now()});
            why_ = why;
        };
    }
    /// How often it was told of that state.
    [[nodiscard]] std::size_t times(transport::connection_state which) const {
        return static_cast<std::size_t>(std::ranges::count(states_, which, &entry::what));
    }
    /// Connections and tries that have ended.
    [[nodiscard]] std::size_t endings() const {
        return times(transport::connection_state::error) +
               times(transport::connection_state::disconnected);
    }
    /// From each end to the next try.
    [[nodiscard]] std::vector<transport::runtime::duration> waits() const {
        std::vector<transport::runtime::duration> all;
        for (std::size_t i = 1; i < states_.size(); ++i) {
            if (states_[i].what == transport::connection_state::connecting) {
                all.push_back(states_[i].when - states_[i - 1].when);
            }
        }
        return all;
    }
    /// What the last state was told with.
    [[nodiscard]] error_code last_reason() const noexcept { return why_; }

private:
    struct entry {
        transport::connection_state what;
        transport::runtime::time_point when;
    };
    std::vector<entry> states_;
    error_code why_;
};

}  // namespace trunkline::conformance
