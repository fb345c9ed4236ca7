// Who is told of the states of a connection beside its owner.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/driver.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace trunkline::peers {

/// Told of a state, and why, as driver::observer.
using state_watcher = std::function<void(transport::connection_state, error_code why)>;

/// Single-threaded. Each watcher is told of all states in their order, also when one of them, or
/// the owner's own observer, brings the next state about from inside.
class state_watchers {
public:
    /// A further state; before the owner's own observer is told of it.
    void note(transport::connection_state state, error_code why);

    /// Tells what was noted; after that. Not before the call under way returns, inside of it.
    void tell();

    /// Tells `who` of the last state that was told, then of every further one while it lives.
    void add(std::weak_ptr<state_watcher const> who);

    /// Nobody is told of anything any more.
    void clear() noexcept { watchers_.clear(); }

private:
    struct event {
        transport::connection_state state = transport::connection_state::connecting;
        error_code why;
    };

    std::vector<std::weak_ptr<state_watcher const>> watchers_;
    std::vector<event> noted_;
    event last_;  // told, or noted when there was nobody to tell
    bool telling_ = false;
};

}  // namespace trunkline::peers
