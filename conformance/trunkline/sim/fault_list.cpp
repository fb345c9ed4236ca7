#include <trunkline/sim/fault_list.hpp>

#include <trunkline/sim/world.hpp>

#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

void fault_list::add(strike strikes) {
    add_lasting([this, strikes = std::move(strikes)]() -> cure {
        count_ += strikes() ? 1 : 0;
        return {};
    });
}

void fault_list::add_lasting(lasting_strike strikes) {
    kinds_.push_back(std::move(strikes));
}

void fault_list::strike_for(transport::runtime::duration span, transport::runtime::duration pause) {
    end_ = at_.loop().now() + span;
    pause_ = pause;
    next();
}

void fault_list::next() {
    at_.after(at_.random().between(1ms, 2 * pause_), [this] {
        if (at_.loop().now() < end_ && !kinds_.empty()) {
            strike_once();
            next();
        }
    });
}

void fault_list::strike_once() {
    auto const strikes = at_.random().one_of(kinds_);  // a copy: the list may change meanwhile
    auto made_good = strikes();
    if (made_good == nullptr) {
        return;
    }
    ++count_;
    auto const number = ++strikes_;
    lasting_.emplace(number, std::move(made_good));
    if (kinds_.empty()) {
        return stop();
    }
    at_.after(at_.random().between(10ms, 20s), [this, number] {
        if (auto const one = lasting_.extract(number)) {
            one.mapped()();
        }
    });
}

void fault_list::stop() {
    kinds_.clear();
    for (auto const& [number, made_good] : std::exchange(lasting_, {})) {
        made_good();
    }
}

}  // namespace trunkline::sim
