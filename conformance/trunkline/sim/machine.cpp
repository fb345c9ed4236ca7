#include <trunkline/sim/machine.hpp>

#include <trunkline/sim/disk_backend.hpp>
#include <trunkline/store_service/service.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto path = "store";

// Written and synced before anybody is served, so that a store that lost everything is known.
constexpr auto founding_key = "founded";
constexpr auto founding_value = "now";

}  // namespace

machine::machine(world& at, machine_plan plan)
    : at_(at), plan_(std::move(plan)), disk_(std::make_unique<store::faulty_disk>()) {
    start();
}

machine::~machine() = default;

void machine::plan_disk(store::faulty_disk::plan const& faults) {
    auto& random = at_.random();
    faults_ = faults;
    faults_.short_writes_seed = random.one_in(2) ? random.number() : 0;
    disk_->follow(faults_);
}

void machine::start() {
    if (is_up()) {
        return;
    }
    restart_ = nullptr;
    is_failing_ = false;
    plan_disk({});
    open_store();
    if (store_ != nullptr) {
        serve();
    }
}

void machine::open_store() {
    store::open_options how;
    how.level = plan_.real_level.value_or(plan_.level);
    how.on = disk_.get();
    auto opened = store::store::open(path, how);
    at_.expect(opened.has_value(), "a store does not open again: " + name());
    if (!opened) {
        return;
    }
    store_ = std::move(*opened);
    if (!std::exchange(is_founded_, true)) {
        at_.expect(
            store_->write(as_bytes(founding_key), as_bytes(founding_value), store::durability::sync)
                .has_value(),
            "a store takes no first write: " + name());
        return;
    }
    auto const founding = store_->read(as_bytes(founding_key));
    at_.expect(founding && as_text(founding->bytes) == founding_value,
               "a store has lost its first write after a death: " + name());
    if (plan_.inspect != nullptr) {
        plan_.inspect(*store_);
    }
}

void machine::serve() {
    backend_ = std::make_shared<disk_backend>(*store_, at_.loop(), at_.random(),
                                              [this] { return has_died(); });
    if (plan_.before_store != nullptr) {
        backend_ = plan_.before_store(backend_);
    }
    auto building = at_.a_server(plan_.url);
    bool added = store_service::add_methods(building.methods(), backend_);
    if (plan_.furnish != nullptr) {
        plan_.furnish(building);
    }
    auto started = building.start();
    at_.expect(added && started.has_value(), "a server does not start: " + name());
    if (started) {
        server_.emplace(std::move(*started));
        at_.tell(name(), "runs, with " + std::to_string(store_->size()) + " keys");
    }
}

bool machine::die() {
    if (!is_up()) {
        return false;
    }
    bool const power = store::waits_for_disk(plan_.level);
    at_.tell(name(), power ? "loses its power" : "is killed");
    death_ = nullptr;
    at_.network().cut_all(plan_.url);
    server_.reset();
    backend_ = nullptr;
    store_ = nullptr;
    disk_ = power ? disk_->after_power_loss(at_.random().number()) : disk_->after_kill();
    if (plan_.after_death != nullptr) {
        disk_ = plan_.after_death(std::move(disk_));
    }
    restart_ = at_.loop().after(at_.random().between(100ms, 5s), [this] { start(); });
    return true;
}

void machine::die_while_writing() {
    if (can_fail()) {
        store::faulty_disk::plan faults;
        faults.crash_at = at_.random().below(12);
        at_.tell(name(), "dies at call " + std::to_string(faults.crash_at) + " of its disk");
        plan_disk(faults);
    }
}

void machine::fail_disk() {
    if (can_fail()) {
        namespace errc = boost::system::errc;
        static constexpr std::array errors{errc::io_error, errc::no_space_on_device};
        store::faulty_disk::plan faults;
        faults.fail_at = at_.random().below(12);
        faults.error = at_.random().one_of(errors);
        faults.cuts_fail = at_.random().one_in(4);
        at_.tell(name(),
                 "meets a fault at call " + std::to_string(faults.fail_at) + " of its disk");
        plan_disk(faults);
    }
}

bool machine::has_died() {
    look_at_disk();
    return disk_->crashed();
}

// Whether what was planned has come.
void machine::look_at_disk() {
    if (is_failing_ || disk_->calls() <= std::min(faults_.crash_at, faults_.fail_at)) {
        return;
    }
    is_failing_ = true;
    ++disk_failures_;
    at_.faults().struck();
    at_.tell(name(), "has a disk that fails");
    // Not at once, as the disk is at work just now.
    death_ =
        at_.loop().after(disk_->crashed() ? 0us : at_.random().between(1s, 10s), [this] { die(); });
}

void machine::mend() {
    if (is_up()) {
        look_at_disk();
        if (is_failing_) {
            die();
        } else {
            plan_disk({});
        }
    }
    start();
}

}  // namespace trunkline::sim
