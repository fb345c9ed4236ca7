#include <trunkline/base/assert.hpp>
#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/session_state.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::rpc {
namespace {

std::size_t total_size(std::span<slice const> pieces) noexcept {
    std::size_t size = 0;
    for (slice const& piece : pieces) {
        size += piece.bytes.size();
    }
    return size;
}

// For writes to streams that are known to be open.
void must_succeed(result<std::size_t> const& written) {
    TRUNKLINE_ASSERT(written.has_value());
}

constexpr std::size_t response_head_size = header_size + 1;

std::array<std::byte, response_head_size> response_head(std::uint32_t request_id,
                                                        std::uint64_t method_id, status code) {
    std::array<std::byte, response_head_size> bytes;
    auto const head = encode_header(
        {static_cast<std::uint8_t>(message_type::response), request_id, method_id, 1});
    std::copy(head.begin(), head.end(), bytes.begin());
    bytes[header_size] = static_cast<std::byte>(code);
    return bytes;
}

}  // namespace

// Ids (FORMAT.md, "Ids")

std::uint32_t session::state::take_request_id() {
    std::uint32_t id = 0;
    do {
        id = (next_request_id_++ & ~acceptor_id_bit) | id_bit_;
    } while (pending_.contains(id));
    return id;
}

std::uint32_t session::state::take_stream_id() {
    return stream_ids_.take([this] {
        std::vector<std::uint32_t> used;
        auto const add = [&used](std::unique_ptr<outgoing_stream> const& stream) {
            if (stream) {
                used.push_back(stream->stream_id());
            }
        };
        pending_.for_each([&](std::uint32_t, pending_call const& each) { add(each.request); });
        for (std::uint32_t at = 0; at < calls_.slots(); ++at) {
            add(calls_[at].answer);
        }
        for (deferred_stream const& each : deferred_) {
            used.push_back(each.stream_id);
        }
        return used;
    });
}

// Whole messages

void session::state::send_whole(bytes_view head, std::span<slice> body,
                                frame::frame_sink const& to) {
    frame::stream_encoder stream(take_stream_id());
    send_fields(stream.stream_id(), to);
    must_succeed(stream.write_and_flush(head, body, to));
    must_succeed(stream.end(to));
}

void session::state::send_response(std::uint32_t request_id, std::uint64_t method_id, status code,
                                   std::span<slice> body, bool forced) {
    auto const head = response_head(request_id, method_id, code);
    bool const may_wait = !forced && head.size() + total_size(body) > chunk_size;
    output_share::scope const counted(forced_, output.in_order(), forced);
    send_whole(head, body, may_wait ? large_sink() : sink());
}

error_code session::state::refuse_new_call() const noexcept {
    if (!connected_ || failure_) {
        return rpc_error::not_connected;
    }
    if (agreed != nullptr && agreed->peer_leaves) {
        return rpc_error::peer_going_away;
    }
    if (pending_.size() >= limits_.pending_calls_max) {
        return rpc_error::too_many_calls;
    }
    return refuse_to_queue(deferred_size_);
}

error_code session::state::refuse_to_queue(std::size_t waiting) const noexcept {
    return waiting > events_queued_size_max ? make_error_code(rpc_error::queue_full) : error_code();
}

result<std::uint32_t> session::state::send_call(message_type type, std::uint64_t method_id,
                                                std::span<slice> arguments) {
    if (error_code const refused = refuse_new_call()) {
        return refused;
    }
    std::size_t const size = total_size(arguments);
    if (size + header_size > limits_.message_size_max) {
        return rpc_error::message_too_large;
    }
    std::uint32_t const request_id = take_request_id();
    std::uint16_t const metadata_size =
        size < payload_arguments_size_min ? static_cast<std::uint16_t>(size) : std::uint16_t{0};
    auto const head =
        encode_header({static_cast<std::uint8_t>(type), request_id, method_id, metadata_size});
    if (layout) {
        output_share::scope const ours(calls_queued, output.in_order());
        send_whole(head, arguments, sink());
    } else {
        deferred_stream& made = defer(request_id, head, arguments);
        made.ended = true;
        made.event = type == message_type::event;
    }
    return request_id;
}

result<std::uint32_t> session::state::call(std::uint64_t method_id, std::span<slice> arguments,
                                           delivery want, std::uint64_t now_us,
                                           extension::call_fields const* fields) {
    now_us_ = now_us;
    if (error_code const refused = encode_call_fields(fields, false, want)) {
        return refused;
    }
    std::uint64_t const begin = layout ? output_end() : pending_call::not_queued;
    auto sent = send_call(message_type::call, method_id, arguments);
    fields_.clear();
    if (sent) {
        pending_.insert(*sent, pending_call{want, no_slot, nullptr, begin});
    }
    return sent;
}

result<void> session::state::send_event(std::uint64_t method_id, std::span<slice> arguments,
                                        std::uint64_t now_us) {
    now_us_ = now_us;
    error_code refused = refuse_new_call();
    if (!refused) {
        refused = refuse_to_queue(events_queued_.size(output.in_order()));
    }
    if (refused) {
        return refused;
    }
    output_share::scope const ours(events_queued_, output.in_order());
    auto const sent = send_call(message_type::event, method_id, arguments);
    if (!sent) {
        return sent.error();
    }
    return {};
}

void session::state::announce(std::uint64_t now_us) {
    now_us_ = now_us;
    if (!layout || !connected_ || failure_) {
        return;
    }
    std::uint32_t const id = take_stream_id();
    // Without borders one such frame of layout b may be the begin of one of layout a.
    int const frames = !message_borders_ && *layout == frame::layout::b ? 2 : 1;
    for (int i = 0; i < frames; ++i) {
        frame::stream_encoder unused(id);
        must_succeed(unused.cancel(sink()));
    }
}

// Calls in parts

result<std::uint32_t> session::state::begin_call(std::uint64_t method_id, bytes_view metadata,
                                                 delivery want, std::uint64_t now_us,
                                                 extension::call_fields const* fields) {
    now_us_ = now_us;
    if (error_code const refused = refuse_new_call()) {
        return refused;
    }
    if (metadata.size() > metadata_size_max) {
        return rpc_error::metadata_too_large;
    }
    if (error_code const refused = encode_call_fields(fields, true, want)) {
        return refused;
    }
    std::uint32_t const request_id = take_request_id();
    auto const head = encode_header({static_cast<std::uint8_t>(message_type::call), request_id,
                                     method_id, static_cast<std::uint16_t>(metadata.size())});
    pending_call made{want, no_slot, nullptr};
    if (layout) {
        output_share::scope const ours(calls_queued, output.in_order());
        made.begin = output_end();
        made.request = std::make_unique<outgoing_stream>(take_stream_id());
        if (agreed != nullptr) {
            put_under_credit(*made.request, flow::first_credit, {true, request_id, {}});
        }
        send_fields(made.request->stream_id(), sink());
        made.request->write_head_and_flush(head, metadata, sink());
    } else {
        slice body{metadata, {}};
        std::uint32_t const stream_id = defer(request_id, head, {&body, 1}).stream_id;
        made.request = std::make_unique<outgoing_stream>(stream_id);
    }
    pending_.insert(request_id, std::move(made));
    return request_id;
}

result<void> session::state::write_call(std::uint32_t request_id, std::span<slice> part,
                                        std::uint64_t now_us) {
    now_us_ = now_us;
    pending_call* const of = pending_.find(request_id);
    if (of == nullptr || !of->request || of->request->ending()) {
        return rpc_error::unknown_call;
    }
    if (deferred_stream* const waiting = find_deferred(request_id)) {
        if (error_code const refused = refuse_to_queue(deferred_size_)) {
            return refused;
        }
        append_deferred(*waiting, part);
        return {};
    }
    output_share::scope const ours(calls_queued, output.in_order());
    of->request->write(part, sink());
    return {};
}

result<void> session::state::end_call(std::uint32_t request_id, std::uint64_t now_us) {
    now_us_ = now_us;
    pending_call* const of = pending_.find(request_id);
    if (of == nullptr || !of->request || of->request->ending()) {
        return rpc_error::unknown_call;
    }
    if (deferred_stream* const waiting = find_deferred(request_id)) {
        waiting->ended = true;
        of->request.reset();
        return {};
    }
    output_share::scope const ours(calls_queued, output.in_order());
    if (of->request->end(sink())) {
        forget_credit(*of->request);
        of->request.reset();
    }
    return {};
}

void session::state::end_request(pending_call& of) {
    if (of.request) {
        output_share::scope const ours(calls_queued, output.in_order());
        of.request->end_now(sink());
        forget_credit(*of.request);
        of.request.reset();
    }
}

void session::state::cancel_call(std::uint32_t request_id, std::uint64_t now_us,
                                 extension::code why) {
    now_us_ = now_us;
    pending_call* const of = pending_.find(request_id);
    if (of == nullptr) {
        return;
    }
    drop_response(*of);
    if (deferred_stream const* const waiting = find_deferred(request_id)) {
        deferred_size_ -= waiting->cost();
        std::erase_if(deferred_, [&](auto const& each) { return each.request_id == request_id; });
    } else if (of->request) {
        of->request->cancel(sink());
        forget_credit(*of->request);
    } else {
        reset_call(extension::reset_by::caller, request_id, why);
    }
    pending_.erase(request_id);
}

bool session::state::call_was_sent(std::uint32_t request_id) const noexcept {
    if (pending_call const* const of = pending_.find(request_id)) {
        return was_sent(*of);
    }
    return !std::binary_search(lost_unsent_.begin(), lost_unsent_.end(), request_id);
}

// What waits for the layout

deferred_stream& session::state::defer(std::uint32_t request_id, bytes_view head,
                                       std::span<slice> body) {
    std::uint32_t const stream_id = take_stream_id();
    deferred_stream& made = deferred_.emplace_back();
    made.stream_id = stream_id;
    made.request_id = request_id;
    made.bytes.reserve(head.size() + total_size(body));
    made.bytes.assign(head.begin(), head.end());
    deferred_size_ += made.cost();
    append_deferred(made, body);
    return made;
}

void session::state::append_deferred(deferred_stream& to, std::span<slice> body) {
    deferred_size_ -= to.cost();
    for (slice& piece : body) {
        to.bytes.insert(to.bytes.end(), piece.bytes.begin(), piece.bytes.end());
        piece.keep_alive = {};
    }
    deferred_size_ += to.cost();
}

bool session::state::event_awaits_layout() const noexcept {
    return std::ranges::any_of(deferred_, &deferred_stream::event);
}

deferred_stream* session::state::find_deferred(std::uint32_t request_id) noexcept {
    auto const at = std::find_if(deferred_.begin(), deferred_.end(),
                                 [&](auto const& each) { return each.request_id == request_id; });
    return at == deferred_.end() ? nullptr : &*at;
}

void session::state::send_deferred() {
    std::vector<deferred_stream> const waiting = std::exchange(deferred_, {});
    deferred_size_ = 0;
    output_share::scope const ours(calls_queued, output.in_order());
    auto const send = [&](deferred_stream const& each) {
        pending_call* const of = pending_.find(each.request_id);
        if (of != nullptr) {
            of->begin = output_end();
        }
        if (each.ended) {
            frame::stream_encoder stream(each.stream_id);
            must_succeed(stream.write_and_flush(each.bytes, {}, sink()));
            must_succeed(stream.end(sink()));
        } else if (of != nullptr && of->request) {
            of->request->write_head_and_flush(each.bytes, {}, sink());
        }
    };
    for (deferred_stream const& each : waiting) {
        if (each.event) {
            output_share::scope const events(events_queued_, output.in_order());
            send(each);
        } else {
            send(each);
        }
    }
}

// Answers

void session::state::answer(call_id id, status code, std::span<slice> body, std::uint64_t now_us,
                            extension::call_fields const* fields) {
    incoming_call* const of = find_call(id);
    if (of == nullptr || of->answered) {
        return;
    }
    if (of->answer) {
        end_answer(id, now_us);  // its head has been sent: nothing but the end can follow
        return;
    }
    now_us_ = now_us;
    encode_answer_fields(fields, false);
    send_response(of->request_id, of->method_id, code, body, of->forced);
    mark_answered(*of);
}

void session::state::begin_answer(call_id id, std::uint64_t now_us,
                                  extension::call_fields const* fields) {
    incoming_call* const of = find_call(id);
    if (of == nullptr || of->answered || of->answer) {
        return;
    }
    now_us_ = now_us;
    output_share::scope const counted(forced_, output.in_order(), of->forced);
    of->answer = std::make_unique<outgoing_stream>(take_stream_id());
    bool const under_credit = agreed != nullptr && of->first_credit.has_value();
    encode_answer_fields(fields, under_credit);
    send_fields(of->answer->stream_id(), sink());
    if (under_credit) {
        put_under_credit(*of->answer, *of->first_credit, {false, of->request_id, id});
    }
    // Published peers give a streamed response the method id 0.
    of->answer->write_head(response_head(of->request_id, 0, status::success), sink());
}

void session::state::write_answer(call_id id, std::span<slice> part, std::uint64_t now_us) {
    incoming_call* const of = find_call(id);
    if (of == nullptr || !of->answer || of->answer->ending()) {
        return;
    }
    now_us_ = now_us;
    output_share::scope const counted(forced_, output.in_order(), of->forced);
    of->answer->write(part, sink());
}

void session::state::end_answer(call_id id, std::uint64_t now_us) {
    incoming_call* const of = find_call(id);
    if (of == nullptr || !of->answer || of->answer->ending()) {
        return;
    }
    now_us_ = now_us;
    output_share::scope const counted(forced_, output.in_order(), of->forced);
    if (of->answer->end(sink())) {
        forget_credit(*of->answer);
        of->answer.reset();
        mark_answered(*of);
    }
}

// An answer that has begun is ended, whatever of it waits for credit.
void session::state::end_answer_now(incoming_call& of) {
    if (of.answer) {
        output_share::scope const counted(forced_, output.in_order(), of.forced);
        of.answer->end_now(sink());
    }
}

// Once nothing of it waits for credit any more.
void session::state::finish_answer(incoming_call& of) {
    end_answer_now(of);
    forget_credit(*of.answer);
    of.answer.reset();
    mark_answered(of);
}

}  // namespace trunkline::rpc
