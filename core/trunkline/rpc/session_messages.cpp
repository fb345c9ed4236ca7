// Messages as their frames come: head, routing by type, delivery whole or in parts.
#include <trunkline/rpc/session_state.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/flow/limits.hpp>

#include <bit>

namespace trunkline::rpc {
namespace {

// A call_id is a serial number above the slot of its call.
constexpr std::uint64_t slot_mask = calls_at_once_max - 1;
constexpr int slot_bits = std::countr_one(slot_mask);
static_assert(std::has_single_bit(calls_at_once_max));

constexpr std::size_t kept_borrowing_max = 1024;  // entries that an idle session keeps room for

std::uint32_t slot_of(call_id id) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) & slot_mask);
}

message_head head_of(header const& head, bytes_view whole, received_fields const* with) {
    return {static_cast<message_type>(head.type_byte), head.request_id, head.method_id,
            whole.subspan(header_size, head.metadata_size), with ? &with->fields : nullptr};
}

}  // namespace

// Bytes

std::uint32_t session::state::make_message(std::uint32_t stream_id) {
    std::uint32_t const slot = messages_.take();
    messages_[slot].serial = next_serial_++;
    messages_[slot].stream_id = stream_id;
    reassembly_.set_tag(stream_id, slot);
    return slot;
}

error_code session::state::hold(message& into, bytes_view bytes) {
    if (held_size() + bytes.size() > limits_.held_size_max) {
        return rpc_error::held_too_much;
    }
    messages_held_ -= into.held.memory_taken();
    bool const stored = into.held.append(bytes);
    messages_held_ += into.held.memory_taken();
    if (!stored) {
        return rpc_error::out_of_memory;
    }
    if (held_size() > limits_.held_size_max) {  // buffers grow by more than they are given
        messages_held_ -= into.held.memory_taken();
        into.held.clear();
        return rpc_error::held_too_much;
    }
    return {};
}

error_code session::state::store(std::uint32_t slot, bytes_view bytes, bool may_borrow) {
    message& into = messages_[slot];
    if (bytes.empty()) {
        return {};
    }
    if (may_borrow && into.view().empty()) {
        into.borrowed = bytes;
        borrowing_.emplace_back(slot, into.serial);
        return {};
    }
    if (!into.borrowed.empty()) {
        bytes_view const first = std::exchange(into.borrowed, {});
        if (error_code const failed = hold(into, first)) {
            return failed;
        }
    }
    return hold(into, bytes);
}

result<void> session::state::settle() {
    if (failure_) {
        return failure_;
    }
    for (auto const& [slot, serial] : borrowing_) {
        if (slot >= messages_.slots() || messages_[slot].serial != serial ||
            messages_[slot].borrowed.empty()) {
            continue;
        }
        bytes_view const bytes = std::exchange(messages_[slot].borrowed, {});
        if (error_code const failed = hold(messages_[slot], bytes)) {
            failure_ = failed;
            return failed;
        }
    }
    borrowing_.clear();
    if (borrowing_.capacity() > kept_borrowing_max) {
        borrowing_.shrink_to_fit();
    }
    failure_ = check_held();
    if (failure_) {
        return failure_;
    }
    return {};
}

detached_bytes session::state::detach_bytes(message& from) noexcept {
    messages_held_ -= from.held.memory_taken();
    bytes_view const view = from.view();
    from.borrowed = {};
    return {std::exchange(from.held, {}), view};
}

std::unique_ptr<received_fields> session::state::take_fields(std::uint32_t slot) noexcept {
    message& of = messages_[slot];
    messages_held_ -= of.fields ? of.fields->cost() : 0;
    return std::move(of.fields);
}

void session::state::put_message(std::uint32_t slot) {
    messages_held_ -= messages_[slot].memory_taken();
    close_window(messages_[slot].stream_id);
    messages_.put(slot);
}

// Drops a message in the middle: what its stream still brings is of no use.
void session::state::drop_message(std::uint32_t slot) {
    reassembly_.discard(messages_[slot].stream_id);
    put_message(slot);
}

void session::state::forget_incoming() {
    messages_.clear();
    messages_held_ = 0;
    borrowing_.clear();
    waiting_.clear();
    waiting_size_ = 0;
    reassembly_ = frame::reassembly();
    detector_.reset();
    if (agreed != nullptr) {
        agreed->windows.clear();
        agreed->headers.clear();
        agreed->headers_cost = 0;
        std::vector<std::byte>().swap(agreed->frame);
    }
}

// Heads

error_code session::state::frame_done(std::uint32_t slot, bool is_end) {
    std::uint64_t const serial = messages_[slot].serial;
    auto const gone = [&] { return slot >= messages_.slots() || messages_[slot].serial != serial; };
    std::size_t head_bytes = 0;
    if (messages_[slot].at == message::stage::head) {
        if (error_code const failed = read_head(slot)) {
            return failed;
        }
        if (gone()) {
            return {};
        }
        if (messages_[slot].at == message::stage::head) {
            if (is_end) {
                put_message(slot);  // ended before its head was complete: nobody can be told
            }
            return {};
        }
        head_bytes = header_size + messages_[slot].head.metadata_size;
        if (!count_credit(messages_[slot].stream_id, messages_[slot].view().size() - head_bytes)) {
            return refuse_beyond_credit(slot);
        }
    }
    message const& of = messages_[slot];
    if (of.at == message::stage::request_parts || of.at == message::stage::response_parts) {
        bool const nothing = of.view().size() == head_bytes;
        if (!nothing || (head_bytes == 0 && !is_end)) {
            hand_over_part(slot, head_bytes);
        } else {
            detach_bytes(messages_[slot]);
        }
        if (gone()) {
            return {};
        }
    } else if (of.at != message::stage::head) {
        grant(of.stream_id);  // it is collected: what has come is as good as read
    }
    if (is_end) {
        finish(slot);
    }
    return {};
}

error_code session::state::read_head(std::uint32_t slot) {
    bytes_view const bytes = messages_[slot].view();
    if (bytes.size() < header_size) {
        return {};
    }
    header const head = decode_header(bytes);
    if (head.type_byte > message_type_max) {
        drop_message(slot);
        return count_protocol_error();
    }
    if (bytes.size() < header_size + head.metadata_size) {
        return {};
    }
    messages_[slot].head = head;
    if (agreed != nullptr && head.type_byte == static_cast<std::uint8_t>(message_type::call) &&
        agreed->calls.contains(head.request_id)) {
        drop_message(slot);
        return count_protocol_error();
    }
    if (head.type_byte == static_cast<std::uint8_t>(message_type::response)) {
        begin_response(slot);
    } else {
        begin_request(slot);
    }
    return {};
}

// Requests

void session::state::begin_request(std::uint32_t slot) {
    message& of = messages_[slot];
    std::optional<rpc_error> refused = must_read() ? refuse_request() : std::nullopt;
    if (unfinished_ >= limits_.unfinished_requests_max || calls_.size() >= calls_at_once_max) {
        refused = rpc_error::too_many_calls;
    }
    if (agreed != nullptr && agreed->waiting_size > flow::waiting_size_max) {
        refused = rpc_error::held_too_much;
    }
    if (auto const unreadable = refuse_fields(of)) {
        refused = unreadable;
    }
    bool const is_call = of.head.type_byte == static_cast<std::uint8_t>(message_type::call);
    bool const leaves = agreed != nullptr && agreed->leaves && is_call;
    if (refused || leaves) {
        header const head = of.head;
        drop_message(slot);
        if (refused) {
            refuse_head(head, *refused);
        } else {
            ++counters.calls_refused;
            reset_call(extension::reset_by::called, head.request_id, extension::code::going_away);
        }
        return;
    }
    ++counters.requests_received;
    ++unfinished_;
    std::uint32_t const call_slot = calls_.take();
    TRUNKLINE_ASSERT(call_slot <= slot_mask);
    incoming_call& call = calls_[call_slot];
    call.id = call_id{(next_serial_++ << slot_bits) | call_slot};
    call.method_id = of.head.method_id;
    call.request_id = of.head.request_id;
    call.message = slot;
    call.answered = of.head.type_byte == static_cast<std::uint8_t>(message_type::event);
    call.forced = !output_has_room();
    call.first_credit = of.fields ? of.fields->fields.answer_credit : std::nullopt;
    if (agreed != nullptr && !call.answered) {
        agreed->calls.insert(call.request_id, call.id);
    }
    of.call = call.id;
    of.at = message::stage::request;
    open_window_of(slot);
    delivery const wanted = events_.on_call(of.call, head_of(of.head, of.view(), of.fields.get()));
    if (wanted == delivery::parts) {
        of.at = message::stage::request_parts;
    }
}

incoming_call* session::state::find_call(call_id id) noexcept {
    std::uint32_t const slot = slot_of(id);
    if (id == call_id{} || slot >= calls_.slots() || calls_[slot].id != id) {
        return nullptr;
    }
    return &calls_[slot];
}

void session::state::mark_answered(incoming_call& of) {
    of.answered = true;
    if (of.received) {
        --unanswered;
        release_call(of);
    }
}

void session::state::release_call(incoming_call& of) {
    if (agreed != nullptr) {
        call_id const* const named = agreed->calls.find(of.request_id);
        if (named != nullptr && *named == of.id) {
            agreed->calls.erase(of.request_id);
        }
        if (of.answer) {
            forget_credit(*of.answer);
        }
    }
    calls_.put(slot_of(of.id));
}

// The call is given up before its End: an answer that has begun is ended, for a response is never
// cancelled.
void session::state::cancel_incoming(call_id id, error_code why) {
    incoming_call* const of = find_call(id);
    if (of == nullptr) {
        return;
    }
    TRUNKLINE_ASSERT(!of->received);
    --unfinished_;
    end_answer_now(*of);
    release_call(*of);
    events_.on_call_cancelled(id, why);
}

void session::state::hand_over_part(std::uint32_t slot, std::size_t skip) {
    message& of = messages_[slot];
    bool const request = of.at == message::stage::request_parts;
    call_id const call = of.call;
    std::uint32_t const request_id = of.head.request_id;
    std::uint32_t const stream_id = of.stream_id;
    detached_bytes const part = detach_bytes(of);
    if (!request) {
        if (pending_.contains(request_id)) {
            events_.on_response_part(request_id, part.view.subspan(skip));
        }
    } else if (find_call(call) != nullptr) {
        events_.on_call_part(call, part.view.subspan(skip));
    }
    grant(stream_id);
}

void session::state::finish(std::uint32_t slot) {
    switch (messages_[slot].at) {
        case message::stage::request:
        case message::stage::request_parts:
            finish_request(slot);
            break;
        case message::stage::response:
        case message::stage::response_parts:
            finish_response(slot);
            break;
        case message::stage::head:
            break;
    }
}

// Whether a whole request may be taken now. What it borrows is copied where it has to wait for
// room in the output, or for others that do.
bool session::state::take_whole(std::uint32_t slot) {
    std::optional<rpc_error> refused = must_read() ? refuse_request() : std::nullopt;
    if (!refused && (!waiting_.empty() || !output_has_room())) {
        bytes_view const borrowed = std::exchange(messages_[slot].borrowed, {});
        if (!borrowed.empty() && hold(messages_[slot], borrowed)) {
            refused = rpc_error::held_too_much;
        }
    }
    if (refused) {
        refuse_message(slot, *refused);
    }
    return !refused;
}

void session::state::finish_request(std::uint32_t slot) {
    bool const in_parts = messages_[slot].at == message::stage::request_parts;
    bool const waits = !in_parts && (!waiting_.empty() || !output_has_room());
    if (!in_parts && !take_whole(slot)) {
        return;
    }
    call_id const id = messages_[slot].call;
    header const head = messages_[slot].head;
    detached_bytes whole = detach_bytes(messages_[slot]);
    auto fields = take_fields(slot);
    put_message(slot);
    incoming_call* const call = find_call(id);
    if (call == nullptr) {
        return;  // disconnected from inside an event
    }
    call->received = true;
    call->message = no_slot;
    call->forced = call->forced && in_parts;  // whole ones wait for room
    --unfinished_;
    if (call->answered) {
        release_call(*call);
    } else {
        ++unanswered;
    }
    if (in_parts) {
        events_.on_call_end(id);
    } else if (waits) {
        waiting_size_ +=
            waiting_.emplace_back(id, head, std::move(whole.owner), std::move(fields)).cost();
    } else {
        tell_request(id, head, whole.view, fields.get());
    }
}

void session::state::tell_request(call_id id, header const& head, bytes_view whole,
                                  received_fields const* fields) {
    message_head const event = head_of(head, whole, fields);
    bytes_view const payload = whole.subspan(header_size + head.metadata_size);
    events_.on_request(id, event, payload.empty() ? event.metadata : payload);
}

// Responses

void session::state::begin_response(std::uint32_t slot) {
    message& of = messages_[slot];
    pending_call* const pending = pending_.find(of.head.request_id);
    if (pending == nullptr || pending->response != no_slot) {
        ++counters.responses_dropped;
        drop_message(slot);
        return;
    }
    if (auto const unreadable = refuse_fields(of)) {
        std::uint32_t const request_id = of.head.request_id;
        drop_message(slot);
        reset_call(extension::reset_by::caller, request_id, extension::code::limit);
        lose(request_id, *unreadable);
        return;
    }
    pending->response = slot;
    bytes_view const metadata = of.view().subspan(header_size, of.head.metadata_size);
    of.at = message::stage::response;
    open_window_of(slot);
    if (pending->want == delivery::parts && decode_status(metadata) == status::success) {
        of.at = message::stage::response_parts;
        std::uint32_t const request_id = of.head.request_id;
        if (auto const fields = take_fields(slot)) {
            events_.on_response_fields(request_id, fields->fields);
        }
        if (pending_.contains(request_id)) {
            events_.on_response_begin(request_id);
        }
    }
}

void session::state::finish_response(std::uint32_t slot) {
    bool const in_parts = messages_[slot].at == message::stage::response_parts;
    header const head = messages_[slot].head;
    detached_bytes const whole = detach_bytes(messages_[slot]);
    auto const fields = take_fields(slot);
    put_message(slot);
    pending_call* const pending = pending_.find(head.request_id);
    if (pending == nullptr) {
        return;  // disconnected from inside an event
    }
    end_request(*pending);
    pending_.erase(head.request_id);
    if (in_parts) {
        events_.on_response_end(head.request_id);
        return;
    }
    if (fields) {
        events_.on_response_fields(head.request_id, fields->fields);
    }
    message_head const event = head_of(head, whole.view, nullptr);
    events_.on_response(head.request_id, decode_status(event.metadata),
                        whole.view.subspan(header_size + head.metadata_size));
}

void session::state::drop_response(pending_call& of) {
    if (of.response != no_slot) {
        drop_message(std::exchange(of.response, no_slot));
    }
}

// Our call will get no (further) response.
void session::state::lose(std::uint32_t request_id, error_code why) {
    pending_call* const of = pending_.find(request_id);
    if (of == nullptr) {
        return;
    }
    end_request(*of);
    pending_.erase(request_id);
    events_.on_call_lost(request_id, why);
}

}  // namespace trunkline::rpc
