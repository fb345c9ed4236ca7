#include <trunkline/sim/machine.hpp>

#include <trunkline/sim/disk_backend.hpp>
#include <trunkline/store_service/service.hpp>

#include <array>
#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto path = "store";

// The first write of a file is the one that a crash may leave no store of.
constexpr auto founding_key = "founded";

}  // namespace

machine::machine(world& at, machine_plan plan)
    : at_(at), plan_(std::move(plan)), disk_(std::make_unique<store::faulty_disk>()) {
    start();
}

machine::~machine() = default;

void machine::plan_disk(store::faulty_disk::plan faults) {
    auto& random = at_.random();
    is_faulty_ =
        faults.crash_at != store::faulty_disk::never || faults.fail_at != store::faulty_disk::never;
    faults.short_writes_seed = random.one_in(2) ? random.number() : 0;
    disk_->follow(faults);
}

void machine::start() {
    if (is_up()) {
        return;
    }
    plan_disk({});
    store::open_options how;
    how.level = plan_.real_level.value_or(plan_.level);
    how.on = disk_.get();
    auto opened = store::store::open(path, how);
    at_.expect(opened.has_value(), "a store does not open again: " + name());
    if (!opened) {
        return;
    }
    store_ = std::move(*opened);
    if (store_->empty()) {
        at_.expect(store_->write(as_bytes(founding_key), as_bytes("now"), store::durability::sync)
                       .has_value(),
                   "a store takes no first write: " + name());
    } else if (plan_.inspect != nullptr) {
        plan_.inspect(*store_);
    }
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
    at_.network().cut_all(plan_.url);
    server_.reset();
    backend_ = nullptr;
    store_ = nullptr;
    disk_ = power ? disk_->after_power_loss(at_.random().number()) : disk_->after_kill();
    restart_ = at_.loop().after(at_.random().between(100ms, 5s), [this] { start(); });
    return true;
}

bool machine::die_while_writing() {
    if (!is_up()) {
        return false;
    }
    store::faulty_disk::plan faults;
    faults.crash_at = at_.random().below(12);
    at_.tell(name(), "dies at call " + std::to_string(faults.crash_at) + " of its disk");
    plan_disk(faults);
    return true;
}

bool machine::has_died() {
    if (disk_->crashed()) {
        die_after(0us);  // the disk is at work just now
    }
    return disk_->crashed();
}

void machine::die_after(transport::runtime::duration time) {
    death_ = at_.loop().after(time, [this] { die(); });
}

bool machine::fail_disk() {
    if (!is_up()) {
        return false;
    }
    namespace errc = boost::system::errc;
    static constexpr std::array errors{errc::io_error, errc::no_space_on_device};
    store::faulty_disk::plan faults;
    faults.fail_at = at_.random().below(12);
    faults.error = at_.random().one_of(errors);
    faults.cuts_fail = at_.random().one_in(4);
    at_.tell(name(), "meets a fault at call " + std::to_string(faults.fail_at) + " of its disk");
    plan_disk(faults);
    die_after(at_.random().between(1s, 10s));
    return true;
}

void machine::mend() {
    if (is_up() && is_faulty_) {
        die();
    }
    death_ = nullptr;
    start();
}

}  // namespace trunkline::sim
