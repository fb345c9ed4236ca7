// What a run has left behind: on its loop, of its clients and servers, and in the process.
#pragma once

#include <trunkline/conformance/verdict.hpp>
#include <trunkline/conformance/world.hpp>

#include <cstddef>
#include <functional>
#include <optional>

namespace trunkline::conformance {

/// What the process holds that a run may leave behind; what the system does not tell is empty.
/// A value.
struct process_holdings {
    std::optional<std::size_t> descriptors;
    std::optional<std::size_t> threads;
    std::optional<std::size_t> bytes;  ///< of the heap; empty under sanitizers, which look for them

    [[nodiscard]] static process_holdings now();
};

/// How often a run is made once more that leaves bytes or threads: what is made once for the whole
/// process is no leak.
inline constexpr std::size_t repetitions = 4;

/// Not where other threads have their part in it (needs::other_threads): the heap keeps for each
/// some of what it has freed, and the system the stacks of some that have ended.
enum class looks_at_bytes : bool { no, yes };

/// Of a run that is over: a pass when its links, timers, posted work, clients and servers go, which
/// may take a while; else what is left. Throws rule_broken.
void expect_nothing_left(world& at);

/// Makes a run, which throws nothing. A thread gives back at its end what the heap keeps for it of
/// what it has freed: so what is in use then is what is really left.
[[nodiscard]] verdict on_a_thread(std::function<verdict()> const& work);

/// Of a run that has passed and whose world has gone: a pass, or a failure that says what the
/// process holds more than before. `again` makes the run once more, on a thread of its own: where
/// bytes or threads are left, and those are a leak when each repetition leaves some, too. Its
/// verdict is the outcome where it is no pass.
[[nodiscard]] verdict left_in_process(process_holdings const& before, looks_at_bytes bytes,
                                      std::function<verdict()> const& again);

}  // namespace trunkline::conformance
