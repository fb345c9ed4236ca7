#include <trunkline/serve/connection_table.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/free_heap.hpp>
#include <trunkline/transport/loop_commons.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace trunkline::server {
namespace {

using logging::area;
using logging::level;
using std::chrono::milliseconds;
using transport::close_code;
using transport::connection_state;

constexpr std::string_view farewell = "the server stops";

/// How often the table looks for connections that have gone silent, or whose peer is to be probed.
constexpr milliseconds look_interval = transport::sweeper::tick;

/// Connections that a stop keeps unfolded at once.
constexpr std::size_t drained_at_once = 4096;

/// Open connections that were folded in one look above which the heap gives back what it can.
constexpr std::size_t folded_at_once = 1024;

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

void connection_slot::on_ready(bool /*readable*/, bool /*writable*/) {
    owner_.on_ready(*this);
}

connection_table::connection_table(transport::runtime& loop, rpc::dispatcher const& methods,
                                   transport::driver::options const& settings,
                                   logging::journal const& log, link_maker links)
    : loop_(loop),
      methods_(methods),
      settings_(settings),
      log_(log),
      links_(std::move(links)),
      began_(loop.now()) {}

connection_table::~connection_table() {
    open_.clear();
    for (connection_slot& slot : slots_) {
        if (slot.is_folded()) {
            take_stream(slot);
        }
    }
}

// Slots

connection_slot& connection_table::take_slot() {
    ++used_;
    if (free_ == nullptr) {
        return slots_.emplace_back(*this);
    }
    connection_slot& taken = *free_;
    free_ = taken.next_free_;
    return taken;
}

void connection_table::free_slot(connection_slot& slot) {
    slot.content_ = connection_slot::content::nothing;
    slot.next_free_ = std::exchange(free_, &slot);
    --used_;
}

// From established to gone

void connection_table::add(std::unique_ptr<transport::connection> link, link_kind kind) {
    connection_slot& slot = take_slot();
    slot.kind_ = kind;
    auto const abilities = link->abilities();
    slot.form_ = abilities.form & 0x0fU;
    if (log_.wants(area::ws, level::debug)) {
        log_.write(area::ws, level::debug, "connection opened", {{"peer", link->peer()}});
    }
    if (auto stream = draining_ ? nullptr : link->fold()) {
        // Most say nothing at first. No driver is made before they do.
        keep(
            slot,
            {.session = {.next_stream_id = settings_.session.first_stream_id,
                         .next_request_id = settings_.session.first_request_id,
                         .layout = abilities.extended ? frame::layout::b : settings_.session.layout,
                         .extended = abilities.extended},
             .last_heard = loop_.now(),
             .keeps_alive = keeps_alive(slot)},
            std::move(stream));
        return;
    }
    open(slot, std::move(link), nullptr);
    start(slot);
}

void connection_table::start(connection_slot& slot) {
    slot.open_->driver->start();
    if (draining_ && slot.content_ == connection_slot::content::open) {
        slot.open_->driver->drain(close_code::going_away, farewell);
    }
}

connection_table::open_connection& connection_table::open(
    connection_slot& slot, std::unique_ptr<transport::connection> link,
    transport::folded_driver const* from) {
    auto made = std::make_unique<open_connection>(open_connection{.slot = slot,
                                                                  .index = open_.size(),
                                                                  .frames_when_opened = 0,
                                                                  .peer = {},
                                                                  .driver = nullptr});
    if (log_.wants(area::ws, level::debug)) {
        made->peer = link->peer();
    }
    auto observer = [this, one = made.get()](connection_state state, error_code why) {
        on_state(*one, state, why);
    };
    if (from == nullptr) {
        made->driver = std::make_unique<transport::driver>(loop_, std::move(link), methods_,
                                                           settings_, std::move(observer));
    } else {
        made->driver = std::make_unique<transport::driver>(loop_, std::move(link), methods_,
                                                           settings_, std::move(observer), *from);
        made->frames_when_opened = from->session.frames_received;
    }
    slot.content_ = connection_slot::content::open;
    slot.open_ = made.get();
    open_.push_back(std::move(made));
    plan_look();
    return *slot.open_;
}

void connection_table::drop(open_connection& one) {
    std::size_t const at = one.index;
    std::swap(open_[at], open_.back());
    open_[at]->index = at;
    open_.pop_back();
}

void connection_table::on_state(open_connection& changed, connection_state state, error_code why) {
    log_.write(area::ws, level::trace, "connection changed",
               {{"peer", changed.peer}, {"state", name_of(state)}});
    if (state != connection_state::disconnected && state != connection_state::error) {
        return;
    }
    auto const& counted = changed.driver->peer().protocol().counters();
    log_.write(area::ws, level::debug, "connection closed",
               {{"peer", changed.peer}, {"state", name_of(state)}, {"why", why.message()}});
    log_.write(area::rpc, level::debug, "calls of the connection",
               {{"peer", changed.peer},
                {"requests", counted.requests_received},
                {"refused", counted.calls_refused},
                {"frames", counted.frames_received},
                {"skipped", counted.frames_skipped}});
    connection_slot& slot = changed.slot;
    drop(changed);
    free_slot(slot);
}

/// Acting on a driver may end it, and with it its place among the open ones, which the last takes.
template <class Action>
void connection_table::for_each_open(Action act) {
    for (std::size_t at = open_.size(); at > 0; --at) {
        if (at <= open_.size()) {
            act(*open_[at - 1]);
        }
    }
}

void connection_table::drain() {
    draining_ = true;
    for_each_open(
        [](open_connection& one) { one.driver->drain(close_code::going_away, farewell); });
    drain_folded();
}

void connection_table::close_all() {
    for_each_open(
        [](open_connection& one) { one.driver->close(close_code::going_away, farewell); });
    for (connection_slot& slot : slots_) {
        if (slot.is_folded()) {
            take_stream(slot);
            free_slot(slot);
        }
    }
}

// Folding

bool connection_table::fold(open_connection& one) {
    auto folded = one.driver->fold();
    if (!folded) {
        return false;
    }
    connection_slot& slot = one.slot;
    drop(one);
    keep(slot, folded->rest, std::move(folded->link));
    return true;
}

void connection_table::keep(connection_slot& slot, transport::folded_driver const& rest,
                            std::unique_ptr<transport::byte_stream> link) {
    auto const heard = std::chrono::duration_cast<milliseconds>(rest.last_heard - began_);
    slot.heard_ms_ = static_cast<std::uint32_t>(heard.count());
    slot.probes_sent_ = rest.probes_sent;
    slot.session_ = rest.session;
    look_due_ = std::min(look_due_, transport::driver::look_due(rest, settings_.limits));
    auto bare = links_.sockets == nullptr ? transport::file_descriptor() : link->release();
    if (bare) {
        slot.content_ = connection_slot::content::socket;
        slot.descriptor = bare.release();
        slot.stream_ = nullptr;
        links_.sockets->update(slot, true, false);
    } else {
        slot.content_ = connection_slot::content::stream;
        slot.stream_ = link.release();
        slot.stream_->watch(&slot, true, false);
    }
    plan_look();
}

std::unique_ptr<transport::byte_stream> connection_table::take_stream(connection_slot& slot) {
    if (slot.content_ == connection_slot::content::socket) {
        links_.sockets->remove(slot);
        return links_.reopen(transport::file_descriptor(std::exchange(slot.descriptor, -1)));
    }
    std::unique_ptr<transport::byte_stream> stream(std::exchange(slot.stream_, nullptr));
    stream->watch(nullptr, false, false);
    return stream;
}

transport::folded_driver connection_table::rest_of(connection_slot const& slot) const {
    auto const now = loop_.now();
    auto const now_ms = std::chrono::duration_cast<milliseconds>(now - began_).count();
    milliseconds const silent(static_cast<std::uint32_t>(now_ms) - slot.heard_ms_);
    return {.session = slot.session_,
            .last_heard = now - silent,
            .probes_sent = slot.probes_sent_,
            .keeps_alive = keeps_alive(slot)};
}

// A bare stream has nothing to probe its peer with.
bool connection_table::keeps_alive(connection_slot const& slot) const noexcept {
    return settings_.keep_alive_probes && slot.kind_ == link_kind::websocket;
}

void connection_table::unfold(connection_slot& slot) {
    transport::folded_driver const rest = rest_of(slot);
    open(slot, links_.join(slot.kind_, slot.form_, take_stream(slot)), &rest);
}

void connection_table::on_ready(connection_slot& slot) {
    unfold(slot);
    start(slot);
    if (draining_ || slot.content_ != connection_slot::content::open) {
        return;
    }
    // What was no more than a pong leaves nothing to wait for.
    if (slot.open_->driver->peer().protocol().counters().frames_received ==
        slot.open_->frames_when_opened) {
        fold(*slot.open_);
    } else if (settings_.limits.fold_after == milliseconds(0)) {
        loop_.commons().turns().add(*this);
    }
}

void connection_table::look_after(connection_slot& slot) {
    unfold(slot);
    start(slot);
    if (slot.content_ == connection_slot::content::open) {
        slot.open_->driver->look();
    }
    if (slot.content_ == connection_slot::content::open) {
        fold(*slot.open_);
    }
}

// Looks

void connection_table::on_turn() {
    fold_silent(loop_.now());
}

void connection_table::plan_look() {
    if (used_ == 0) {
        return;
    }
    auto const now = loop_.now();
    bool const often = draining_ || !open_.empty();
    time_point const soon = now + look_interval;
    time_point const when = often ? soon : std::max(soon, look_due_);
    if (when != time_point::max() && (!next_look_ || when < next_look_at_)) {
        next_look_at_ = when;
        next_look_ = loop_.after(when - now, [this] { look(); });
    }
}

void connection_table::look() {
    next_look_.reset();
    auto const now = loop_.now();
    if (draining_) {
        drain_folded();
    } else {
        fold_silent(now);
        if (now >= look_due_) {
            look_after_folded(now);
        }
    }
    plan_look();
}

void connection_table::fold_silent(time_point now) {
    std::size_t count = 0;
    for_each_open([&](open_connection& one) {
        bool const silent = now - one.driver->last_heard() >= settings_.limits.fold_after;
        count += silent && fold(one) ? 1 : 0;
    });
    if (count >= folded_at_once) {
        return_free_heap();
    }
}

void connection_table::look_after_folded(time_point now) {
    look_due_ = time_point::max();
    for (connection_slot& slot : slots_) {
        if (!slot.is_folded()) {
            continue;
        }
        auto const due = transport::driver::look_due(rest_of(slot), settings_.limits);
        if (due <= now) {
            look_after(slot);  // and with that, when it is due again
        } else {
            look_due_ = std::min(look_due_, due);
        }
    }
}

void connection_table::drain_folded() {
    for (; next_to_drain_ < slots_.size() && open_.size() < drained_at_once; ++next_to_drain_) {
        connection_slot& slot = slots_[next_to_drain_];
        if (slot.is_folded()) {
            unfold(slot);
            start(slot);
        }
    }
}

}  // namespace trunkline::server
