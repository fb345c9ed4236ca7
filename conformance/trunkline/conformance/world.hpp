// What a rule sees: time, a transport, clients and servers on it, and two ways to wait.
#pragma once

#include <trunkline/conformance/fault_schedule.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/shared_faults.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/verdict.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/runtime.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// Who calls, in rules about calls.
enum class initiator : std::uint8_t { client, server };

/// How much a rule does: the same idea on less.
enum class volume : std::uint8_t { quick, full };

/// Where a run is broken off: its loop runs no more then, so that a transport that keeps it busy,
/// or never answers, is told of and does not hang the kit. Several times what any rule needs.
/// A value.
struct run_limits {
    std::uint64_t steps = 10'000'000;                ///< pieces of work, on virtual time
    std::uint64_t full_steps = 1'000'000'000;        ///< the same of a run of full volume
    std::chrono::milliseconds time{120'000};         ///< on sockets and real time
    std::chrono::milliseconds full_time{1'200'000};  ///< the same of a run of full volume
};

/// How a world is set up. A value.
struct world_options {
    transport::delivery_shape shape = transport::delivery_shape::direct;
    initiator role = initiator::client;
    volume size = volume::quick;
    std::uint64_t seed = 1;
    bool virtual_time = true;
    run_limits limits = {};
    /// What becomes of the links beside all that the rule does with them. A rule may fail of that.
    fault_schedule disturbed = {};
};

/// What "at once" means where time is real: for a cancel to arrive, a timer to fire, a handler to
/// be called. Nothing in virtual time.
inline constexpr std::chrono::seconds budget{1};

/// One loop with one transport on it, for one run of one rule. Blocking calls run the loop.
class world {
public:
    /// `follows` is the rule that runs, where amount() is asked for; it outlives the world.
    world(subject const& of, world_options const& options, rule const* follows = nullptr);
    ~world();
    world(world const&) = delete;
    world& operator=(world const&) = delete;

    [[nodiscard]] subject const& about() const noexcept { return subject_; }
    [[nodiscard]] world_options const& options() const noexcept { return options_; }
    [[nodiscard]] bool is_full() const noexcept { return options_.size == volume::full; }
    /// How much of `what` the rule does in this run: quick or full, as it states (rule::volumes);
    /// in the shape one_byte a full run has a sixteenth of what full has beyond quick. Throws
    /// std::logic_error where the rule states nothing of that.
    [[nodiscard]] std::size_t amount(std::string_view what);
    /// Whether amount() was asked for all that the rule states.
    [[nodiscard]] bool was_asked_for_all() const noexcept;

    [[nodiscard]] transport::runtime& loop() noexcept { return *loop_; }
    [[nodiscard]] std::mt19937_64& random() noexcept { return random_; }

    /// The transport, set up on first use.
    [[nodiscard]] fixture& place();
    /// Sets the transport up with links of its own kind; before the first use of place().
    void set_links(std::size_t capacity, transport::runtime::duration latency = {});
    /// Throws rule_not_applicable where links cannot be disturbed.
    [[nodiscard]] faults& disturb();

    /// A server that listens on `url`, a fresh one unless given, and a client for it.
    [[nodiscard]] rpc_server::builder a_server(std::string url = {});
    /// To `url`, that of the last server unless given.
    [[nodiscard]] rpc_client::builder a_client(std::string url = {});
    /// Tells which endpoint clients dial that are told of none.
    void dial(std::string url) { dialled_ = std::move(url); }

    /// For what must happen: waits long (120 s of virtual time, 20 s of real time, as blocking
    /// calls do), returns as soon as it has. Returns done().
    [[nodiscard]] bool comes_true(std::function<bool()> const& done);
    /// For what must not happen: lets a little time pass; in virtual time all of `span`.
    void let_pass(transport::runtime::duration span);

    /// Sets the wall clock, which is not that of the loop. Throws rule_not_applicable in real time.
    void move_wall_clock(transport::runtime::duration by);

    /// Timers, posted work and deliveries that wait on the loop; in real time no deliveries, nor
    /// the timer of its sweeper.
    [[nodiscard]] std::size_t pending() const;

    /// Clients and servers of a_client() and a_server() of which anything is left: a connection, a
    /// call, a handler that runs on, or somebody's handle.
    [[nodiscard]] std::size_t remaining() const;

    /// Links are disturbed by world_options::disturbed no more, and go on.
    void calm();

    /// Why the loop runs no more (run_limits); empty while it does.
    [[nodiscard]] std::string broken_off() const;

    /// Bytes of this run's seed.
    [[nodiscard]] std::vector<std::byte> noise(std::size_t size);

private:
    using remains = std::weak_ptr<void const>;

    void watch(remains of);

    class clockwork;
    class virtual_clockwork;
    class real_clockwork;

    subject const& subject_;
    world_options options_;
    rule const* follows_;             // null where there is none
    std::array<bool, 3> asked_ = {};  // of the quantities of the rule
    std::unique_ptr<clockwork> clockwork_;
    std::unique_ptr<transport::runtime> driven_;  // null where the loop is used as it is
    transport::runtime* loop_;
    std::mt19937_64 random_;
    std::size_t capacity_ = 64 * kib;
    transport::runtime::duration latency_{0};
    std::unique_ptr<fixture> fixture_;
    std::unique_ptr<shared_faults> shared_;  // null, as the next, where links cannot be disturbed
    faults* rule_faults_ = nullptr;          // the share of the rule
    std::unique_ptr<fault_player> player_;   // while links are disturbed beside it
    std::string dialled_;
    std::vector<remains> watched_;
    std::size_t watched_max_ = watched_min;
    static constexpr std::size_t watched_min = 16;
};

/// Throws rule_broken with `seen` unless `holds`.
inline void expect(bool holds, std::string_view seen) {
    if (!holds) {
        throw rule_broken{std::string(seen)};
    }
}

/// The value, or rule_broken with what failed and why.
template <class Result>
[[nodiscard]] decltype(auto) value_of(Result&& from, std::string_view what) {
    if (!from) {
        std::ostringstream seen;
        seen << what << " failed: " << from.error();
        throw rule_broken{seen.str()};
    }
    return *std::forward<Result>(from);
}

}  // namespace trunkline::conformance
