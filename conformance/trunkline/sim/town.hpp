// The simulation of the program `trunkline sim`: a town of machines with stores, and residents who
// call them while links, disks and processes fail.
#pragma once

#include <trunkline/peer/call_options.hpp>
#include <trunkline/sim/machine.hpp>
#include <trunkline/sim/world.hpp>
#include <trunkline/store/durability.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>

namespace trunkline::sim {

/// What may be put in the place of a right part, to see that it is found. Empty: the right one.
struct town_parts {
    /// Changes how a machine is made.
    std::function<void(machine_plan&)> machine = {};
    /// Changes how a resident's client is made.
    std::function<void(rpc_client::builder&)> client = {};
    /// Changes what a resident asks for with a call.
    std::function<void(call_options&)> call = {};
    /// What is answered to an order, or sent as the next part of a stream, in place of the number.
    std::function<std::uint64_t(std::uint64_t)> number = {};
};

/// Whether nothing fails with this seed: one in ten.
[[nodiscard]] constexpr bool is_calm(std::uint64_t seed) noexcept {
    return seed % 10 == 0;
}

/// Two or three machines, three to six residents, a minute and more of faults unless the seed is
/// calm, and then peace. Safety at all times: a store answers what was written and acknowledged,
/// also after a death; an order is carried out once at most; answers and parts of streams are those
/// asked for, in their order; a call ends once and by its deadline; what was not sent is never
/// done. In peace: everybody comes back, and every call is answered.
[[nodiscard]] verdict run_town(std::uint64_t seed, std::ostream* trace = nullptr,
                               town_parts const& parts = {});

}  // namespace trunkline::sim
