#include <trunkline/serve/connection_table.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::server {
namespace {

using logging::area;
using logging::level;
using transport::close_code;
using transport::connection_state;

constexpr std::string_view farewell = "the server stops";

std::string_view name_of(connection_state state) {
    switch (state) {
        case connection_state::connecting:
            return "connecting";
        case connection_state::connected:
            return "connected";
        case connection_state::disconnecting:
            return "disconnecting";
        case connection_state::disconnected:
            return "disconnected";
        case connection_state::error:
            break;
    }
    return "error";
}

}  // namespace

connection_table::connection_table(transport::runtime& loop, rpc::dispatcher const& methods,
                                   transport::driver::options const& settings,
                                   logging::journal const& log)
    : loop_(loop), methods_(methods), settings_(settings), log_(log) {}

connection_table::~connection_table() = default;

void connection_table::add(std::unique_ptr<transport::connection> link) {
    std::uint64_t const id = next_id_++;
    entry& added = entries_[id];
    if (log_.wants(area::ws, level::debug)) {
        added.peer = link->peer();
    }
    added.driver = std::make_unique<transport::driver>(
        loop_, std::move(link), methods_, settings_,
        [this, id](connection_state state, error_code why) { on_state(id, state, why); });
    log_.write(area::ws, level::debug, "connection opened", {{"peer", added.peer}});
    added.driver->start();
    if (draining_) {
        for_one(id, [](transport::driver& late) { late.drain(close_code::going_away, farewell); });
    }
}

void connection_table::drain() {
    draining_ = true;
    for_each([](transport::driver& one) { one.drain(close_code::going_away, farewell); });
}

void connection_table::close_all() {
    for_each([](transport::driver& one) { one.close(close_code::going_away, farewell); });
}

template <class Action>
void connection_table::for_one(std::uint64_t id, Action act) {
    auto const found = entries_.find(id);
    if (found != entries_.end()) {
        act(*found->second.driver);
    }
}

/// Acting on a driver may end it, and with it its place in the table.
template <class Action>
void connection_table::for_each(Action act) {
    std::vector<std::uint64_t> ids;
    ids.reserve(entries_.size());
    for (auto const& [id, one] : entries_) {
        ids.push_back(id);
    }
    for (std::uint64_t const id : ids) {
        for_one(id, act);
    }
}

void connection_table::on_state(std::uint64_t id, connection_state state, error_code why) {
    auto const changed = entries_.find(id);
    std::string const& peer = changed->second.peer;
    log_.write(area::ws, level::trace, "connection changed",
               {{"peer", peer}, {"state", name_of(state)}});
    if (state != connection_state::disconnected && state != connection_state::error) {
        return;
    }
    auto const& counted = changed->second.driver->peer().protocol().counters();
    log_.write(area::ws, level::debug, "connection closed",
               {{"peer", peer}, {"state", name_of(state)}, {"why", why.message()}});
    log_.write(area::rpc, level::debug, "calls of the connection",
               {{"peer", peer},
                {"requests", counted.requests_received},
                {"refused", counted.calls_refused},
                {"frames", counted.frames_received},
                {"skipped", counted.frames_skipped}});
    entries_.erase(changed);
}

}  // namespace trunkline::server
