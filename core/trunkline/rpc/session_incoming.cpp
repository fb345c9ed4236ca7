// Bytes in: layout, frames, sequence, limits.
#include <trunkline/rpc/session_state.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/free_heap.hpp>
#include <trunkline/frame/error.hpp>

#include <algorithm>
#include <limits>

namespace trunkline::rpc {
namespace {

// Where receive() comes back before the end of its input: a write's worth above what waits there
// already, unless that is less than one.
constexpr std::size_t pause_at(std::size_t queued, std::size_t worth) noexcept {
    return (queued < worth ? 0 : queued) + worth;
}

frame::reassembly_limits reassembly_limits_of(session_limits const& limits) {
    return {limits.open_streams_max, limits.out_of_order_frames_max, limits.out_of_order_size_max,
            limits.unbegun_streams_max};
}

error_code rpc_error_of(error_code from_frames) noexcept {
    if (from_frames == frame::frame_error::payload_too_large) {
        return rpc_error::frame_too_large;
    }
    if (from_frames == frame::frame_error::bad_check) {
        return rpc_error::bad_check;
    }
    return rpc_error::out_of_memory;
}

// Below it, one more message of any size finds room.
std::size_t kept_mark_of(session_limits const& limits) noexcept {
    return (limits.held_size_max - std::min(limits.held_size_max, limits.message_size_max)) / 2;
}

}  // namespace

session::state::state(session_options const& options, session_events& events)
    : events_(events),
      limits_(options.limits),
      message_borders_(options.message_borders),
      kept_mark_(kept_mark_of(options.limits)),
      id_bit_(options.local_side == side::acceptor ? acceptor_id_bit : 0),
      stream_ids_(options.first_stream_id, ~acceptor_id_bit, id_bit_),
      next_request_id_(options.first_request_id),
      reassembly_(reassembly_limits_of(options.limits)) {
    layout = options.layout;
    if (options.resumed) {
        resume(*options.resumed);
    }
    if (options.extended || (!layout && options.local_side == side::dialer)) {
        layout = frame::layout::b;
    }
    if (layout) {
        decoder_.emplace(*layout, limits_.frame_payload_size_max);
    } else {
        detector_.emplace(options.message_borders);
    }
    if (options.resumed ? options.resumed->extended : options.extended) {
        extend(options.resumed && options.resumed->checked);
    }
}

result<std::size_t> session::state::receive(bytes_view input, bool ends_message,
                                            std::uint64_t now_us) {
    if (failure_) {
        return failure_;
    }
    if (!connected_) {
        return rpc_error::not_connected;
    }
    start_waiting(now_us);
    if (!wants_input()) {
        return std::size_t{0};
    }
    now_us_ = now_us;
    receiving_ = true;
    auto const taken = take(input, ends_message);
    receiving_ = false;
    if (!taken) {
        failure_ = taken.error();
    }
    if (!connected_) {
        forget_incoming();
    }
    return taken;
}

result<std::size_t> session::state::take(bytes_view input, bool ends_message) {
    if (!decoder_) {
        if (error_code const failed = detect(input, ends_message)) {
            return failed;
        }
        if (!decoder_) {
            return input.size();
        }
    }
    return consume(input, false);
}

error_code session::state::detect(bytes_view input, bool ends_message) {
    if (detector_->declared_size(input).value_or(0) > limits_.frame_payload_size_max) {
        return rpc_error::frame_too_large;
    }
    layout = detector_->feed(input, ends_message);
    if (!layout) {
        return check_held();
    }
    decoder_.emplace(*layout, limits_.frame_payload_size_max);
    send_deferred();
    frame::layout_detector const spent = std::move(*detector_);
    detector_.reset();
    auto const backlog = consume(spent.kept(), true);
    if (!backlog) {
        return backlog.error();
    }
    TRUNKLINE_ASSERT(*backlog == spent.kept().size() || !connected_);
    return {};
}

// The backlog of detection is at most one frame and a few bytes, so no mark is looked at for it.
result<std::size_t> session::state::consume(bytes_view input, bool from_backlog) {
    std::size_t const given = input.size();
    std::size_t const owned_max = pause_at(output.owned_size(), owned_write_size);
    std::size_t const size_max = pause_at(output.size(), write_size);
    auto const has_room = [&] {
        return wants_input() && output.owned_size() < owned_max && output.size() < size_max;
    };
    while (connected_ && (from_backlog || has_room())) {
        auto const next = decoder_->next(input);
        if (!next) {
            return rpc_error_of(next.error());
        }
        if (!*next) {
            break;
        }
        if (error_code const failed = accept(**next, from_backlog)) {
            return failed;
        }
    }
    return given - input.size();
}

error_code session::state::accept(frame::fragment const& part, bool from_backlog) {
    counters.frames_received += part.ends ? 1 : 0;
    if (agreed != nullptr && frame::is_extension_kind(part.head.kind_byte)) {
        return take_extension(part);
    }
    auto const placed = reassembly_.place(part);
    if (!placed) {
        return rpc_error_of(placed.error());
    }
    if (error_code const failed = handle(*placed, !from_backlog)) {
        return failed;
    }
    while (auto const held = reassembly_.next_held()) {
        if (error_code const failed = handle(*held, false)) {
            return failed;
        }
    }
    return check_held();
}

error_code session::state::handle(frame::arrived const& what, bool may_borrow) {
    switch (what.what) {
        case frame::arrival::piece:
            return take_piece(what, may_borrow);
        case frame::arrival::cancelled:
            take_cancel(what.tag);
            return {};
        case frame::arrival::gap:
            ++counters.frames_skipped;
            if (what.tag != no_slot) {
                refuse_message(what.tag, rpc_error::sequence_gap);
            }
            return count_protocol_error();
        case frame::arrival::no_room:
            if (what.part.begins) {
                begin_refusal({}, rpc_error::too_many_streams);
                forget_fields(what.part.head.stream_id);
            }
            go_on_refusing(what.part);
            return {};
        case frame::arrival::duplicate:
        case frame::arrival::unknown_kind:
            ++counters.frames_skipped;
            return count_protocol_error();
        case frame::arrival::dropped:
            counters.frames_skipped += what.part.ends ? 1 : 0;
            go_on_refusing(what.part);
            return {};
        case frame::arrival::kept:
            return {};
    }
    return {};
}

error_code session::state::take_piece(frame::arrived const& piece, bool may_borrow) {
    std::uint32_t slot = piece.tag;
    if (slot == no_slot) {
        slot = make_message(piece.part.head.stream_id);
        adopt_fields(slot);
    }
    bytes_view const bytes = piece.part.bytes;
    bytes_view const before = messages_[slot].view();
    if (piece.part.begins &&
        before.size() + piece.part.head.payload_size > limits_.message_size_max) {
        bool const head_known = messages_[slot].at != message::stage::head;
        if (!head_known) {
            begin_refusal(before, rpc_error::message_too_large);
        }
        refuse_message(slot, rpc_error::message_too_large);
        go_on_refusing(piece.part);
        return {};
    }
    if (messages_[slot].at != message::stage::head &&
        !count_credit(messages_[slot].stream_id, bytes.size())) {
        return refuse_beyond_credit(slot);
    }
    if (error_code const failed = store(slot, bytes, may_borrow)) {
        return failed;
    }
    if (!piece.part.ends) {
        return {};
    }
    return frame_done(slot,
                      piece.part.head.kind_byte == static_cast<std::uint8_t>(frame::kind::end));
}

void session::state::take_cancel(frame::stream_tag tag) {
    if (tag == no_slot) {
        return;
    }
    message const& of = messages_[tag];
    message::stage const at = of.at;
    call_id const call = of.call;
    std::uint32_t const request_id = of.head.request_id;
    put_message(tag);
    if (at == message::stage::request || at == message::stage::request_parts) {
        cancel_incoming(call, rpc_error::cancelled_by_peer);
    } else if (at == message::stage::response || at == message::stage::response_parts) {
        lose(request_id, rpc_error::cancelled_by_peer);
    }
}

error_code session::state::count_protocol_error() {
    if (++protocol_errors_ > limits_.protocol_errors_max) {
        return rpc_error::too_many_protocol_errors;
    }
    return {};
}

// Refusals: a status 2 for every call whose request id is known.

void session::state::refuse_message(std::uint32_t slot, rpc_error why) {
    message const& of = messages_[slot];
    message::stage const at = of.at;
    call_id const call = of.call;
    header const head = of.head;
    header const early = of.view().size() >= header_size && at == message::stage::head
                             ? decode_header(of.view())
                             : header{message_type_max + 1, 0, 0, 0};
    drop_message(slot);
    switch (at) {
        case message::stage::head:
            refuse_head(early, why);
            break;
        case message::stage::request:
        case message::stage::request_parts:
            ++counters.calls_refused;
            if (incoming_call* const of_peer = find_call(call)) {
                if (!of_peer->answered && !of_peer->answer) {
                    std::string const text = make_error_code(why).message();
                    slice body{as_bytes(text), {}};
                    send_response(head.request_id, head.method_id, status::system_error, {&body, 1},
                                  true);
                }
                cancel_incoming(call, why);
            }
            break;
        case message::stage::response:
        case message::stage::response_parts:
            lose(head.request_id, why);
            break;
    }
}

void session::state::refuse_head(header const& head, rpc_error why) {
    if (head.type_byte == static_cast<std::uint8_t>(message_type::call)) {
        ++counters.calls_refused;
        std::string const text = make_error_code(why).message();
        slice body{as_bytes(text), {}};
        send_response(head.request_id, head.method_id, status::system_error, {&body, 1}, true);
    } else if (head.type_byte == static_cast<std::uint8_t>(message_type::response)) {
        if (pending_call* const of = pending_.find(head.request_id);
            of != nullptr && of->response == no_slot) {
            lose(head.request_id, why);
        }
    }
}

void session::state::begin_refusal(bytes_view known, rpc_error why) {
    refusing_.reset();
    if (known.size() < header_size) {
        refusing_ = why;
        refused_head_size_ = known.size();
        std::ranges::copy(known, refused_head_.begin());
    }
}

void session::state::go_on_refusing(frame::fragment const& part) {
    if (!refusing_) {
        return;
    }
    std::size_t const taken = std::min(header_size - refused_head_size_, part.bytes.size());
    std::copy_n(part.bytes.begin(), taken, refused_head_.begin() + refused_head_size_);
    refused_head_size_ += taken;
    bool const is_believed = part.ends || !checked;
    if (refused_head_size_ == header_size && is_believed) {
        rpc_error const why = *refusing_;
        refusing_.reset();
        refuse_head(decode_header(refused_head_), why);
    } else if (part.ends) {
        refusing_.reset();
    }
}

// State

void session::state::disconnect(error_code why) {
    if (!connected_) {
        return;
    }
    connected_ = false;
    std::vector<call_id> cancelled;
    for (std::uint32_t at = 0; at < calls_.slots(); ++at) {
        if (calls_[at].id != call_id{}) {
            cancelled.push_back(calls_[at].id);
        }
    }
    std::vector<std::uint32_t> lost;
    pending_.for_each([&](std::uint32_t id, pending_call const& each) {
        lost.push_back(id);
        if (!was_sent(each)) {
            lost_unsent_.push_back(id);
        }
    });
    std::sort(lost.begin(), lost.end());
    std::sort(lost_unsent_.begin(), lost_unsent_.end());
    calls_.clear();
    pending_.clear();
    deferred_.clear();
    deferred_size_ = 0;
    if (agreed != nullptr) {
        agreed->credited.clear();
        agreed->calls.clear();
    }
    unanswered = 0;
    unfinished_ = 0;
    if (!receiving_) {
        forget_incoming();
    }
    for (call_id const id : cancelled) {
        events_.on_call_cancelled(id, why);
    }
    for (std::uint32_t const id : lost) {
        events_.on_call_lost(id, why);
    }
    lost_unsent_ = {};
}

// Why no request is taken now. While a call of ours waits the input goes on all the same:
// handlers may be waiting for its answer, and would wait for ever if it were not read.
std::optional<rpc_error> session::state::refuse_request() const noexcept {
    if (unanswered >= limits_.unanswered_requests_max) {
        return rpc_error::too_many_calls;
    }
    if (kept + waiting_size_ > kept_mark_) {
        return rpc_error::held_too_much;
    }
    return {};
}

// Whether the input goes on whatever is held: somebody waits for an answer, or for credit, and what
// handlers keep may depend on that.
bool session::state::must_read() const noexcept {
    return !pending_.empty() || (agreed != nullptr && !agreed->credited.empty());
}

bool session::state::wants_input() const noexcept {
    if (input_stops > 0 || output.urgent().size() > extension::control_queued_mark) {
        return false;
    }
    return must_read()
               ? forced_.size(output.in_order()) <= limits_.output_owned_mark || output_has_room()
               : !refuse_request() && output_has_room();
}

std::size_t session::state::held_size() const noexcept {
    return (detector_ ? detector_->kept().size() : 0) + reassembly_.held_size() + messages_held_ +
           messages_.size() * sizeof(message) + calls_.size() * sizeof(incoming_call) + kept +
           waiting_size_ + parts_held +
           (agreed ? agreed->frame.capacity() + agreed->headers_cost : 0);
}

std::size_t session::state::memory_left() const noexcept {
    return limits_.held_size_max - std::min(limits_.held_size_max, held_size());
}

// What is let go counts no longer, so it must not stay in the heap beside what is held next.
error_code session::state::check_held() noexcept {
    std::size_t const held = held_size();
    if (held > limits_.held_size_max) {
        return rpc_error::held_too_much;
    }
    most_held_ = std::max(most_held_, held);
    if (most_held_ - held >= let_go_size_max) {
        return_free_heap();
        most_held_ = held;
    }
    return {};
}

bool session::state::mid_message() const noexcept {
    return messages_.size() > 0 || reassembly_.streams() > 0 || mid_frame();
}

bool session::state::mid_frame() const noexcept {
    return (detector_ && !detector_->kept().empty()) || (decoder_ && !decoder_->at_border());
}

bool session::state::idle() const noexcept {
    return reassembly_.streams() == 0 && calls_.size() == 0 && pending_.empty() &&
           deferred_.empty() && waiting_.empty() && output.empty() && !mid_frame() &&
           (agreed == nullptr || agreed->headers.empty());
}

// Folding

std::optional<folded_session> session::state::fold() const noexcept {
    bool const nothing_kept = unanswered == 0 && kept == 0 && parts_held == 0 && input_stops == 0;
    bool const leaving =
        agreed != nullptr && (agreed->leaves || agreed->peer_leaves || agreed->measuring);
    bool const goes_on = connected_ && !failure_ && !receiving_ && !leaving;
    if (!goes_on || !nothing_kept || !idle() || messages_.size() > 0) {
        return std::nullopt;
    }
    constexpr std::uint64_t many = std::numeric_limits<std::uint32_t>::max();
    constexpr std::uint64_t some = std::numeric_limits<std::uint16_t>::max();
    std::uint64_t const rare = std::max({counters.frames_skipped, counters.responses_dropped,
                                         counters.calls_refused, protocol_errors_});
    if (std::max(counters.frames_received, counters.requests_received) > many || rare > some) {
        return std::nullopt;
    }
    return folded_session{
        .next_stream_id = stream_ids_.next(),
        .next_request_id = next_request_id_,
        .frames_received = static_cast<std::uint32_t>(counters.frames_received),
        .requests_received = static_cast<std::uint32_t>(counters.requests_received),
        .frames_skipped = static_cast<std::uint16_t>(counters.frames_skipped),
        .responses_dropped = static_cast<std::uint16_t>(counters.responses_dropped),
        .calls_refused = static_cast<std::uint16_t>(counters.calls_refused),
        .protocol_errors = static_cast<std::uint16_t>(protocol_errors_),
        .layout = layout,
        .extended = agreed != nullptr,
        .checked = checked,
    };
}

void session::state::resume(folded_session const& from) noexcept {
    layout = from.layout;
    stream_ids_ = id_sequence(from.next_stream_id, ~acceptor_id_bit, id_bit_);
    next_request_id_ = from.next_request_id;
    counters = {.frames_received = from.frames_received,
                .frames_skipped = from.frames_skipped,
                .requests_received = from.requests_received,
                .responses_dropped = from.responses_dropped,
                .calls_refused = from.calls_refused};
    protocol_errors_ = from.protocol_errors;
}

}  // namespace trunkline::rpc
