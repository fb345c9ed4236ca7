#include <trunkline/chat/visitors.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/chat/room_choice.hpp>
#include <trunkline/transport/loop_commons.hpp>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace trunkline::chat {
namespace {

using logging::area;
using logging::level;

constexpr ending server_stops{.code = transport::close_code::going_away,
                              .reason = "the server stops"};

/// That of "127.0.0.1:4711"; 0 where there is none.
std::uint16_t port_of(std::string_view peer) {
    std::uint16_t port = 0;
    std::string_view const digits = peer.substr(peer.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return port;
}

}  // namespace

visitors::visitors(desk const& at, websocket::context& websockets, socket_keeper keeper)
    : desk_(at),
      websockets_(websockets),
      keeper_(std::move(keeper)),
      began_(at.loop.now()),
      frames_(at.of.speaks.kind()) {}

visitors::~visitors() {
    cut();
}

// Slots

visitor& visitors::take_slot() {
    ++used_;
    desk_.of.connections.fetch_add(1, std::memory_order_relaxed);
    if (free_ == nullptr) {
        return slots_.emplace_back(*this);
    }
    visitor& taken = *free_;
    free_ = taken.next_free_;
    return taken;
}

// What a member was is over: the next one in its place is a new one.
void visitors::free_slot(visitor& slot) {
    slot.~visitor();
    new (&slot) visitor(*this);
    slot.next_free_ = std::exchange(free_, &slot);
    --used_;
    desk_.of.connections.fetch_sub(1, std::memory_order_relaxed);
}

// From established to gone

void visitors::add(std::unique_ptr<websocket::connection> link, std::string_view target) {
    std::string const peer = link->peer();
    visitor& slot = take_slot();
    open_link& made = open(slot, std::move(link));
    if (closing_) {
        made.close(server_stops);
        return;
    }
    slot.arrive(port_of(peer), room_of(target), after_of(target));
    if (desk_.of.log.wants(area::ws, level::debug)) {
        desk_.of.log.write(area::ws, level::debug, "somebody came",
                           {{"peer", peer}, {"number", slot.number()}});
    }
    desk_.shard.drain();
    settle(slot, true);
}

open_link& visitors::open(visitor& slot, std::unique_ptr<websocket::connection> link) {
    open_.push_back(std::make_unique<open_link>(*this, slot, std::move(link), open_.size()));
    slot.content_ = visitor::content::open;
    slot.open_ = open_.back().get();
    slot.open_->rewatch();
    plan_look();
    return *slot.open_;
}

std::unique_ptr<open_link> visitors::take_open(visitor& slot) {
    TRUNKLINE_ASSERT(slot.content_ == visitor::content::open);
    std::size_t const at = slot.open_->index_;
    std::swap(open_[at], open_.back());
    open_[at]->index_ = at;
    auto taken = std::move(open_.back());
    open_.pop_back();
    slot.content_ = visitor::content::nothing;
    return taken;
}

// After something happened on an open one.
void visitors::turn(visitor& slot, bool readable) {
    std::uint64_t const before = slot.open_->messages_;
    bool const goes_on = !readable || slot.open_->read_turn();
    std::uint64_t const said = slot.open_->messages_ - before;
    desk_.of.messages.fetch_add(said, std::memory_order_relaxed);
    if (!goes_on) {
        depart(slot);
        return;
    }
    desk_.shard.drain();
    settle(slot, said == 0 && slot.open_->messages_ == 0);
}

// Folded at once is what said no more than a pong.
void visitors::settle(visitor& slot, bool at_once) {
    if (slot.is_doomed_ || slot.content_ != visitor::content::open) {
        return;
    }
    bool const may_fold = at_once || times().fold_after == std::chrono::milliseconds(0);
    if (!may_fold || !fold(slot)) {
        slot.open_->rewatch();
    }
}

// Nobody leaves while messages are delivered: at the end of the turn.
void visitors::doom(visitor& slot) {
    if (!std::exchange(slot.is_doomed_, true)) {
        doomed_.push_back(&slot);
        loop().commons().turns().add(*this);
    }
}

void visitors::on_turn() {
    for (visitor* const each : std::exchange(doomed_, {})) {
        depart(*each);
    }
}

void visitors::depart(visitor& slot) {
    if (slot.is_doomed_) {
        std::erase(doomed_, &slot);
    }
    if (desk_.of.log.wants(area::ws, level::debug)) {
        desk_.of.log.write(area::ws, level::debug, "somebody went", {{"number", slot.number()}});
    }
    slot.depart(!closing_);
    if (slot.content_ == visitor::content::open) {
        take_open(slot);
    } else if (slot.is_folded()) {
        std::ignore = take_stream(slot);
    }
    free_slot(slot);
    desk_.shard.drain();
}

void visitors::close() {
    closing_ = true;
    for (std::size_t at = open_.size(); at > 0; --at) {
        open_[at - 1]->close(server_stops);
    }
    std::array<std::byte, 2> const head{std::byte{0x88}, std::byte{18}};
    std::vector<std::byte> frame(head.begin(), head.end());
    frame.push_back(std::byte{static_cast<std::uint16_t>(server_stops.code) >> 8U});
    frame.push_back(std::byte{static_cast<std::uint16_t>(server_stops.code) & 0xffU});
    auto const reason = as_bytes(server_stops.reason);
    frame.insert(frame.end(), reason.begin(), reason.end());
    for (visitor& slot : slots_) {
        if (slot.is_folded()) {
            std::ignore = write_folded(slot, frame);
            websockets_.lingering().add(take_stream(slot), {}, websocket::farewell::end);
            depart(slot);
        }
    }
}

void visitors::cut() {
    closing_ = true;
    while (!open_.empty()) {
        depart(open_.back()->slot_);
    }
    for (visitor& slot : slots_) {
        if (slot.is_folded()) {
            depart(slot);
        }
    }
}

// Looks

void visitors::plan_look() {
    auto const now = loop().now();
    auto when = open_.empty() ? scan_due_ : now + transport::sweeper::tick;
    when = std::max(when, now + transport::sweeper::tick);
    if (used_ > 0 && when < time_point::max() && (!next_look_ || when < next_look_at_)) {
        next_look_at_ = when;
        next_look_ = loop().after(when - now, [this] { look(); });
    }
}

void visitors::look() {
    next_look_.reset();
    auto const now = loop().now();
    look_at_open(now);
    if (now >= scan_due_) {
        look_at_folded(now);
    }
    plan_look();
}

// Looking at one may end it, and the last takes its place.
void visitors::look_at_open(time_point now) {
    for (std::size_t at = open_.size(); at > 0; --at) {
        if (at > open_.size()) {
            continue;
        }
        open_link& each = *open_[at - 1];
        if (!each.check_time(now)) {
            each.link_->abort();
            depart(each.slot_);
        } else if (now - each.heard_ >= times().fold_after) {
            std::ignore = fold(each.slot_);
        }
    }
}

void visitors::look_at_folded(time_point now) {
    scan_due_ = time_point::max();
    static constexpr std::array ping{std::byte{0x89}, std::byte{0}};
    for (visitor& slot : slots_) {
        if (!slot.is_folded()) {
            continue;
        }
        auto const silence = silence_of(slot, now);
        if (silence >= times().idle_timeout) {
            unfold(slot).close({.reason = "no sign of life"});
            continue;
        }
        if (silence >= times().ping_after * (slot.pings_ + 1)) {
            ++slot.pings_;
            if (write_folded(slot, ping).status == transport::io_status::error) {
                doom(slot);
            }
        }
        auto const due = std::min<transport::runtime::duration>(
            times().ping_after * (slot.pings_ + 1), times().idle_timeout);
        scan_due_ = std::min(scan_due_, now + (due - silence));
    }
    // Not for each one for itself: within the tenth that a ping may be late.
    if (scan_due_ < time_point::max()) {
        scan_due_ = std::max<time_point>(scan_due_, now + times().ping_after / 20);
    }
}

transport::runtime::duration visitors::silence_of(visitor const& slot, time_point now) const {
    auto const now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_).count();
    return std::chrono::milliseconds(static_cast<std::uint32_t>(now_ms) - slot.heard_ms_);
}

}  // namespace trunkline::chat
