#include <trunkline/conformance/world.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using duration = transport::runtime::duration;

// How long what must happen may take: far more than it does.
constexpr duration virtual_patience = 120s;
constexpr duration real_patience = 20s;

// What stands for "never" where time is real.
constexpr duration real_quiet = 20ms;

// Byte by byte each byte is a turn of the loop of its own: 64 MiB take minutes. What one byte at a
// time can break shows at any volume, so of what a full volume adds this part is enough.
constexpr std::size_t one_byte_part = 16;

// What a link takes where it is disturbed: else all has arrived before the first fault comes.
constexpr duration disturbed_latency = 1ms;

auto volumes_of(rule const* what) {
    return what != nullptr ? what->volumes.each : quantities().each;
}

}  // namespace

class world::clockwork {
public:
    virtual ~clockwork() = default;
    virtual transport::runtime& loop() = 0;
    virtual transport::asio_runtime* sockets() { return nullptr; }
    virtual bool comes_true(std::function<bool()> const& done) = 0;
    virtual void let_pass(duration span) = 0;
    virtual void move_wall_clock(duration by) = 0;
    [[nodiscard]] virtual std::size_t pending(transport::runtime& seen) const = 0;
    [[nodiscard]] virtual std::string broken_off() const = 0;
};

class world::virtual_clockwork final : public clockwork {
public:
    explicit virtual_clockwork(std::uint64_t steps) : steps_(steps) { loop_.limit_steps(steps); }

    transport::runtime& loop() override { return loop_; }
    bool comes_true(std::function<bool()> const& done) override {
        return loop_.run_until(done, virtual_patience);
    }
    void let_pass(duration span) override { loop_.run_for(span); }
    void move_wall_clock(duration by) override { loop_.move_wall_clock(by); }
    std::size_t pending(transport::runtime&) const override { return loop_.pending(); }
    std::string broken_off() const override {
        return loop_.is_worn_out()
                   ? "the transport keeps the loop busy: " + std::to_string(steps_) +
                         " steps without an end"
                   : std::string();
    }

private:
    std::uint64_t steps_;
    transport::simulated_runtime loop_;
};

class world::real_clockwork final : public clockwork {
public:
    explicit real_clockwork(std::chrono::milliseconds limit) : limit_(limit) {
        loop_.run_in_blocking_calls(real_patience);
        end_ = loop_.after(limit, [this] {
            is_over_ = true;
            loop_.run_in_blocking_calls(duration::zero());
        });
    }

    transport::runtime& loop() override { return loop_; }
    transport::asio_runtime* sockets() override { return &loop_; }
    bool comes_true(std::function<bool()> const& done) override {
        return loop_.wait_until([&] { return is_over_ || done(); }) && !is_over_;
    }
    void let_pass(duration span) override {
        bool passed = false;
        auto const timer = loop_.after(std::min(span, real_quiet), [&] { passed = true; });
        static_cast<void>(loop_.wait_until([&] { return passed; }));
    }
    void move_wall_clock(duration) override {
        throw rule_not_applicable{"nobody moves the clock of the system"};
    }
    // Not the end of the run, nor the sweep: its timer goes on for up to 250 ms after the last
    // connection, which is long in each of hundreds of runs.
    std::size_t pending(transport::runtime& seen) const override {
        std::size_t const ours =
            (is_over_ ? 0U : 1U) + (seen.commons().sweep().is_running() ? 1U : 0U);
        return loop_.pending() - std::min(loop_.pending(), ours);
    }
    std::string broken_off() const override {
        return is_over_ ? "the run has not come to its end within " +
                              std::to_string(limit_.count()) + " ms"
                        : std::string();
    }

private:
    std::chrono::milliseconds limit_;
    bool is_over_ = false;
    transport::asio_runtime loop_;
    std::unique_ptr<transport::timer> end_;
};

world::world(subject const& of, world_options const& options, rule const* follows)
    : subject_(of), options_(options), follows_(follows), random_(options.seed) {
    run_limits const& end = options.limits;
    if (options.virtual_time) {
        clockwork_ = std::make_unique<virtual_clockwork>(is_full() ? end.full_steps : end.steps);
    } else {
        clockwork_ = std::make_unique<real_clockwork>(is_full() ? end.full_time : end.time);
    }
    loop_ = &clockwork_->loop();
    if (subject_.drive) {
        driven_ = subject_.drive(*loop_);
        loop_ = driven_.get();
    }
}

world::~world() = default;

std::size_t world::amount(std::string_view what) {
    auto const all = volumes_of(follows_);
    auto const found = std::ranges::find(all, what, &quantity::of);
    if (found == all.end() || what.empty()) {
        throw std::logic_error("the rule states no volume of " + std::string(what));
    }
    asked_[static_cast<std::size_t>(found - all.begin())] = true;
    auto const [of, quick, full] = *found;
    if (!is_full()) {
        return quick;
    }
    if (options_.shape != transport::delivery_shape::one_byte) {
        return full;
    }
    return full > quick ? quick + (full - quick) / one_byte_part
                        : quick - (quick - full) / one_byte_part;
}

bool world::was_asked_for_all() const noexcept {
    std::size_t stated = 0;
    for (quantity const& each : volumes_of(follows_)) {
        stated += each.of.empty() ? 0 : 1;
    }
    return static_cast<std::size_t>(std::ranges::count(asked_, true)) == stated;
}

fixture& world::place() {
    if (fixture_ == nullptr) {
        bool const disturbed = !options_.disturbed.is_empty();
        fixture_ = subject_.make({*loop_, clockwork_->sockets(), options_.shape, capacity_,
                                  disturbed ? std::max(latency_, disturbed_latency) : latency_,
                                  options_.seed});
        if (faults* const links = fixture_->disturb(); links != nullptr) {
            shared_ = std::make_unique<shared_faults>(*links);
            rule_faults_ = &shared_->another();
            if (disturbed) {
                player_ = std::make_unique<fault_player>(*loop_, *shared_, options_.disturbed);
            }
        }
    }
    return *fixture_;
}

void world::calm() {
    player_.reset();
}

void world::set_links(std::size_t capacity, duration latency) {
    expect(fixture_ == nullptr, "the links are set after they were made");
    capacity_ = capacity;
    latency_ = latency;
}

faults& world::disturb() {
    static_cast<void>(place());
    if (rule_faults_ == nullptr) {
        throw rule_not_applicable{"links of this transport cannot be disturbed"};
    }
    return *rule_faults_;
}

rpc_server::builder world::a_server(std::string url) {
    if (url.empty()) {
        url = place().url();
    }
    dialled_ = url;
    rpc_server::builder made;
    made.listen(std::move(url)).over(place().network()).run_on(*loop_);
    watch(made.remains());
    return made;
}

rpc_client::builder world::a_client(std::string url) {
    rpc_client::builder made(url.empty() ? dialled_ : std::move(url));
    made.over(place().network()).run_on(*loop_);
    watch(made.remains());
    return made;
}

// What has gone is forgotten now and then: a rule may make any number of clients.
void world::watch(remains of) {
    if (watched_.size() >= watched_max_) {
        std::erase_if(watched_, [](remains const& each) { return each.expired(); });
        watched_max_ = std::max(watched_min, 2 * watched_.size());
    }
    watched_.push_back(std::move(of));
}

std::size_t world::remaining() const {
    return static_cast<std::size_t>(
        std::ranges::count(watched_, false, [](remains const& each) { return each.expired(); }));
}

bool world::comes_true(std::function<bool()> const& done) {
    return done() || clockwork_->comes_true(done);
}

void world::let_pass(duration span) {
    clockwork_->let_pass(span);
}

void world::move_wall_clock(duration by) {
    clockwork_->move_wall_clock(by);
}

std::size_t world::pending() const {
    return clockwork_->pending(*loop_);
}

std::string world::broken_off() const {
    return clockwork_->broken_off();
}

std::vector<std::byte> world::noise(std::size_t size) {
    std::vector<std::byte> made(size);
    for (std::size_t at = 0; at < size; at += 8) {
        std::uint64_t const bits = random_();
        for (std::size_t i = at; i < std::min(size, at + 8); ++i) {
            made[i] = static_cast<std::byte>(bits >> (8 * (i - at)));
        }
    }
    return made;
}

}  // namespace trunkline::conformance
