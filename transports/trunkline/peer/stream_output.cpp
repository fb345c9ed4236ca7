#include <trunkline/peer/stream_output.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::peers {

stream_output::stream_output(line& on, std::weak_ptr<rpc::room_waiter> owner,
                             stream_sink& to) noexcept
    : line_(on), owner_(std::move(owner)), sink_(to) {}

void stream_output::write(std::shared_ptr<writing> what) {
    if (closed_) {
        what->on_write_failed(*closed_);
        return;
    }
    if (finishing_) {
        what->on_write_failed({call_error::stream_ended, {}});
        return;
    }
    if (what->is_awaited() && deadline_.has_passed()) {
        what->on_write_failed({call_error::deadline_passed, {}});
        return;
    }
    waiting_.push_back(std::move(what));
    pump();
}

void stream_output::open(std::shared_ptr<writing> first) {
    held_ = false;
    if (first != nullptr) {
        waiting_.push_front(std::move(first));
    }
    pump();
}

void stream_output::expire_after(std::optional<std::chrono::milliseconds> left) {
    deadline_.set(line_, left, [this] { expire(); });
}

void stream_output::expire() {
    auto const kept = owner_.lock();
    std::deque<std::shared_ptr<writing>> told;
    if (front_begun_ && !front_told_ && waiting_.front()->is_awaited()) {
        front_told_ = true;
        waiting_.front()->message().own();
        told.push_back(waiting_.front());
    }
    std::erase_if(waiting_, [&](auto const& each) {
        bool const waits = each->is_awaited() && !(front_begun_ && each == waiting_.front());
        if (waits) {
            told.push_back(each);
        }
        return waits;
    });
    for (auto const& each : told) {
        each->on_write_failed({call_error::deadline_passed, {}});
    }
    pump();
}

bool stream_output::forget(writing const& what) {
    auto const at = std::find_if(waiting_.begin(), waiting_.end(),
                                 [&](auto const& each) { return each.get() == &what; });
    if (at == waiting_.end() || (at == waiting_.begin() && front_begun_)) {
        return false;
    }
    waiting_.erase(at);
    return true;
}

void stream_output::finish(std::optional<call_failure> why) {
    if (finished()) {
        return;
    }
    finishing_ = true;
    sends_.close(call_error::stream_ended);
    finish_why_ = std::move(why);
    pump();
}

void stream_output::close(call_failure why) {
    if (closed_) {
        return;
    }
    closed_ = why;
    sends_.close(why.error);
    auto told = std::exchange(waiting_, {});
    if (std::exchange(front_told_, false)) {
        told.pop_front();
    }
    for (auto const& each : told) {
        each->on_write_failed(why);
    }
}

void stream_output::on_room() {
    awaits_room_ = false;
    pump();
}

void stream_output::pump() {
    if (pumping_ || held_) {
        return;
    }
    auto const kept = owner_.lock();
    pumping_ = true;
    while (!closed_ && !waiting_.empty() && pump_one()) {
    }
    pumping_ = false;
    if (finishing_ && !closed_ && waiting_.empty()) {
        closed_ = call_failure{call_error::stream_ended, {}};
        sink_.end_parts(std::move(finish_why_));
    }
}

// False when there is no room.
bool stream_output::pump_one() {
    rpc::endpoint* const endpoint = line_.endpoint();
    if (endpoint == nullptr) {
        close({rpc::rpc_error::not_connected, {}});
        return false;
    }
    if (!sink_.has_room()) {
        if (!std::exchange(awaits_room_, true)) {
            sink_.await_room(owner_);
        }
        return false;
    }
    message_pieces& message = waiting_.front()->message();
    if (!front_begun_ && message.size() > endpoint->protocol().message_size_max()) {
        auto const refused = std::move(waiting_.front());
        waiting_.pop_front();
        refused->on_write_failed({rpc::rpc_error::message_too_large, {}});
        return true;
    }
    if (error_code const failed = sink_.write_part(message.next(chunk_size))) {
        close({failed, {}});
        return false;
    }
    front_begun_ = !message.all_given();
    if (!front_begun_) {
        auto const written = std::move(waiting_.front());
        waiting_.pop_front();
        if (!std::exchange(front_told_, false)) {
            written->on_written();
        }
    }
    return true;
}

}  // namespace trunkline::peers
