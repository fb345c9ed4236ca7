#include <trunkline/websocket/connection.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;
using transport::read_result;

/// Kept apart because an idle connection needs none of it.
struct connection::extra {
    std::vector<std::byte> leftover;  // own bytes that the link has begun to take or must take next
    std::size_t leftover_sent = 0;
    std::vector<std::byte> early;  // received with the handshake
    std::size_t early_read = 0;
    std::unique_ptr<transport::timer> notice;
    websocket_error failure{};
    peer_close close;
};

connection::connection(context& shared, role side, std::unique_ptr<transport::byte_stream> link,
                       bytes_view early_input)
    : shared_(shared), link_(std::move(link)), protocol_(side) {
    if (!early_input.empty()) {
        more().early.assign(early_input.begin(), early_input.end());
    }
}

connection::~connection() {
    if (ending_ != ending::none) {
        conclude();
        link_->watch(nullptr, false, false);
        bool const server = protocol_.side() == role::server;
        shared_.lingering().add(std::move(link_), last_bytes(),
                                server ? farewell::end : farewell::wait);
    }
}

transport::capabilities connection::abilities() const noexcept {
    return {.message_borders = true, .half_close = false, .probe = true, .close_reason = true};
}

connection::extra& connection::more() {
    if (extra_ == nullptr) {
        extra_ = std::make_unique<extra>();
    }
    return *extra_;
}

// --- reading -----------------------------------------------------------------------------------

read_result connection::read(mutable_bytes buffer, std::span<transport::in_piece> out) {
    return receive(buffer, [&](event const& told, std::size_t& count) {
        if (told.kind == message_kind::binary) {
            out[count++] = {.bytes = told.bytes, .ends_message = told.ends};
        } else if (shared_.limits().refuse_text) {
            fail(websocket_error::text_refused);
        } else {
            shared_.counters().text_messages_ignored += told.ends ? 1 : 0;
        }
        return count < out.size();
    });
}

read_result connection::read_messages(mutable_bytes buffer, std::span<message_piece> out) {
    return receive(buffer, [&](event const& told, std::size_t& count) {
        out[count++] = {.bytes = told.bytes, .kind = told.kind, .ends_message = told.ends};
        return count < out.size();
    });
}

// `take` gets the data events and tells whether it wants another.
template <class Take>
read_result connection::receive(mutable_bytes buffer, Take take) {
    read_result result;
    if (ending_ != ending::none) {
        conclude();
        return end_result();
    }
    mutable_bytes input(rest_, rest_size_);
    if (input.empty()) {
        io_result const got = fill(buffer);
        if (got.status != io_status::ok) {
            result.status = got.status;
            result.error = got.error;
            return result;
        }
        result.wire_bytes = got.size;
        input = buffer.first(got.size);
    }
    bool wanted = true;
    while (wanted && ending_ == ending::none) {
        event const told = protocol_.next(input, shared_.limits());
        if (told.type == event_type::none) {
            break;
        }
        if (told.type == event_type::data) {
            wanted = protocol_.close_queued() || take(told, result.pieces);
        } else if (told.type == event_type::close) {
            more().close = {.code = told.code, .reason = std::string(as_text(told.bytes))};
            ending_ = ending::closed_by_peer;
        } else if (told.type == event_type::failed) {
            fail(told.error);
        }
    }
    rest_ = input.data();
    rest_size_ = static_cast<std::uint32_t>(input.size());
    if (ending_ != ending::none && result.pieces > 0) {
        notify_later();
    } else if (ending_ != ending::none) {
        conclude();
        std::size_t const wire_bytes = result.wire_bytes;
        result = end_result();
        result.wire_bytes = wire_bytes;
    }
    return result;
}

io_result connection::fill(mutable_bytes buffer) {
    if (extra_ == nullptr || extra_->early.empty()) {
        return link_->read(buffer.first(std::min<std::size_t>(buffer.size(), 1U << 30U)));
    }
    bytes_view const waiting = bytes_view(extra_->early).subspan(extra_->early_read);
    std::size_t const size = std::min(waiting.size(), buffer.size());
    std::memcpy(buffer.data(), waiting.data(), size);
    extra_->early_read += size;
    if (size == waiting.size()) {
        extra_->early = {};
        extra_->notice.reset();
    }
    return {.status = io_status::ok, .size = size, .error = {}};
}

read_result connection::end_result() const noexcept {
    read_result result;
    result.status = ending_ == ending::failed ? io_status::error : io_status::end;
    if (ending_ == ending::failed) {
        bool const size = close_code_for(extra_->failure) == transport::close_code::message_too_big;
        result.error = size ? transport::transport_error::message_too_big
                            : transport::transport_error::protocol_error;
    }
    return result;
}

void connection::fail(websocket_error error) {
    if (ending_ == ending::none) {
        protocol_.end_input();
        more().failure = error;
        ending_ = ending::failed;
        ++shared_.counters().protocol_errors;
    }
}

// Says our last word, once.
void connection::conclude() {
    if (concluded_) {
        return;
    }
    concluded_ = true;
    if (ending_ == ending::failed) {
        protocol_.queue_close(extra_->failure);
    } else {
        protocol_.queue_close(extra_->close.code, {});
    }
    flush();
}

std::optional<websocket_error> connection::failure() const noexcept {
    return ending_ == ending::failed ? std::optional(extra_->failure) : std::nullopt;
}

peer_close const* connection::received_close() const noexcept {
    return ending_ == ending::closed_by_peer ? &extra_->close : nullptr;
}

void connection::watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) {
    link_->watch(sink, read_interest, write_interest);
    reader_ = read_interest ? sink : nullptr;
    if (extra_ != nullptr) {
        notify_later();
    }
}

// The link does not know of what waits here: input that came early, or an end that is not told yet.
void connection::notify_later() {
    bool const waiting = !extra_->early.empty() || (ending_ != ending::none && !concluded_);
    extra_->notice.reset();
    if (reader_ != nullptr && waiting) {
        extra_->notice = shared_.loop().after(transport::runtime::duration::zero(),
                                              [sink = reader_] { sink->on_ready(true, false); });
    }
}

// --- writing -----------------------------------------------------------------------------------

io_result connection::write(std::span<out_segment const> segments) {
    io_result result;
    do {
        auto const room = shared_.segments();
        std::size_t const count = std::min(segments.size(), room.size());
        for (std::size_t i = 0; i < count; ++i) {
            room[i] = {.bytes = segments[i].bytes,
                       .message_size = segments[i].frame_size,
                       .kind = message_kind::binary,
                       .begins = segments[i].frame_size != 0};
        }
        send_result const done = write_messages(room.first(count));
        for (std::size_t i = 0; i < done.segments; ++i) {
            result.size += segments[i].bytes.size();
        }
        result.size += done.offset;
        if (done.status != io_status::ok) {
            if (result.size == 0) {
                result.status = done.status;
                result.error = done.error;
            }
            return result;
        }
        segments = segments.subspan(count);
    } while (!segments.empty());
    return result;
}

send_result connection::write_messages(std::span<message_segment const> segments) {
    send_result done;
    send_batch& batch = shared_.batch();
    for (;;) {
        plan(segments.subspan(done.segments), done.offset);
        if (batch.size() == 0) {
            break;
        }
        io_result const took = link_->write(batch.pieces());
        settle(took.status == io_status::ok ? took.size : 0, segments, done);
        if (took.status != io_status::ok || took.size < batch.size()) {
            done.status = took.status == io_status::ok ? io_status::would_block : took.status;
            done.error = took.error;
            return done;
        }
    }
    after_write();
    if (done.segments < segments.size()) {
        done.status = io_status::error;
        done.error = transport::transport_error::closed;
    }
    return done;
}

// Control frames go at the first border between frames, once; after a Close nothing goes.
void connection::plan(std::span<message_segment const> segments, std::size_t offset) {
    send_batch& batch = shared_.batch();
    batch.clear();
    if (bytes_view const waiting = leftover(); !waiting.empty()) {
        batch.borrow(waiting);
        batch.add_step({.own_size = static_cast<std::uint32_t>(waiting.size()),
                        .kind = send_batch::step_kind::leftover});
    }
    std::uint64_t frame_left = frame_left_;
    mask_key mask = mask_;
    bool control_waits = protocol_.has_control();
    for (message_segment const& segment : segments) {
        if (frame_left == 0) {
            control_waits = control_waits && !plan_control();
            if (protocol_.close_queued()) {
                return;
            }
        }
        if (batch.full() || !plan_message(segment, offset, frame_left, mask)) {
            return;
        }
        offset = 0;
    }
    if (frame_left == 0 && control_waits) {
        plan_control();
    }
}

// False when there is no room for it.
bool connection::plan_control() {
    send_batch& batch = shared_.batch();
    if (batch.full() || batch.room() < control_wire_size_max) {
        return false;
    }
    auto const at = static_cast<std::uint32_t>(batch.used());
    std::size_t const size = protocol_.encode_control(
        std::span<std::byte, control_wire_size_max>(batch.next(), control_wire_size_max),
        shared_.masks());
    batch.commit(size);
    batch.add_step({.own_at = at,
                    .own_size = static_cast<std::uint32_t>(size),
                    .kind = send_batch::step_kind::control});
    return true;
}

// True when the whole segment found its place.
bool connection::plan_message(message_segment const& segment, std::size_t offset,
                              std::uint64_t& frame_left, mask_key& mask) {
    send_batch& batch = shared_.batch();
    bool const client = protocol_.side() == role::client;
    if (batch.room() < header_size_max + send_batch::copied_payload_max) {
        return false;
    }
    TRUNKLINE_ASSERT(segment.begins || !segment.bytes.empty());
    TRUNKLINE_ASSERT(frame_left == 0 || !segment.begins || offset > 0 ||
                     frame_left == segment.message_size);
    send_batch::step made{.own_at = static_cast<std::uint32_t>(batch.used())};
    if (frame_left == 0) {
        TRUNKLINE_ASSERT(segment.begins && offset == 0);
        frame_header header{.payload_size = segment.message_size};
        header.code = static_cast<opcode>(segment.kind);
        header.masked = client;
        header.mask = mask = client ? shared_.masks().next() : 0;
        made.own_size = static_cast<std::uint32_t>(encode_header(
            header, std::span<std::byte, header_size_max>(batch.next(), header_size_max)));
        made.message_size = frame_left = segment.message_size;
        made.mask = mask;
        batch.commit(made.own_size);
    }
    bytes_view const payload = segment.bytes.subspan(offset);
    TRUNKLINE_ASSERT(payload.size() <= frame_left);
    made.payload_size = client ? std::min(payload.size(), batch.room()) : payload.size();
    bytes_view const part = payload.first(made.payload_size);
    if (client) {
        mask = copy_masked(part, batch.next(), mask);
        batch.commit(part.size());
    } else if (part.size() <= send_batch::copied_payload_max) {
        std::copy(part.begin(), part.end(), batch.next());
        batch.commit(part.size());
    } else {
        batch.borrow(part);
    }
    frame_left -= part.size();
    batch.add_step(made);
    return part.size() == payload.size();
}

void connection::settle(std::size_t written, std::span<message_segment const> segments,
                        send_result& done) {
    for (send_batch::step const& made : shared_.batch().steps()) {
        bool complete = false;
        switch (made.kind) {
            case send_batch::step_kind::leftover:
                complete = settle_leftover(made, written);
                break;
            case send_batch::step_kind::control:
                complete = settle_control(made, written);
                break;
            case send_batch::step_kind::message:
                complete = settle_message(made, written, segments[done.segments], done);
                break;
        }
        if (!complete) {
            return;
        }
    }
}

// Leftover bytes stay where they are until sent.
bool connection::settle_leftover(send_batch::step const& made, std::size_t& written) {
    std::size_t const sent = std::min<std::size_t>(written, made.own_size);
    written -= sent;
    extra_->leftover_sent += sent;
    if (sent < made.own_size) {
        return false;
    }
    extra_->leftover = {};
    extra_->leftover_sent = 0;
    return true;
}

// Once their first byte is on its way they are bytes and nothing else; before that they are still
// the protocol's, and whatever goes next may go before them.
bool connection::settle_control(send_batch::step const& made, std::size_t& written) {
    std::size_t const sent = std::min<std::size_t>(written, made.own_size);
    if (sent == 0) {
        return false;
    }
    written -= sent;
    protocol_.control_taken();
    if (sent < made.own_size) {
        stash(shared_.batch().scratch().subspan(made.own_at + sent, made.own_size - sent));
    }
    return sent == made.own_size;
}

bool connection::settle_message(send_batch::step const& made, std::size_t& written,
                                message_segment const& segment, send_result& done) {
    if (made.own_size > 0) {
        std::size_t const sent = std::min<std::size_t>(written, made.own_size);
        if (sent == 0) {
            return false;  // nothing of this message is on its way
        }
        written -= sent;
        frame_left_ = made.message_size;
        mask_ = made.mask;
        if (sent < made.own_size) {
            stash(shared_.batch().scratch().subspan(made.own_at + sent, made.own_size - sent));
        }
    }
    std::size_t const part = std::min(written, made.payload_size);
    written -= part;
    frame_left_ -= part;
    mask_ = advance_mask(mask_, part);
    done.offset += part;
    if (done.offset == segment.bytes.size()) {
        ++done.segments;
        done.offset = 0;
    }
    return part == made.payload_size && leftover().empty();
}

void connection::stash(bytes_view unsent) {
    more().leftover.assign(unsent.begin(), unsent.end());
    extra_->leftover_sent = 0;
}

bytes_view connection::leftover() const noexcept {
    return extra_ == nullptr ? bytes_view()
                             : bytes_view(extra_->leftover).subspan(extra_->leftover_sent);
}

void connection::probe() {
    protocol_.queue_ping();
    flush();
}

void connection::close(transport::close_code code, std::string_view reason) {
    protocol_.queue_close(static_cast<std::uint16_t>(code), reason);
    // A published client takes further calls until the byte stream ends, and they are lost.
    end_after_close_ = protocol_.side() == role::server && code != transport::close_code::normal;
    flush();
}

void connection::abort() {
    ending_ = ending::none;
    link_->close(true);
}

// A dead link shows itself to the next read or write.
void connection::flush() {
    [[maybe_unused]] send_result const done = write_messages({});
}

void connection::after_write() {
    if (end_after_close_ && protocol_.close_taken() && leftover().empty()) {
        end_after_close_ = false;
        link_->shutdown_write();
    }
}

std::unique_ptr<transport::byte_stream> connection::fold() {
    bool const sends_nothing = leftover().empty() && frame_left_ == 0 && !end_after_close_;
    bool const holds_nothing = rest_size_ == 0 && (extra_ == nullptr || extra_->early.empty());
    if (!sends_nothing || !holds_nothing || ending_ != ending::none || !protocol_.at_rest()) {
        return nullptr;
    }
    link_->watch(nullptr, false, false);
    extra_.reset();
    return std::move(link_);
}

bool connection::wants_write() const noexcept {
    return !leftover().empty() || (frame_left_ == 0 && protocol_.has_control());
}

// A Close cannot go into the middle of a frame: then the peer only sees the end of the stream.
std::vector<std::byte> connection::last_bytes() {
    std::vector<std::byte> bytes;
    if (frame_left_ == 0) {
        bytes.assign(leftover().begin(), leftover().end());
        std::size_t const before = bytes.size();
        bytes.resize(before + control_wire_size_max);
        std::size_t const size =
            protocol_.encode_control(std::span<std::byte, control_wire_size_max>(
                                         bytes.data() + before, control_wire_size_max),
                                     shared_.masks());
        bytes.resize(before + size);
    }
    return bytes;
}

}  // namespace trunkline::websocket
