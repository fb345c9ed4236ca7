#include <replay/published_names.hpp>
#include <replay/wire_model.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::replay {
namespace {

constexpr std::size_t head_size_min = 15;

void append(byte_string& to, bytes_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

void frame_cutter::add(bytes_view bytes) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    append(buffer_, bytes);
}

std::optional<std::uint32_t> frame_cutter::declared_size() const {
    std::size_t const header = layout_ == frame::layout::a ? 21 : 13;
    if (left_over() < header) {
        return std::nullopt;
    }
    return load_le<std::uint32_t>(buffer_.data() + taken_);
}

std::optional<raw_frame> frame_cutter::next() {
    std::size_t const header = layout_ == frame::layout::a ? 21 : 13;
    auto const size = declared_size();
    if (!size || left_over() - header < *size) {
        return std::nullopt;
    }
    std::byte const* const from = buffer_.data() + taken_;
    raw_frame frame{load_le<std::uint32_t>(from + 4), load_le<std::uint32_t>(from + 8),
                    std::to_integer<std::uint8_t>(from[12]),
                    byte_string(from + header, from + header + *size)};
    taken_ += header + *size;
    return frame;
}

byte_string wire_message::payload() const {
    byte_string joined;
    for (byte_string const& part : parts) {
        append(joined, part);
    }
    return joined;
}

byte_string wire_message::arguments() const {
    byte_string joined = payload();
    return joined.empty() ? metadata : joined;
}

bool message_reader::in_force(rule name) {
    touched_.add(name);
    return rules_.has(name);
}

void message_reader::count_fault() {
    if (++faults_ > session_limits{}.protocol_errors_max && in_force(rule::many_faults_end)) {
        close_code_ = close::policy_violation;
    }
}

void message_reader::read(bytes_view bytes) {
    cutter_.add(bytes);
    bool lost = false;
    while (!close_code_) {
        auto const declared = cutter_.declared_size();
        if (declared && *declared > session_limits{}.frame_payload_size_max &&
            in_force(rule::declared_size_limited)) {
            close_code_ = close::message_too_big;
            return;
        }
        auto frame = cutter_.next();
        if (!frame) {
            return;
        }
        // What follows an error in the same read is cut, but not looked at.
        lost = lost || !take(std::move(*frame));
    }
}

/// False when the rest of this read is lost.
bool message_reader::take(raw_frame frame) {
    if (frame.kind > kind::highest) {
        count_fault();
        return true;
    }
    if (frame.kind == kind::cancel) {
        return take_cancel(frame.stream_id);
    }
    stream& entry = streams_[frame.stream_id];
    bool const duplicate = frame.sequence < entry.next || entry.held.contains(frame.sequence);
    if (duplicate && in_force(rule::first_duplicate_wins)) {
        count_fault();
        return true;
    }
    std::uint32_t const stream_id = frame.stream_id;
    entry.end_seen = entry.end_seen || frame.kind == kind::end;
    entry.held.insert_or_assign(frame.sequence, std::move(frame));
    bool goes_on = true;
    for (auto found = entry.held.find(entry.next); found != entry.held.end() && goes_on;
         found = entry.held.find(entry.next)) {
        raw_frame const delivered = std::move(found->second);
        entry.held.erase(found);
        ++entry.next;
        goes_on = deliver(delivered);
    }
    if (entry.end_seen && entry.held.empty()) {
        streams_.erase(stream_id);
    }
    return goes_on;
}

bool message_reader::take_cancel(std::uint32_t stream_id) {
    streams_.erase(stream_id);
    auto const found = assemblies_.find(stream_id);
    if (found == assemblies_.end()) {
        return true;
    }
    auto const message = found->second.message;
    assemblies_.erase(found);
    if (!message) {
        return true;
    }
    messages_[*message].cancelled = true;
    cancelled_.push_back(*message);
    return in_force(rule::error_costs_one_stream);
}

bool message_reader::deliver(raw_frame const& frame) {
    assembly& into = assemblies_[frame.stream_id];
    if (into.ignored) {
        if (frame.kind == kind::end) {
            assemblies_.erase(frame.stream_id);
        }
        return true;
    }
    if (into.message) {
        deliver_to_payload(frame, *into.message);
        return true;
    }
    return deliver_to_header(frame, into);
}

bool message_reader::deliver_to_header(raw_frame const& frame, assembly& into) {
    append(into.head, frame.payload);
    if (into.head.size() >= head_size_min) {
        if (std::to_integer<std::uint8_t>(into.head[0]) > type::event) {
            assemblies_.erase(frame.stream_id);
            count_fault();
            if (!in_force(rule::error_costs_one_stream)) {
                return false;
            }
            assemblies_[frame.stream_id].ignored = frame.kind != kind::end;
            return true;
        }
        std::size_t const head_size =
            head_size_min + load_le<std::uint16_t>(into.head.data() + head_size_min - 2);
        if (into.head.size() >= head_size) {
            begin_message(frame, into, head_size);
            return true;
        }
    }
    if (frame.kind == kind::end && rules_.has(rule::end_completes_header)) {
        assemblies_.erase(frame.stream_id);
    }
    return true;
}

void message_reader::begin_message(raw_frame const& frame, assembly& into, std::size_t head_size) {
    std::byte const* const head = into.head.data();
    wire_message message;
    message.type = std::to_integer<std::uint8_t>(head[0]);
    message.request_id = load_le<std::uint32_t>(head + 1);
    message.method_id = load_le<std::uint64_t>(head + 5);
    message.stream_id = frame.stream_id;
    message.metadata.assign(head + head_size_min, head + head_size);
    if (into.head.size() > head_size) {
        message.parts.emplace_back(head + head_size, head + into.head.size());
    }
    messages_.push_back(std::move(message));
    into.message = messages_.size() - 1;
    into.head.clear();
    if (frame.kind == kind::end && in_force(rule::end_completes_header)) {
        finish(frame.stream_id, *into.message);
    }
}

void message_reader::deliver_to_payload(raw_frame const& frame, std::size_t message) {
    std::size_t const receiver = receiver_of(message);
    bool const wanted = frame.kind != kind::end ||
                        (!frame.payload.empty() && in_force(rule::end_payload_delivered));
    if (wanted) {
        messages_[receiver].parts.push_back(frame.payload);
    }
    if (frame.kind == kind::end) {
        finish(frame.stream_id, receiver);
    }
}

/// The original hands payload and End to the first unfinished request with the same id.
std::size_t message_reader::receiver_of(std::size_t message) {
    auto const first = std::ranges::find_if(messages_, [&](wire_message const& each) {
        return each.request_id == messages_[message].request_id && !each.ended;
    });
    auto const found = static_cast<std::size_t>(first - messages_.begin());
    bool const elsewhere = first != messages_.end() && found != message;
    return elsewhere && !in_force(rule::stream_is_the_key) ? found : message;
}

void message_reader::finish(std::uint32_t stream_id, std::size_t message) {
    assemblies_.erase(stream_id);
    if (!std::exchange(messages_[message].ended, true)) {
        completed_.push_back(message);
    }
}

std::vector<raw_frame> frames_of_message(wire_message const& message) {
    byte_string bytes(head_size_min);
    bytes[0] = static_cast<std::byte>(message.type);
    store_le(bytes.data() + 1, message.request_id);
    store_le(bytes.data() + 5, message.method_id);
    store_le(bytes.data() + 13, static_cast<std::uint16_t>(message.metadata.size()));
    append(bytes, message.metadata);
    append(bytes, message.payload());
    std::vector<raw_frame> frames;
    for (std::size_t from = 0; from < bytes.size(); from += chunk_size) {
        std::size_t const size = std::min(chunk_size, bytes.size() - from);
        auto const sequence = static_cast<std::uint32_t>(frames.size());
        frames.push_back({message.stream_id, sequence, sequence == 0 ? std::uint8_t{0} : kind::data,
                          byte_string(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                      bytes.begin() + static_cast<std::ptrdiff_t>(from + size))});
    }
    frames.push_back({message.stream_id, static_cast<std::uint32_t>(frames.size()), kind::end, {}});
    return frames;
}

}  // namespace trunkline::replay
