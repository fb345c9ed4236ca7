// One simulation: time, a network, clients and servers on it, faults, and what is checked.
//
//     sim::verdict const found = sim::run(7, [](sim::world& at) {
//         auto const server = at.a_server("tcp://shop:1").handle(...).start().value();
//         at.a_client("tcp://shop:1").async_connect(...);
//         at.faults().strike_for(60s, 2s);
//         at.run_for(60s);
//         at.faults().stop();
//         at.expect(at.run_until(everything_is_fine, 30s), "the client does not come back");
//     });
#pragma once

#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/sim/call_ledger.hpp>
#include <trunkline/sim/chance.hpp>
#include <trunkline/sim/fault_list.hpp>
#include <trunkline/sim/network.hpp>
#include <trunkline/sim/story.hpp>
#include <trunkline/sim/verdict.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::sim {

/// Timers, posted work and deliveries that may wait at the same time: some for each link, call and
/// resident; more means that something piles up.
inline constexpr std::size_t pending_work_max = 4096;

/// Everything in it runs on one thread, in virtual time, and is destroyed before it. What happens
/// follows from the seed alone, as long as whoever uses it asks nothing else: no clock, no address,
/// no order of a hash table.
class world {
public:
    /// Seconds, minutes and so on of its time.
    using duration = transport::runtime::duration;

    /// The story is written to `trace`, which outlives it, unless that is null.
    explicit world(std::uint64_t seed, std::ostream* trace = nullptr);
    ~world();
    world(world const&) = delete;
    world& operator=(world const&) = delete;

    /// For run_on(), timers and coroutines.
    [[nodiscard]] transport::simulated_runtime& loop() noexcept { return loop_; }
    /// All chance of this simulation.
    [[nodiscard]] chance& random() noexcept { return random_; }
    /// Between clients and servers.
    [[nodiscard]] sim::network& network() noexcept { return network_; }
    /// Of the network, and those that were added.
    [[nodiscard]] fault_list& faults() noexcept { return faults_; }
    /// Each call from its begin to its end.
    [[nodiscard]] call_ledger& calls() noexcept { return calls_; }

    /// A server at `url` ("tcp://name:port" or "ws://name:port/path"), on the loop.
    [[nodiscard]] rpc_server::builder a_server(std::string url);
    /// A client of `url`, on the loop, which reconnects with waits of this seed.
    [[nodiscard]] rpc_client::builder a_client(std::string url);

    /// One line of the story, which counts in its hash, but for the note.
    void tell(std::string_view who, std::string_view what, std::string_view note = {}) {
        story_.tell(who, what, note);
    }
    /// What must hold. The first that does not ends the run, with `what` as the verdict. Also
    /// inside of callbacks: nothing is thrown.
    void expect(bool holds, std::string_view what);
    /// Whether something did not hold.
    [[nodiscard]] bool is_broken() const noexcept { return !broken_.empty(); }

    /// Calls `work` once so much time has passed.
    void after(duration delay, std::function<void()> work);

    /// Runs events until `done()`, for at most so long, or until something is broken; gives done().
    bool run_until(std::function<bool()> const& done, duration at_most);
    /// Runs events for so long, or until something is broken.
    void run_for(duration span);

    /// What has come of it so far.
    [[nodiscard]] verdict so_far() const;

private:
    std::uint64_t seed_;
    std::string broken_;
    transport::simulated_runtime loop_;
    chance random_;
    story story_;
    sim::network network_;
    fault_list faults_;
    call_ledger calls_;
};

/// A simulation: sets up what it wants, runs it, expects. What it made is gone when it returns.
using scenario = std::function<void(world&)>;

/// Runs `what` with `seed`. Afterwards every call must have ended, and no link may be open.
[[nodiscard]] verdict run(std::uint64_t seed, scenario const& what, std::ostream* trace = nullptr);

}  // namespace trunkline::sim
