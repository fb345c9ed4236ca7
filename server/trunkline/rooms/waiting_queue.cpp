#include <trunkline/rooms/waiting_queue.hpp>

#include <algorithm>

namespace trunkline::rooms {
namespace {

room_options const for_one_alone{};

bool is_at(queue_limits const& limits, std::size_t share, std::size_t messages, std::size_t size) {
    return messages >= limits.messages_max / share || size >= limits.size_max / share;
}

}  // namespace

waiting_queue::~waiting_queue() {
    let_publish();
}

bool waiting_queue::add(shared_message const& said, room* of) {
    room_options const& options = of == nullptr ? for_one_alone : of->options();
    std::size_t const size = said.bytes().size();
    switch (options.slow) {
        case slow_policy::wait:
        case slow_policy::close:
            if (exceeds_without_largest(options.queue, size)) {
                return false;
            }
            break;
        case slow_policy::drop_oldest:
            while (exceeds(options.queue, size)) {
                if (!drop_oldest(*of)) {  // all that waits is of other rooms
                    note_missed(*of, said.number());
                    return true;
                }
            }
            break;
        case slow_policy::keep_latest:
            while (drop_oldest(*of)) {
            }
            break;
    }
    messages_.push_back({said, of});
    size_ += size;
    if (options.slow == slow_policy::wait && is_at(options.queue, 2, count(), size_)) {
        hold_back(*of);
    }
    return true;
}

void waiting_queue::add_history(room& of, std::uint64_t after, std::uint64_t until) {
    messages_.push_back({{}, &of});
    wishes_.push_back({&of, after, until});
}

bool waiting_queue::exceeds(queue_limits const& limits, std::size_t more) const noexcept {
    return !messages_.empty() &&
           (count() + 1 > limits.messages_max || size_ + more > limits.size_max);
}

// A single message is never the reason, whether it waits or comes.
bool waiting_queue::exceeds_without_largest(queue_limits const& limits,
                                            std::size_t more) const noexcept {
    if (!exceeds(limits, more)) {
        return false;
    }
    std::size_t largest = more;
    for (entry const& each : messages_) {
        largest = std::max(largest, each.message.bytes().size());
    }
    return count() + 1 > limits.messages_max || size_ + more - largest > limits.size_max;
}

bool waiting_queue::drop_oldest(room& of) {
    auto const found = std::find_if(messages_.begin(), messages_.end(), [&](entry const& each) {
        return each.of == &of && each.message;
    });
    if (found == messages_.end()) {
        return false;
    }
    note_missed(of, found->message.number());
    size_ -= found->message.bytes().size();
    messages_.erase(found);
    return true;
}

void waiting_queue::note_missed(room& of, std::uint64_t number) {
    auto found = std::find_if(gaps_.begin(), gaps_.end(),
                              [&](auto const& each) { return each.first == &of; });
    if (found == gaps_.end()) {
        found = gaps_.insert(gaps_.end(), {&of, {.count = 0, .from = number, .to = number}});
    }
    ++found->second.count;
    found->second.to = number;
}

// A gap is told once it is the next thing to be said: until then it may grow.
std::size_t waiting_queue::peek(std::span<shared_message> out, teller const& tell) {
    if (has_page(tell)) {
        std::size_t const count = std::min(out.size(), page_.size());
        std::copy_n(page_.begin(), count, out.begin());
        return count;
    }
    if (messages_.empty() && !gaps_.empty()) {
        tell_gap(*gaps_.front().first, tell);
    } else if (!messages_.empty() && has_gap_before(messages_.front())) {
        tell_gap(*messages_.front().of, tell);
    }
    std::size_t count = 0;
    for (entry const& each : messages_) {
        if (count == out.size() || !each.message || has_gap_before(each)) {
            break;
        }
        out[count++] = each.message;
    }
    return count;
}

// Whether a history is the next to be given, with more of it in memory.
bool waiting_queue::has_page(teller const& tell) {
    while (!messages_.empty() && !messages_.front().message) {
        if (page_.empty()) {
            read_page(wishes_.front(), tell);
        }
        if (!page_.empty()) {
            return true;
        }
        messages_.pop_front();
        wishes_.pop_front();
    }
    return false;
}

// What was kept when it was asked for may be gone by now: that is a gap like one that was there.
void waiting_queue::read_page(history_wish& wish, teller const& tell) {
    kept_messages const kept = wish.of->kept(wish.after, wish.until, offered_max);
    std::uint64_t const lost = std::min(kept.lost_up_to, wish.until);
    if (wish.after > 0 && lost > wish.after) {
        if (shared_message told =
                tell(*wish.of, {.count = 0, .from = wish.after + 1, .to = lost})) {
            page_.push_back(std::move(told));
        }
        wish.after = lost;
    }
    for (kept_message const& each : kept.messages) {
        wish.after = each.said.number();
        page_.push_back(each.said);
    }
}

bool waiting_queue::has_gap_before(entry const& next) const noexcept {
    return std::any_of(gaps_.begin(), gaps_.end(),
                       [&](auto const& each) { return each.first == next.of; });
}

void waiting_queue::tell_gap(room& of, teller const& tell) {
    auto const found = std::find_if(gaps_.begin(), gaps_.end(),
                                    [&](auto const& each) { return each.first == &of; });
    missed_messages const missed = found->second;
    gaps_.erase(found);
    if (shared_message told = tell(of, missed)) {
        size_ += told.bytes().size();
        messages_.push_front({std::move(told), nullptr});
    }
}

void waiting_queue::pop(std::size_t count) {
    if (!page_.empty()) {
        page_.erase(page_.begin(), page_.begin() + static_cast<std::ptrdiff_t>(count));
        return;
    }
    for (; count > 0; --count) {
        size_ -= messages_.front().message.bytes().size();
        messages_.pop_front();
    }
    bool const behind = std::any_of(held_back_.begin(), held_back_.end(), [&](room const* each) {
        return is_at(each->options().queue, 4, messages_.size(), size_);
    });
    if (!behind) {
        let_publish();
    }
}

void waiting_queue::forget(room& left) {
    if (!page_.empty() && wishes_.front().of == &left) {
        page_.clear();
    }
    std::erase_if(messages_, [&](entry const& each) { return each.of == &left && !each.message; });
    std::erase_if(wishes_, [&](history_wish const& each) { return each.of == &left; });
    for (entry& each : messages_) {
        each.of = each.of == &left ? nullptr : each.of;
    }
    std::erase_if(gaps_, [&](auto const& each) { return each.first == &left; });
    if (std::erase(held_back_, &left) > 0) {
        left.release();
    }
}

void waiting_queue::hold_back(room& of) {
    if (std::find(held_back_.begin(), held_back_.end(), &of) == held_back_.end()) {
        held_back_.push_back(&of);
        of.hold_back();
    }
}

void waiting_queue::let_publish() {
    for (room* const each : held_back_) {
        each->release();
    }
    held_back_.clear();
}

}  // namespace trunkline::rooms
