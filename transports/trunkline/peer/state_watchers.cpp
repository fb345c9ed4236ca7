#include <trunkline/peer/state_watchers.hpp>

#include <utility>

namespace trunkline::peers {

void state_watchers::note(transport::connection_state state, error_code why) {
    std::erase_if(watchers_, [](auto const& each) { return each.expired(); });
    if (watchers_.empty()) {
        noted_.clear();
        last_ = {state, why};
    } else {
        noted_.push_back({state, why});
    }
}

void state_watchers::tell() {
    if (std::exchange(telling_, true)) {
        return;
    }
    while (!noted_.empty()) {
        last_ = noted_.front();
        noted_.erase(noted_.begin());
        auto const now = last_;
        for (auto const& each : std::vector(watchers_)) {
            if (auto const told = each.lock()) {
                (*told)(now.state, now.why);
            }
        }
    }
    telling_ = false;
}

void state_watchers::add(std::weak_ptr<state_watcher const> who) {
    if (auto const told = who.lock()) {
        watchers_.push_back(std::move(who));
        auto const now = last_;
        (*told)(now.state, now.why);
    }
}

}  // namespace trunkline::peers
