#include <trunkline/sim/fault_list.hpp>

#include <trunkline/sim/world.hpp>

#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

void fault_list::add(strike strikes, cure cures) {
    kinds_.push_back({std::move(strikes), std::move(cures)});
}

void fault_list::strike_for(transport::runtime::duration span, transport::runtime::duration pause) {
    end_ = at_.loop().now() + span;
    pause_ = pause;
    next();
}

void fault_list::next() {
    at_.after(at_.random().between(1ms, 2 * pause_), [this] {
        if (at_.loop().now() >= end_ || kinds_.empty()) {
            return;
        }
        auto const which = at_.random().below(kinds_.size());
        count_ += kinds_[which].strikes() ? 1 : 0;
        if (kinds_[which].cures != nullptr) {
            at_.after(at_.random().between(10ms, 20s), [this, which] {
                if (which < kinds_.size()) {
                    kinds_[which].cures();
                }
            });
        }
        next();
    });
}

void fault_list::stop() {
    for (auto const& each : std::exchange(kinds_, {})) {
        if (each.cures != nullptr) {
            each.cures();
        }
    }
}

}  // namespace trunkline::sim
