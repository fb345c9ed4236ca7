// What a connection sends: control frames between messages, messages as they are or compressed.
#include <trunkline/websocket/connection_extra.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;

namespace {

/// Of the batch, for the header of a message and a payload that is copied.
constexpr std::size_t message_room = header_size_max + send_batch::copied_payload_max;

/// Goes `count` bytes further from `offset` in the first of `segments`: the new offset. Segments
/// that end there are left behind.
std::size_t skip(std::span<message_segment const>& segments, std::size_t offset,
                 std::size_t count) {
    while (count > 0) {
        std::size_t const size = segments.front().bytes.size();
        std::size_t const part = std::min(size - offset, count);
        offset += part;
        count -= part;
        if (offset == size) {
            segments = segments.subspan(1);
            offset = 0;
        }
    }
    return offset;
}

/// Notes in `done` how a write of the link went: true where it took all of `offered` bytes.
bool took_all(io_result const& took, std::size_t offered, send_result& done) {
    done.moved = done.moved || took.status == io_status::ok;
    if (took.status == io_status::ok && took.size == offered) {
        return true;
    }
    done.status = took.status == io_status::ok ? io_status::would_block : took.status;
    done.error = took.error;
    return false;
}

}  // namespace

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
            bool const moved = done.moved && done.status == io_status::would_block;
            if (result.size == 0 && !moved) {
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
    while (send_leftover(done)) {
        plan(segments.subspan(done.segments), done.offset);
        if (batch.size() == 0) {
            break;
        }
        io_result const took = link_->write(batch.pieces());
        bool const keeps = took.status != io_status::error && took.size < batch.kept();
        settle(keeps ? batch.kept() : took.size, segments, done);
        if (keeps) {
            keep(took.size);
        }
        if (!took_all(took, batch.size(), done)) {
            break;
        }
    }
    if (done.status != io_status::ok) {
        return done;
    }
    after_write();
    if (done.segments < segments.size()) {
        done.status = io_status::error;
        done.error = transport::transport_error::closed;
    }
    return done;
}

// What waits here or in the link goes before anything else is looked at. True when it has gone.
bool connection::send_leftover(send_result& done) {
    while (!leftover().empty() || link_->holds_unsent()) {
        bytes_view const rest = leftover();
        io_result const took = link_->write({&rest, rest.empty() ? 0U : 1U});
        if (took.size == rest.size() && extra_ != nullptr) {
            std::vector<std::byte>().swap(extra_->leftover);
            extra_->leftover_sent = 0;
        } else if (took.size > 0) {
            extra_->leftover_sent += took.size;
        }
        if (!took_all(took, rest.size(), done)) {
            return false;
        }
    }
    return true;
}

// Control frames go at the first border between frames, once; after a Close nothing goes.
void connection::plan(std::span<message_segment const> segments, std::size_t offset) {
    send_batch& batch = shared_.batch();
    batch.clear();
    shared_.compressor().clear();
    outgoing at = out_;
    bool control_waits = protocol_.has_control();
    while (!segments.empty()) {
        if (at.left == 0) {
            control_waits = control_waits && !plan_control();
            if (protocol_.close_queued()) {
                return;
            }
        }
        if (batch.full()) {
            return;
        }
        bool const compressing = compresses(segments.front(), at);
        if (compressing) {
            if (!shared_.compressor().has_room() || batch.size() > send_batch::kept_before_max ||
                batch.room() < message_room) {
                return;
            }
            std::size_t const size = plan_compressed(segments, offset, at);
            if (size > 0) {
                batch.keep();
                offset = skip(segments, offset, size);
                continue;
            }
        }
        if (!plan_message(segments.front(), offset, at, compressing)) {
            return;
        }
        segments = segments.subspan(1);
        offset = 0;
    }
    if (at.left == 0 && control_waits) {
        plan_control();
    }
}

bool connection::compresses(message_segment const& segment, outgoing const& at) const noexcept {
    return at.left > 0
               ? at.compressed
               : protocol_.agreed() && segment.begins && segment.message_size >= deflate_size_least;
}

// As much of the message as is there and a fragment takes. Returns how many bytes of it, 0 where a
// message to begin would not shrink: then it goes as it is.
std::size_t connection::plan_compressed(std::span<message_segment const> segments,
                                        std::size_t offset, outgoing& at) {
    deflater& compressor = shared_.compressor();
    bool const begins = at.left == 0;
    std::uint64_t const left = begins ? segments.front().message_size : at.left;
    auto const most =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, deflater::piece_size_max));
    std::size_t size = 0;
    compressor.begin(protocol_.agreed().window_bits);
    for (message_segment const& segment : segments) {
        bytes_view const there = segment.bytes.subspan(std::exchange(offset, 0));
        bytes_view const part = there.first(std::min(there.size(), most - size));
        compressor.add(part);
        size += part.size();
        if (size == most) {
            break;
        }
    }
    mutable_bytes const payload = compressor.end(size == left);
    if (begins && payload.size() >= size) {
        compressor.drop();
        return 0;
    }
    bool const client = protocol_.side() == role::client;
    frame_header header{.payload_size = payload.size()};
    header.code = begins ? static_cast<opcode>(segments.front().kind) : opcode::continuation;
    header.fin = size == left;
    header.compressed = begins;
    header.masked = client;
    header.mask = client ? shared_.masks().next() : 0;
    apply_mask(payload, header.mask);
    std::array<std::byte, header_size_max> bytes;
    std::size_t const header_size = encode_header(header, bytes);
    std::byte* const from = payload.data() - header_size;
    std::copy_n(bytes.begin(), header_size, from);
    auto const own_size = header_size + payload.size();
    shared_.batch().borrow({from, own_size});
    shared_.batch().add_step({.payload_size = size,
                              .message_size = begins ? left : 0,
                              .own_size = static_cast<std::uint32_t>(own_size),
                              .kind = send_batch::step_kind::compressed});
    at = {.left = left - size, .compressed = true};
    return size;
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

// True when the whole segment found its place. `tried`: it was compressed, and did not shrink; with
// its header it is decided how it goes.
bool connection::plan_message(message_segment const& segment, std::size_t offset, outgoing& at,
                              bool tried) {
    send_batch& batch = shared_.batch();
    bool const client = protocol_.side() == role::client;
    if (batch.room() < message_room) {
        return false;
    }
    TRUNKLINE_ASSERT(segment.begins || !segment.bytes.empty());
    TRUNKLINE_ASSERT(at.left == 0 || !segment.begins || offset > 0 ||
                     at.left == segment.message_size);
    send_batch::step made{.own_at = static_cast<std::uint32_t>(batch.used())};
    if (at.left == 0) {
        TRUNKLINE_ASSERT(segment.begins && offset == 0);
        frame_header header{.payload_size = segment.message_size};
        header.code = static_cast<opcode>(segment.kind);
        header.masked = client;
        header.mask = client ? shared_.masks().next() : 0;
        made.own_size = static_cast<std::uint32_t>(encode_header(
            header, std::span<std::byte, header_size_max>(batch.next(), header_size_max)));
        made.message_size = segment.message_size;
        made.mask = header.mask;
        at = {.left = segment.message_size, .mask = header.mask};
        batch.commit(made.own_size);
        if (tried) {
            batch.keep();
        }
    }
    bytes_view const payload = segment.bytes.subspan(offset);
    TRUNKLINE_ASSERT(payload.size() <= at.left);
    made.payload_size = client ? std::min(payload.size(), batch.room()) : payload.size();
    bytes_view const part = payload.first(made.payload_size);
    if (client) {
        at.mask = copy_masked(part, batch.next(), at.mask);
        batch.commit(part.size());
    } else if (part.size() <= send_batch::copied_payload_max) {
        std::copy(part.begin(), part.end(), batch.next());
        batch.commit(part.size());
    } else {
        batch.borrow(part);
    }
    at.left -= part.size();
    batch.add_step(made);
    return part.size() == payload.size();
}

void connection::settle(std::size_t written, std::span<message_segment const> segments,
                        send_result& done) {
    for (send_batch::step const& made : shared_.batch().steps()) {
        bool complete = false;
        switch (made.kind) {
            case send_batch::step_kind::control:
                complete = settle_control(made, written);
                break;
            case send_batch::step_kind::message:
                complete = settle_message(made, written, segments[done.segments], done);
                break;
            case send_batch::step_kind::compressed:
                complete = settle_compressed(made, written, segments, done);
                break;
        }
        if (!complete) {
            return;
        }
    }
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
        out_ = {.left = made.message_size, .mask = made.mask};
        if (sent < made.own_size) {
            stash(shared_.batch().scratch().subspan(made.own_at + sent, made.own_size - sent));
        }
    }
    std::size_t const part = std::min(written, made.payload_size);
    written -= part;
    out_.left -= part;
    out_.mask = advance_mask(out_.mask, part);
    done.offset += part;
    if (done.offset == segment.bytes.size()) {
        ++done.segments;
        done.offset = 0;
    }
    return part == made.payload_size && leftover().empty();
}

// All of it is bytes of our own: it is sent, or kept.
bool connection::settle_compressed(send_batch::step const& made, std::size_t& written,
                                   std::span<message_segment const> segments, send_result& done) {
    if (written < made.own_size) {
        return false;
    }
    written -= made.own_size;
    std::uint64_t const left = made.message_size > 0 ? made.message_size : out_.left;
    out_ = {.left = left - made.payload_size, .compressed = true};
    std::size_t const whole = segments.size();
    auto rest = segments.subspan(done.segments);
    done.offset = skip(rest, done.offset, made.payload_size);
    done.segments = whole - rest.size();
    return true;
}

void connection::stash(bytes_view unsent) {
    more().leftover.assign(unsent.begin(), unsent.end());
    extra_->leftover_sent = 0;
}

// What was compressed, or found not to shrink, is not looked at again: it waits as bytes.
void connection::keep(std::size_t sent) {
    std::size_t left = shared_.batch().kept() - sent;
    std::vector<std::byte>& to = more().leftover;
    to.reserve(left);
    for (bytes_view piece : shared_.batch().pieces()) {
        std::size_t const skipped = std::min(sent, piece.size());
        sent -= skipped;
        piece = piece.subspan(skipped, std::min(left, piece.size() - skipped));
        left -= piece.size();
        to.insert(to.end(), piece.begin(), piece.end());
    }
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

bool connection::wants_write() const noexcept {
    return !leftover().empty() || (out_.left == 0 && protocol_.has_control()) ||
           link_->holds_unsent();
}

// A Close cannot go into the middle of a message: then the peer only sees the end of the stream.
std::vector<std::byte> connection::last_bytes() {
    std::vector<std::byte> bytes;
    if (out_.left == 0) {
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
