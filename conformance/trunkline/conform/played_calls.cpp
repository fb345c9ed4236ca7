#include <trunkline/conform/played_calls.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/conform/caller.hpp>
#include <trunkline/conformance/frame_peer.hpp>

namespace trunkline::conform {

void played_calls::end_if(bool so) {
    if (so) {
        ending_ = 0;
    }
}

void played_calls::take(std::string_view bytes) {
    if (!layout_ && bytes.size() >= 4) {
        std::uint32_t size = 0;
        for (unsigned i = 0; i < 4; ++i) {
            size |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
        }
        layout_ = bytes.size() == frame::header_size_a + size ? frame::layout::a : frame::layout::b;
    }
    frames_ += bytes;
    std::size_t taken = 0;
    while (!ending_ && !home_.is_dead && take_frame()) {
        if (home_.has(flaw::reads_few_frames) && ++taken == 20) {
            frames_.clear();
        }
    }
    if (home_.has(flaw::wants_whole_frames)) {
        frames_.clear();
    }
}

bool played_calls::take_frame() {
    auto const spoken = layout_.value_or(frame::layout::b);
    std::size_t const size = frame::header_size(spoken);
    if (frames_.size() < size) {
        return false;
    }
    auto const head = frame::decode_header(as_bytes(frames_), spoken);
    if (head.payload_size > 16 * mib) {
        home_.is_dead = home_.has(flaw::dies_of_large_frames);
        if (!home_.has(flaw::waits_for_large_frames) && !home_.has(flaw::bears_strangers)) {
            ending_ = 1009;
            if (home_.has(flaw::ends_all_at_once)) {
                home_.is_dead = true;
            }
        }
        return false;
    }
    if (frames_.size() - size < head.payload_size) {
        return false;
    }
    std::string const payload = frames_.substr(size, head.payload_size);
    frames_.erase(0, size + head.payload_size);
    on_frame(head, payload);
    return true;
}

void played_calls::on_frame(frame::header const& head, std::string const& payload) {
    if (home_.has(flaw::mixes_streams)) {
        mixed_ += payload;
    }
    if (head.kind_byte > frame::kind_max) {
        home_.is_dead = home_.has(flaw::dies_of_unknown_kinds);
        return;
    }
    if (given_up_.contains(head.stream_id) && home_.has(flaw::dies_of_late_frames) &&
        ++late_ > 100) {
        ending_ = 0;
    }
    auto const kind = static_cast<frame::kind>(head.kind_byte);
    if (kind == frame::kind::cancel) {
        on_cancel(head.stream_id);
        return;
    }
    if (given_up_.contains(head.stream_id)) {
        return;
    }
    bool const is_new = !streams_.contains(head.stream_id);
    if (is_new && kind == frame::kind::end && home_.has(flaw::answers_bare_ends)) {
        answer(rpc::header{.type_byte = 0, .request_id = head.stream_id}, "");
        return;
    }
    if (done_.contains(head.stream_id) && kind == frame::kind::end &&
        home_.has(flaw::answers_late_ends)) {
        answer(rpc::header{.type_byte = 0, .request_id = head.stream_id}, "");
        return;
    }
    if (is_new && kind == frame::kind::data && home_.has(flaw::refuses_data_first)) {
        return;
    }
    stream& of = streams_[head.stream_id];
    bool const is_early = head.sequence != of.next;
    if (is_early && home_.has(flaw::drops_what_comes_early)) {
        return;
    }
    std::pair frame(payload, kind == frame::kind::end);
    if (home_.has(flaw::swaps_parts) && !is_new && payload.size() == last_part_.size()) {
        std::swap(frame.first, last_part_);
    } else if (!is_new && !frame.second) {
        last_part_ = payload;
    }
    if (of.held.contains(head.sequence) && home_.has(flaw::rejects_repeated_frames)) {
        on_cancel(head.stream_id);
        return;
    }
    if (home_.has(flaw::replaces_what_is_held)) {
        of.held[head.sequence] = frame;
    } else {
        of.held.emplace(head.sequence, frame);
    }
    deliver(head.stream_id, of);
}

void played_calls::on_cancel(std::uint32_t stream_id) {
    bool const is_open = streams_.erase(stream_id) != 0;
    if (is_open) {
        given_up_.insert(stream_id);
        if (home_.has(flaw::drops_what_follows_a_cancel)) {
            frames_.clear();
        }
        end_if(home_.has(flaw::counts_cancels) && given_up_.size() > 500);
    } else if (home_.has(flaw::answers_cancels)) {
        answer(rpc::header{.type_byte = 0, .request_id = stream_id}, "");
    }
}

void played_calls::deliver(std::uint32_t stream_id, stream& of) {
    for (auto next = of.held.find(of.next); next != of.held.end(); next = of.held.find(++of.next)) {
        of.message += next->second.first;
        ++of.frames;
        if (next->second.second) {
            std::string message = std::move(of.message);
            std::size_t const frames = of.frames;
            streams_.erase(stream_id);
            done_.insert(stream_id);
            if (home_.has(flaw::mixes_streams)) {
                message = std::exchange(mixed_, {});
            }
            on_message(message, frames);
            return;
        }
    }
}

void played_calls::on_message(std::string_view message, std::size_t frames) {
    auto const head = message.size() < rpc::header_size ? rpc::header{.type_byte = 0xff}
                                                        : rpc::decode_header(as_bytes(message));
    if (head.type_byte > rpc::message_type_max ||
        message.size() - rpc::header_size < head.metadata_size) {
        end_if(home_.has(flaw::ends_at_broken_heads));
        home_.is_dead = home_.has(flaw::dies_of_broken_heads);
        if (home_.has(flaw::answers_broken_heads)) {
            answer({.request_id = 1, .method_id = echo_method()}, "");
        }
        return;
    }
    message.remove_prefix(rpc::header_size);
    auto const metadata = message.substr(0, head.metadata_size);
    auto const payload = message.substr(head.metadata_size);
    std::string const arguments(payload.empty() ? metadata : payload);
    bool const is_answer = head.type_byte == 1;
    if ((is_answer && !home_.has(flaw::answers_answers)) || home_.has(flaw::answers_nothing) ||
        (arguments.empty() && calls_ > 0 && home_.has(flaw::drops_empty_calls)) ||
        (!payload.empty() && home_.has(flaw::drops_large_calls)) ||
        (frames > 2 && home_.has(flaw::wants_calls_in_one_piece)) ||
        (calls_ > 900 && home_.has(flaw::answers_few_calls))) {
        return;
    }
    ++calls_;
    answer(head, arguments);
}

void played_calls::answer(rpc::header const& call, std::string const& arguments) {
    bool const echoes = call.method_id == echo_method();
    auto status = echoes ? rpc::status::success : rpc::status::method_not_found;
    status = home_.has(flaw::answers_with_an_error) ? rpc::status::system_error : status;
    std::string body = echoes ? arguments : "";
    if (home_.has(flaw::cuts_zeros)) {
        body.erase(body.find_last_not_of('\0') + 1);
    }
    std::string const message =
        conformance::head_of(rpc::message_type::response, call.request_id, call.method_id,
                             std::string(1, static_cast<char>(status))) +
        body;
    for (int i = 0; i < (home_.has(flaw::answers_twice) ? 2 : 1); ++i) {
        std::uint32_t const bit = home_.has(flaw::shares_ids) ? 0 : rpc::acceptor_id_bit;
        std::uint32_t const id = ++home_.streams | bit;
        std::uint32_t const first = home_.has(flaw::counts_from_one) ? 1 : 0;
        send_frame({.stream_id = id, .sequence = first, .kind_byte = 0}, message);
        send_frame({.stream_id = id, .sequence = first + 1, .kind_byte = 2}, "");
    }
}

void played_calls::send_frame(frame::header const& head, std::string const& payload) {
    auto const spoken = home_.has(flaw::answers_in_one_layout) ? frame::layout::b
                                                               : layout_.value_or(frame::layout::b);
    std::string const whole = conformance::frame_of(static_cast<frame::kind>(head.kind_byte),
                                                    head.stream_id, head.sequence, payload, spoken);
    if (home_.has(flaw::answers_on_the_first_connection) && home_.first_says) {
        home_.first_says(whole);
    } else {
        send_(whole);
    }
}

}  // namespace trunkline::conform
