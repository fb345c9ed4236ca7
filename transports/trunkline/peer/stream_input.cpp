#include <trunkline/peer/stream_input.hpp>

#include <trunkline/base/heap_cost.hpp>
#include <trunkline/rpc/error.hpp>

#include <utility>

namespace trunkline::peers {
namespace {

std::size_t cost_of(std::vector<std::byte> const& message) noexcept {
    return sizeof message + heap_cost(message.capacity());
}

call_failure held_too_much() {
    return {rpc::rpc_error::held_too_much, {}};
}

}  // namespace

stream_input::~stream_input() {
    if (counted_ != 0) {  // then nobody else has it, and this is the thread of the line
        messages_.clear();
        records_.reset();
        joined_ = {};
        waiting_size_ = 0;
        request_size_ = 0;
        if (under_credit_.value_or(false)) {
            counted_waiting_ = 0;  // its source has gone before
        }
        static_cast<void>(count());
    }
}

std::optional<call_failure> stream_input::take(bytes_view part) {
    // Behind an end or a failure that has come as a record the rest is looked at all the same.
    if (abandoned_ || (ended_ && !records_)) {
        return {};
    }
    std::optional<call_failure> failed;
    switch (shape_) {
        case part_shape::records:
            failed = take_records(part);
            break;
        case part_shape::raw:
            if (!part.empty()) {
                add({part.begin(), part.end()});
            }
            break;
        case part_shape::whole:
            failed = join(part);
            break;
    }
    if (!failed && !count()) {
        failed = held_too_much();
    }
    if (!failed) {
        tell();
    }
    return failed;
}

std::optional<call_failure> stream_input::take_records(bytes_view part) {
    if (!records_) {
        records_.emplace(line_.endpoint()->protocol().message_size_max());
    }
    while (!part.empty()) {
        auto next = records_->next(part);
        if (!next) {
            return call_failure{next.error(), {}};
        }
        if (*next) {
            if (auto failed = take_record(std::move(**next))) {
                return failed;
            }
            if (!count()) {
                return held_too_much();
            }
        }
    }
    return {};
}

std::optional<call_failure> stream_input::take_record(typed::record next) {
    switch (next.kind) {
        case typed::record_kind::message:
            add(std::move(next.body));
            break;
        case typed::record_kind::end:
            ended_ = true;
            break;
        case typed::record_kind::failure:
            if (next.body.empty()) {
                return call_failure{call_error::bad_answer, {}};
            }
            ended_ = true;
            failed_ = call_failure::of_status(
                static_cast<rpc::status>(std::to_integer<std::uint8_t>(next.body.front())),
                bytes_view(next.body).subspan(1));
            break;
    }
    return {};
}

std::optional<call_failure> stream_input::join(bytes_view part) {
    if (joined_.size() + part.size() > line_.endpoint()->protocol().message_size_max()) {
        return call_failure{rpc::rpc_error::message_too_large, {}};
    }
    joined_.insert(joined_.end(), part.begin(), part.end());
    return {};
}

std::optional<call_failure> stream_input::finish() {
    if (ended_ || abandoned_) {
        return {};
    }
    if (records_ && !records_->at_border()) {
        return call_failure{typed::record_error::cut_short, {}};
    }
    if (shape_ == part_shape::whole) {
        add(std::exchange(joined_, {}));
    }
    end({});
    return {};
}

void stream_input::fail(call_failure why) {
    if (!ended_) {
        end(std::move(why));
    }
}

void stream_input::end(std::optional<call_failure> why) {
    ended_ = true;
    failed_ = std::move(why);
    records_.reset();
    joined_ = {};
    static_cast<void>(count());  // it can only be less
    tell();
}

bool stream_input::hold_request(std::size_t size) {
    request_size_ = size;
    return count();
}

void stream_input::add(std::vector<std::byte> message) {
    waiting_size_ += cost_of(message);
    messages_.push_back(std::move(message));
}

void stream_input::read(std::shared_ptr<reading> who) {
    if (reader_ != nullptr) {
        who->on_read_failed({call_error::already_reading, {}});
        return;
    }
    if (deadline_.has_passed()) {
        who->on_read_failed({call_error::deadline_passed, {}});
        return;
    }
    reader_ = std::move(who);
    tell();
}

void stream_input::expire_after(std::optional<std::chrono::milliseconds> left) {
    deadline_.set(line_, left, [this] {
        if (auto const who = std::exchange(reader_, nullptr)) {
            who->on_read_failed({call_error::deadline_passed, {}});
        }
    });
}

bool stream_input::forget(reading const& who) noexcept {
    if (reader_.get() != &who) {
        return false;
    }
    reader_.reset();
    return true;
}

void stream_input::abandon(call_failure why) {
    abandoned_ = true;
    messages_.clear();
    waiting_size_ = 0;
    end(std::move(why));
}

// Last in every function: whoever is told may take us away.
void stream_input::tell() {
    if (reader_ == nullptr || (messages_.empty() && !ended_)) {
        return;
    }
    auto const who = std::exchange(reader_, nullptr);
    if (!messages_.empty()) {
        auto message = std::move(messages_.front());
        messages_.pop_front();
        waiting_size_ -= cost_of(message);
        static_cast<void>(count());
        who->on_message(std::move(message));
    } else if (failed_) {
        who->on_read_failed(*failed_);
    } else {
        who->on_end();
    }
}

// Tells the connection what is held now. False when that is more than it may hold.
bool stream_input::count() {
    rpc::endpoint* const endpoint = line_.endpoint();
    if (endpoint == nullptr || (connection_ != 0 && connection_ != line_.connection())) {
        return true;
    }
    connection_ = line_.connection();
    std::size_t const held =
        waiting_size_ + (records_ ? records_->held_size() : 0) + joined_.capacity() + request_size_;
    if (held > counted_ && !endpoint->hold_part(held - counted_)) {
        return false;
    }
    if (held < counted_) {
        endpoint->let_part_go(counted_ - held);
    }
    counted_ = held;
    // Of an answer that is whole nothing more will come.
    std::size_t const waiting = shape_ == part_shape::whole ? 0 : waiting_size_;
    count_waiting(*endpoint, waiting);
    return true;
}

void stream_input::count_waiting(rpc::endpoint& at, std::size_t waiting) {
    std::size_t const before = std::exchange(counted_waiting_, waiting);
    if (waiting == before) {
        return;
    }
    if (!under_credit_) {
        under_credit_ = source_.is_under_credit();
    }
    if (*under_credit_) {
        waiting > before ? source_.queue_for_reader(waiting - before)
                         : source_.taken_by_reader(before - waiting);
    } else {
        waiting > before ? at.queue_for_reader(waiting - before)
                         : at.taken_by_reader(before - waiting);
    }
}

}  // namespace trunkline::peers
