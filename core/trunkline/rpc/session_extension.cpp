// What two peers have agreed on beside the published protocol (extension/FORMAT.md).
#include <trunkline/rpc/session_state.hpp>

#include <trunkline/flow/limits.hpp>

#include <algorithm>
#include <array>

namespace trunkline::rpc {
namespace {

// The first byte of a ping of ours says what its answer is for.
constexpr std::byte measuring_ping{0};
constexpr std::byte users_ping{1};

using round_bytes = std::array<std::byte, 1 + sizeof(std::uint64_t)>;

round_bytes measuring_payload(std::uint64_t round) noexcept {
    round_bytes payload{measuring_ping};
    store_le(payload.data() + 1, round);
    return payload;
}

rpc_error error_of(extension::code why) noexcept {
    switch (why) {
        case extension::code::refused:
            return rpc_error::call_refused;
        case extension::code::going_away:
            return rpc_error::peer_going_away;
        case extension::code::flow:
            return rpc_error::beyond_credit;
        case extension::code::deadline:
            return rpc_error::deadline_passed;
        case extension::code::none:
        case extension::code::cancelled:
        case extension::code::limit:
            break;
    }
    return rpc_error::cancelled_by_peer;
}

}  // namespace

// Frames in

error_code session::state::take_extension(frame::fragment const& part) {
    auto const kind = static_cast<extension::kind>(part.head.kind_byte);
    std::size_t const size_max =
        kind == extension::kind::header ? extension::header_size_max : extension::control_size_max;
    agreed->skipping = part.head.payload_size > size_max;
    bytes_view payload = part.bytes;
    if (!part.begins || !part.ends) {
        if (!agreed->skipping) {
            agreed->frame.insert(agreed->frame.end(), part.bytes.begin(), part.bytes.end());
        }
        payload = agreed->frame;
    }
    if (!part.ends) {
        return check_held();
    }
    if (agreed->skipping && kind != extension::kind::header) {
        agreed->frame.clear();
        ++counters.frames_skipped;
        return count_protocol_error();
    }
    error_code const failed = take_extension_frame(part.head, payload);
    agreed->frame.clear();
    return failed;
}

error_code session::state::take_extension_frame(frame::header const& head, bytes_view payload) {
    switch (static_cast<extension::kind>(head.kind_byte)) {
        case extension::kind::header:
            return take_header(head.stream_id, payload);
        case extension::kind::credit:
            return take_credit(head.stream_id, payload);
        case extension::kind::reset:
            return take_reset(payload);
        case extension::kind::ping:
            return take_ping(payload);
        case extension::kind::pong:
            return take_pong(payload);
        case extension::kind::go_away:
            return take_go_away(payload);
    }
    ++counters.frames_skipped;
    return count_protocol_error();
}

// Headers

error_code session::state::take_header(std::uint32_t stream_id, bytes_view payload) {
    auto made = std::make_unique<received_fields>();
    made->stream_id = stream_id;
    if (agreed->skipping) {
        made->fault = extension::fields_fault::too_large;
    } else {
        made->bytes.assign(payload.begin(), payload.end());
        made->fault = extension::decode_fields(made->bytes, made->fields);
    }
    agreed->headers_cost += made->cost();
    agreed->headers.push_back(std::move(made));
    if (agreed->headers.size() <= extension::headers_ahead_max) {
        return check_held();
    }
    agreed->headers_cost -= agreed->headers.front()->cost();
    agreed->headers.erase(agreed->headers.begin());
    return count_protocol_error();
}

void session::state::adopt_fields(std::uint32_t slot) {
    if (agreed == nullptr || agreed->headers.empty()) {
        return;
    }
    message& of = messages_[slot];
    auto const at = std::ranges::find_if(
        agreed->headers, [&](auto const& each) { return each->stream_id == of.stream_id; });
    if (at != agreed->headers.end()) {
        agreed->headers_cost -= (*at)->cost();
        messages_held_ += (*at)->cost();
        of.fields = std::move(*at);
        agreed->headers.erase(at);
    }
}

// Of a stream for which there is no room.
void session::state::forget_fields(std::uint32_t stream_id) {
    if (agreed == nullptr) {
        return;
    }
    auto const at = std::ranges::find_if(
        agreed->headers, [&](auto const& each) { return each->stream_id == stream_id; });
    if (at != agreed->headers.end()) {
        agreed->headers_cost -= (*at)->cost();
        agreed->headers.erase(at);
    }
}

std::optional<rpc_error> session::state::refuse_fields(message const& of) const noexcept {
    switch (of.fields ? of.fields->fault : extension::fields_fault::none) {
        case extension::fields_fault::none:
            return std::nullopt;
        case extension::fields_fault::malformed:
            return rpc_error::bad_fields;
        case extension::fields_fault::too_large:
            return rpc_error::metadata_too_large;
    }
    return std::nullopt;
}

error_code session::state::encode_call_fields(extension::call_fields const* fields, bool in_parts,
                                              delivery want) {
    fields_.clear();
    if (agreed == nullptr) {
        bool const needed = fields != nullptr && !fields->metadata.empty();
        return needed ? make_error_code(rpc_error::not_extended) : error_code();
    }
    extension::call_fields all = fields != nullptr ? *fields : extension::call_fields();
    all.under_credit = in_parts;
    if (want == delivery::parts) {
        all.answer_credit = flow::first_credit;
    }
    if (extension::encode_fields(all, fields_) != extension::fields_fault::none) {
        return rpc_error::metadata_too_large;
    }
    return {};
}

// Those that cannot be sent are left out: an answer is worth more than what comes with it.
void session::state::encode_answer_fields(extension::call_fields const* fields, bool under_credit) {
    fields_.clear();
    if (agreed == nullptr) {
        return;
    }
    extension::call_fields all = fields != nullptr ? *fields : extension::call_fields();
    all.under_credit = under_credit;
    all.answer_credit.reset();
    all.timeout_us.reset();
    if (extension::encode_fields(all, fields_) != extension::fields_fault::none) {
        extension::call_fields least;
        least.under_credit = under_credit;
        static_cast<void>(extension::encode_fields(least, fields_));
    }
}

void session::state::send_fields(std::uint32_t stream_id, frame::frame_sink const& to) {
    if (!fields_.empty()) {
        extension::control_sink{to.queue, to.of, to.now_us, to.checked}.put(extension::kind::header,
                                                                            stream_id, fields_);
        fields_.clear();
    }
}

// Credit for what comes

void session::state::open_window_of(std::uint32_t slot) {
    message const& of = messages_[slot];
    if (agreed != nullptr && of.fields && of.fields->fields.under_credit) {
        agreed->windows.insert(of.stream_id, {of.stream_id, flow::receive_window()});
    }
}

void session::state::close_window(std::uint32_t stream_id) {
    if (agreed == nullptr) {
        return;
    }
    if (open_window* const of = agreed->windows.find(stream_id)) {
        of->window.close(agreed->path);
        agreed->windows.erase(stream_id);
    }
}

bool session::state::count_credit(std::uint32_t stream_id, std::size_t bytes) noexcept {
    open_window* const of = agreed != nullptr ? agreed->windows.find(stream_id) : nullptr;
    return of == nullptr || of->window.receive(bytes, agreed->path);
}

void session::state::give_credit(open_window& of) {
    if (!connected_) {
        return;
    }
    if (std::uint32_t const more = of.window.take_grant(agreed->path); more > 0) {
        control().put_credit(of.stream_id, more);
    }
    if (!agreed->measuring && of.window.wants_measure()) {
        agreed->measuring = true;
        control().put(extension::kind::ping, 0, measuring_payload(agreed->path.round));
    }
}

void session::state::grant(std::uint32_t stream_id) {
    open_window* const of = agreed != nullptr ? agreed->windows.find(stream_id) : nullptr;
    if (of != nullptr) {
        give_credit(*of);
    }
}

open_window* session::state::window_of(call_id id) noexcept {
    incoming_call const* const of = agreed != nullptr ? find_call(id) : nullptr;
    if (of == nullptr || of->message == no_slot) {
        return nullptr;
    }
    return agreed->windows.find(messages_[of->message].stream_id);
}

open_window* session::state::window_of(std::uint32_t request_id) noexcept {
    pending_call const* const of = agreed != nullptr ? pending_.find(request_id) : nullptr;
    if (of == nullptr || of->response == no_slot) {
        return nullptr;
    }
    return agreed->windows.find(messages_[of->response].stream_id);
}

void session::state::let_go_of(open_window* of, std::size_t bytes, std::uint64_t now_us) {
    if (of != nullptr) {
        now_us_ = now_us;
        of->window.let_go(bytes);
        give_credit(*of);
    }
}

// The stream is given up, and its call with it; the connection goes on.
error_code session::state::refuse_beyond_credit(std::uint32_t slot) {
    message const& of = messages_[slot];
    bool const is_request =
        of.at == message::stage::request || of.at == message::stage::request_parts;
    call_id const call = of.call;
    std::uint32_t const request_id = of.head.request_id;
    drop_message(slot);
    reset_call(is_request ? extension::reset_by::called : extension::reset_by::caller, request_id,
               extension::code::flow);
    if (is_request) {
        cancel_incoming(call, rpc_error::beyond_credit);
    } else {
        lose(request_id, rpc_error::beyond_credit);
    }
    return count_protocol_error();
}

// Credit for what goes

void session::state::put_under_credit(outgoing_stream& stream, std::uint32_t first,
                                      credited_stream const& of) {
    stream.put_under_credit(first, agreed->waiting_size);
    agreed->credited.insert(stream.stream_id(), of);
}

void session::state::forget_credit(outgoing_stream const& stream) {
    if (agreed != nullptr) {
        agreed->credited.erase(stream.stream_id());
    }
}

bool session::state::has_credit(std::uint32_t request_id) noexcept {
    pending_call const* const of = pending_.find(request_id);
    return of == nullptr || !of->request || of->request->waiting() == 0;
}

bool session::state::has_credit(call_id id) noexcept {
    incoming_call const* const of = find_call(id);
    return of == nullptr || !of->answer || of->answer->waiting() == 0;
}

error_code session::state::take_credit(std::uint32_t stream_id, bytes_view payload) {
    auto const more = extension::decode_credit(payload);
    if (!more) {
        return count_protocol_error();
    }
    credited_stream const* const found = agreed->credited.find(stream_id);
    if (found == nullptr) {
        return {};  // it has ended meanwhile
    }
    credited_stream const of = *found;
    pending_call* const pending = of.is_call ? pending_.find(of.request_id) : nullptr;
    incoming_call* const call = of.is_call ? nullptr : find_call(of.call);
    outgoing_stream& stream = pending != nullptr ? *pending->request : *call->answer;
    if (!stream.grant(*more)) {
        return count_protocol_error();
    }
    if (stream.waiting() == 0) {
        return {};
    }
    if (pending != nullptr) {
        output_share::scope const ours(calls_queued, output.in_order());
        stream.pump(sink());
    } else {
        output_share::scope const counted(forced_, output.in_order(), call->forced);
        stream.pump(sink());
    }
    if (stream.waiting() > 0) {
        return {};
    }
    if (stream.ending() && pending != nullptr) {
        end_request(*pending);
    } else if (stream.ending()) {
        finish_answer(*call);
    } else if (pending != nullptr) {
        events_.on_call_room(of.request_id);
    } else {
        events_.on_answer_room(of.call);
    }
    return {};
}

// Resets

// In the lane of calls: it must not overtake what it gives up.
void session::state::send_reset(extension::reset_fields const& what) {
    if (agreed != nullptr && connected_) {
        extension::control_sink{output.in_order(), *layout, now_us_, checked}.put_reset(what);
    }
}

void session::state::reset_call(extension::reset_by by, std::uint32_t request_id,
                                extension::code why) {
    bool const is_ours = by == extension::reset_by::caller;
    output_share::scope const counted(is_ours ? calls_queued : forced_, output.in_order());
    send_reset({by, request_id, why});
}

void session::state::reset_answer(call_id id, extension::code why, std::uint64_t now_us) {
    incoming_call* const of = find_call(id);
    if (agreed == nullptr || of == nullptr || of->answered) {
        return;
    }
    now_us_ = now_us;
    reset_call(extension::reset_by::called, of->request_id, why);
    if (of->answer) {
        finish_answer(*of);
    } else {
        mark_answered(*of);
    }
}

error_code session::state::take_reset(bytes_view payload) {
    auto const what = extension::decode_reset(payload);
    if (!what) {
        return count_protocol_error();
    }
    if (what->by == extension::reset_by::caller) {
        if (call_id const* const id = agreed->calls.find(what->request_id)) {
            give_up(*id, rpc_error::cancelled_by_peer);
        }
    } else if (pending_call* const of = pending_.find(what->request_id)) {
        drop_response(*of);
        lose(what->request_id, error_of(what->why));
    }
    return {};
}

// A call of the peer, answered in part or not at all.
void session::state::give_up(call_id id, error_code why) {
    incoming_call* const of = find_call(id);
    if (!of->received) {
        drop_message(of->message);
        cancel_incoming(id, why);
        return;
    }
    end_answer_now(*of);
    --unanswered;
    release_call(*of);
    events_.on_call_cancelled(id, why);
}

void session::state::end_input(std::uint64_t now_us) {
    if (agreed == nullptr || agreed->waiting_size == 0 || !connected_) {
        return;
    }
    now_us_ = now_us;
    std::vector<call_id> starved;
    for (std::uint32_t at = 0; at < calls_.slots(); ++at) {
        if (calls_[at].answer && calls_[at].answer->waiting() > 0) {
            starved.push_back(calls_[at].id);
        }
    }
    for (call_id const id : starved) {
        if (incoming_call const* const of = find_call(id)) {
            reset_call(extension::reset_by::called, of->request_id, extension::code::flow);
            give_up(id, rpc_error::beyond_credit);
        }
    }
}

// Signs of life

bool session::state::ping(bytes_view payload, std::uint64_t now_us) {
    bool const takes = agreed != nullptr && connected_ && !failure_ &&
                       output.urgent().size() <= extension::control_queued_mark;
    if (!takes || payload.size() > ping_payload_max) {
        return false;
    }
    now_us_ = now_us;
    std::array<std::byte, extension::ping_size_max> all;
    all[0] = users_ping;
    std::copy(payload.begin(), payload.end(), all.begin() + 1);
    control().put(extension::kind::ping, 0, bytes_view(all).first(1 + payload.size()));
    return true;
}

error_code session::state::take_ping(bytes_view payload) {
    if (payload.size() > extension::ping_size_max) {
        return count_protocol_error();
    }
    control().put(extension::kind::pong, 0, payload);
    return {};
}

// One that nobody asked for is harmless.
error_code session::state::take_pong(bytes_view payload) {
    if (payload.empty() || payload.size() > extension::ping_size_max) {
        return {};
    }
    if (payload.front() == users_ping) {
        events_.on_pong(payload.subspan(1));
    } else if (agreed->measuring &&
               std::ranges::equal(payload, measuring_payload(agreed->path.round))) {
        agreed->measuring = false;
        ++agreed->path.round;
    }
    return {};
}

// The end of calls

void session::state::go_away(extension::code why, std::string_view text, std::uint64_t now_us) {
    bool const closes = extension::is_close_code(why);
    if (agreed == nullptr || agreed->closes || (agreed->leaves && !closes) || !connected_ ||
        failure_) {
        return;
    }
    now_us_ = now_us;
    agreed->leaves = true;
    agreed->closes = closes;
    control().put_go_away({why, text});
}

error_code session::state::take_go_away(bytes_view payload) {
    auto const what = extension::decode_go_away(payload);
    if (!what) {
        return count_protocol_error();
    }
    agreed->peer_leaves = true;
    events_.on_go_away(what->why, what->text);
    return {};
}

}  // namespace trunkline::rpc
