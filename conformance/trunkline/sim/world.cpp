#include <trunkline/sim/world.hpp>

#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

world::world(std::uint64_t seed, std::ostream* trace)
    : seed_(seed),
      random_(seed),
      story_(loop_, trace),
      network_(loop_, random_, story_),
      faults_(*this),
      calls_(*this) {
    loop_.watch([this] {
        story_.count();
        expect(loop_.pending() <= pending_work_max, "work piles up on the loop");
    });
    faults_.add([this] { return network_.cut_one(); });
    faults_.add_lasting([this] { return network_.reset_one(); });
    faults_.add_lasting([this] { return network_.stall_one(); });
    faults_.add_lasting([this] { return network_.clog(); });
}

world::~world() = default;

rpc_server::builder world::a_server(std::string url) {
    rpc_server::builder made;
    made.listen(std::move(url)).run_on(loop_).over(network_);
    return made;
}

rpc_client::builder world::a_client(std::string url) {
    reconnect_options back;
    back.first_wait = 100ms;
    back.wait_max = 2s;
    back.seed = random_.number();
    rpc_client::builder made(std::move(url));
    made.run_on(loop_).over(network_).reconnect(back);
    return made;
}

void world::expect(bool holds, std::string_view what) {
    if (!holds && broken_.empty()) {
        broken_ = what;
        tell("verdict", broken_);
    }
}

void world::after(duration delay, std::function<void()> work) {
    // The loop drops what is left when it goes.
    auto const waiting = std::make_shared<std::unique_ptr<transport::timer>>();
    *waiting = loop_.after(delay, [waiting, work = std::move(work)] {
        auto const fired = std::move(*waiting);
        work();
    });
}

bool world::run_until(std::function<bool()> const& done, duration at_most) {
    bool reached = false;
    loop_.run_until(
        [&] {
            reached = done();
            return reached || is_broken();
        },
        at_most);
    return reached;
}

void world::run_for(duration span) {
    auto const end = loop_.now() + span;
    run_until([] { return false; }, span);
    if (!is_broken() && loop_.now() < end) {
        loop_.run_for(end - loop_.now());
    }
}

verdict world::so_far() const {
    verdict found;
    found.seed = seed_;
    found.broken = broken_;
    found.events = story_.events();
    found.hash = story_.hash();
    found.connections = network_.most_links();
    found.calls = calls_.made();
    found.calls_at_once = calls_.most_at_once();
    found.faults = faults_.count() + network_.breaks();
    return found;
}

verdict run(std::uint64_t seed, scenario const& what, std::ostream* trace) {
    world at(seed, trace);
    what(at);
    if (!at.is_broken()) {
        at.expect(at.calls().under_way() == 0, "a call has not ended");
        // What is closed in order says so to the other end.
        at.run_until([&] { return at.network().links() == 0; }, 60s);
        at.expect(at.network().links() == 0, "a link is open that belongs to nobody");
    }
    at.tell("network", "has carried " + std::to_string(at.network().carried(true)) + " and " +
                           std::to_string(at.network().carried(false)) + " bytes");
    return at.so_far();
}

}  // namespace trunkline::sim
