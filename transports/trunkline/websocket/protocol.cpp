#include <trunkline/websocket/protocol.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline::websocket {

static_assert(sizeof(protocol) <= 64, "an idle connection pays for every byte of this");

namespace {

constexpr websocket_error no_error{};

bool may_travel(std::uint16_t code) noexcept {
    bool const defined = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    return defined || (code >= 3000 && code <= 4999);
}

std::string_view cut_reason(std::string_view reason) noexcept {
    if (reason.size() <= close_reason_size_max) {
        return reason;
    }
    std::size_t size = close_reason_size_max;
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0U) == 0x80U) {
        --size;
    }
    return reason.substr(0, size);
}

}  // namespace

/// Control payloads: one coming in, and those that wait to go out as {size, payload}.
struct protocol::control_state {
    std::array<std::byte, control_payload_size_max> incoming;
    std::array<std::byte, control_payload_size_max> close;
    std::array<std::byte, pending_pongs_size_max> pongs;
    std::uint16_t pongs_size = 0;
    std::uint8_t incoming_size = 0;
    std::uint8_t close_size = 0;
};

protocol::protocol(role side, deflate_agreement agreed) noexcept
    : side_(side), window_bits_(agreed.window_bits & 0x0fU) {}
protocol::~protocol() = default;

event protocol::next(mutable_bytes& input, websocket_limits const& limits,
                     inflation& into) noexcept {
    event out;
    release_control();
    for (;;) {
        if (input.empty() && payload_left_ > 0 && !owes_output_) {
            return out;
        }
        switch (stage_) {
            case stage::header: {
                websocket_error error = no_error;
                if (!take_header(input, limits, error)) {
                    return error == no_error ? out : fail_event(error);
                }
                break;
            }
            case stage::data:
                if (compressed_ ? take_compressed(input, limits, into, out)
                                : take_data(input, out)) {
                    return out;
                }
                break;
            case stage::control:
                if (take_control_payload(input, out)) {
                    return out;
                }
                break;
            case stage::ended:
                input = {};
                return out;
        }
    }
}

event protocol::fail_event(websocket_error error) noexcept {
    end_input();
    event out;
    out.type = event_type::failed;
    out.error = error;
    return out;
}

void protocol::end_input() noexcept {
    stage_ = stage::ended;
    payload_left_ = 0;
    owes_output_ = false;
    inflater_.reset();
}

// A header is judged byte by byte, so that the verdict does not depend on how the input is cut. One
// that lies whole in the input is read where it is.
bool protocol::take_header(mutable_bytes& input, websocket_limits const& limits,
                           websocket_error& error) noexcept {
    if (header_size_ == 0 && input.size() >= 2) {
        std::size_t const size = header_size_of(input[1]);
        if (input.size() >= size) {
            error = check_header(input.data(), size, limits);
            if (error != no_error) {
                return false;
            }
            begin_frame(decode_header(input.data()));
            input = input.subspan(size);
            return true;
        }
    }
    while (!input.empty()) {
        header_[header_size_++] = input.front();
        input = input.subspan(1);
        error = check_header(header_.data(), header_size_, limits);
        if (error != no_error) {
            return false;
        }
        if (header_size_ >= 2 && header_size_ == header_size_of(header_[1])) {
            begin_frame(decode_header(header_.data()));
            header_size_ = 0;
            return true;
        }
    }
    return false;
}

// `size` bytes of a header are there: says what is wrong with the earliest of them.
websocket_error protocol::check_header(std::byte const* bytes, std::size_t size,
                                       websocket_limits const& limits) const noexcept {
    auto const first = static_cast<unsigned>(bytes[0]);
    unsigned const code = first & 0x0fU;
    bool const begins_message = code == 1 || code == 2;
    unsigned const meaningless = agreed() && begins_message ? 0x30U : 0x70U;
    if ((first & meaningless) != 0) {
        return websocket_error::reserved_bits;
    }
    if (code > 10 || (code > 2 && code < 8)) {
        return websocket_error::reserved_opcode;
    }
    bool const control_frame = code >= 8;
    if (control_frame && (first & 0x80U) == 0) {
        return websocket_error::fragmented_control;
    }
    if (!control_frame && (code == 0) != in_message_) {
        return code == 0 ? websocket_error::unexpected_continuation
                         : websocket_error::expected_continuation;
    }
    if (size < 2) {
        return no_error;
    }
    auto const second = static_cast<unsigned>(bytes[1]);
    bool const masked = (second & 0x80U) != 0;
    if (masked != (side_ == role::server)) {
        return masked ? websocket_error::masked_frame : websocket_error::unmasked_frame;
    }
    if (control_frame && (second & 0x7fU) > control_payload_size_max) {
        return websocket_error::long_control;
    }
    if (size + (masked ? 4 : 0) < header_size_of(bytes[1])) {
        return no_error;
    }
    frame_header length = decode_header(bytes);
    if ((second & 0x7fU) == 126 && length.payload_size < 126) {
        return websocket_error::non_minimal_length;
    }
    if ((second & 0x7fU) == 127 && length.payload_size < 65536) {
        return websocket_error::non_minimal_length;
    }
    return control_frame ? no_error : check_length(length, limits);
}

websocket_error protocol::check_length(frame_header const& header,
                                       websocket_limits const& limits) const noexcept {
    if (header.payload_size >> 63 != 0) {
        return websocket_error::invalid_length;
    }
    if (header.payload_size > limits.frame_size_max) {
        return websocket_error::frame_too_big;
    }
    bool const continues = header.code == opcode::continuation;
    if (continues ? compressed_ : header.compressed) {
        return no_error;  // decided while it is inflated
    }
    std::uint64_t const so_far = continues ? message_size_ : 0;
    if (header.payload_size > limits.message_size_max ||
        so_far > limits.message_size_max - header.payload_size) {
        return websocket_error::message_too_big;
    }
    return no_error;
}

void protocol::begin_frame(frame_header const& header) noexcept {
    payload_left_ = header.payload_size;
    mask_ = header.masked ? header.mask : 0;
    if (is_control(header.code)) {
        code_ = header.code;
        stage_ = stage::control;
        return;
    }
    stage_ = stage::data;
    fin_ = header.fin;
    if (header.code != opcode::continuation) {
        kind_ = header.code == opcode::text ? message_kind::text : message_kind::binary;
        in_message_ = true;
        message_told_ = false;
        message_size_ = 0;
        compressed_ = header.compressed;
        text_.reset();
    }
    message_size_ += compressed_ ? 0 : header.payload_size;
}

// Empty pieces are told only where they end a message.
bool protocol::take_data(mutable_bytes& input, event& out) noexcept {
    auto const size =
        static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size()));
    mutable_bytes const piece = input.first(size);
    input = input.subspan(size);
    if (mask_ != 0) {
        mask_ = apply_mask(piece, mask_);
    }
    payload_left_ -= size;
    bool const frame_ends = payload_left_ == 0;
    bool const ends = frame_ends && fin_;
    if (kind_ == message_kind::text && (!text_.feed(piece) || (ends && !text_.complete()))) {
        out = fail_event(websocket_error::invalid_utf8);
        return true;
    }
    if (frame_ends) {
        stage_ = stage::header;
        in_message_ = !ends;
    }
    return tell_data(piece, ends, out);
}

bool protocol::tell_data(bytes_view piece, bool ends, event& out) noexcept {
    if (piece.empty() && !ends) {
        return false;
    }
    out.type = event_type::data;
    out.kind = kind_;
    out.begins = !message_told_;
    out.ends = ends;
    out.bytes = piece;
    message_told_ = true;
    return true;
}

// As many bytes as the room and the limit allow: one above the limit tells that there are more. The
// verdict is that of the first wrong byte, however the pieces were cut.
bool protocol::take_compressed(mutable_bytes& input, websocket_limits const& limits,
                               inflation& into, event& out) noexcept {
    if (into.room.empty()) {
        out.type = event_type::full;
        return true;
    }
    if (inflater_ == nullptr) {
        inflater_ = *into.spare ? std::move(*into.spare) : std::make_unique<inflater>();
        inflater_->begin_message();
    }
    std::uint64_t const allowed = limits.message_size_max - message_size_;
    std::size_t const most =
        allowed < into.room.size() ? static_cast<std::size_t>(allowed) + 1 : into.room.size();
    mutable_bytes room = into.room.first(most);
    inflate_state const state = inflate_some(input, room);
    bytes_view piece = into.room.first(most - room.size());
    into.room = into.room.subspan(piece.size());
    message_size_ += piece.size();
    bool const too_big = piece.size() > allowed;
    piece = piece.first(piece.size() - (too_big ? 1 : 0));
    bool const ends = state == inflate_state::complete;
    owes_output_ = state == inflate_state::full;
    if (kind_ == message_kind::text && (!text_.feed(piece) || (ends && !text_.complete()))) {
        out = fail_event(websocket_error::invalid_utf8);
        return true;
    }
    if (too_big || state == inflate_state::malformed) {
        out = fail_event(too_big ? websocket_error::message_too_big
                                 : websocket_error::invalid_deflate);
        return true;
    }
    if (payload_left_ == 0 && !owes_output_) {
        stage_ = stage::header;
        in_message_ = !ends;
    }
    if (ends) {
        std::swap(*into.spare, inflater_);
        inflater_.reset();
    }
    return tell_data(piece, ends, out);
}

// What the inflater does not take is left masked. Little is offered where there is little room.
inflate_state protocol::inflate_some(mutable_bytes& input, mutable_bytes& room) noexcept {
    auto const size = static_cast<std::size_t>(
        std::min<std::uint64_t>({payload_left_, input.size(), room.size() + 256}));
    mutable_bytes const offered = input.first(size);
    if (mask_ != 0) {
        apply_mask(offered, mask_);
    }
    bytes_view rest = offered;
    inflate_state const state = inflater_->feed(rest, room, fin_ && size == payload_left_);
    std::size_t const taken = size - rest.size();
    mask_ = advance_mask(mask_, taken);
    if (mask_ != 0) {
        apply_mask(offered.subspan(taken), mask_);
    }
    payload_left_ -= taken;
    input = input.subspan(taken);
    return state;
}

bool protocol::take_control_payload(mutable_bytes& input, event& out) noexcept {
    auto const size =
        static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size()));
    mutable_bytes const piece = input.first(size);
    input = input.subspan(size);
    mask_ = apply_mask(piece, mask_);
    payload_left_ -= size;
    bool const split = control_ != nullptr && control_->incoming_size > 0;
    if (payload_left_ == 0 && !split) {
        stage_ = stage::header;
        out = on_control(piece);
        return true;
    }
    if (size > 0) {
        control_state& state = control();
        std::copy(piece.begin(), piece.end(), state.incoming.begin() + state.incoming_size);
        state.incoming_size = static_cast<std::uint8_t>(state.incoming_size + size);
    }
    if (payload_left_ > 0) {
        return false;
    }
    stage_ = stage::header;
    bytes_view const whole(control_->incoming.data(), control_->incoming_size);
    control_->incoming_size = 0;
    out = on_control(whole);
    return true;
}

event protocol::on_control(bytes_view payload) noexcept {
    if (code_ == opcode::close) {
        return on_close(payload);
    }
    event out;
    out.bytes = payload;
    out.type = event_type::pong;
    if (code_ == opcode::ping) {
        out.type = event_type::ping;
        queue_pong(payload);
    }
    return out;
}

event protocol::on_close(bytes_view payload) noexcept {
    event out;
    out.type = event_type::close;
    out.code = no_close_code;
    if (payload.size() == 1) {
        return fail_event(websocket_error::invalid_close_size);
    }
    if (!payload.empty()) {
        out.code = static_cast<std::uint16_t>(static_cast<unsigned>(payload[0]) << 8 |
                                              static_cast<unsigned>(payload[1]));
        out.bytes = payload.subspan(2);
        if (!may_travel(out.code) || !is_utf8(out.bytes)) {
            event refused = fail_event(may_travel(out.code) ? websocket_error::invalid_utf8
                                                            : websocket_error::invalid_close_code);
            refused.code = out.code;
            return refused;
        }
    }
    end_input();
    return out;
}

// The newest ping is always answered; older ones as long as there is room.
void protocol::queue_pong(bytes_view payload) noexcept {
    if (close_queued_) {
        return;
    }
    control_state& state = control();
    if (state.pongs_size + 1 + payload.size() > state.pongs.size()) {
        state.pongs_size = 0;
    }
    state.pongs[state.pongs_size] = static_cast<std::byte>(payload.size());
    std::copy(payload.begin(), payload.end(), state.pongs.begin() + state.pongs_size + 1);
    state.pongs_size = static_cast<std::uint16_t>(state.pongs_size + 1 + payload.size());
}

void protocol::queue_ping() noexcept {
    ping_queued_ = ping_queued_ || !close_queued_;
}

void protocol::queue_close(std::uint16_t code, std::string_view reason) noexcept {
    if (close_queued_) {
        return;
    }
    close_queued_ = true;
    if (code == no_close_code) {
        return;
    }
    control_state& state = control();
    bytes_view const text = as_bytes(cut_reason(reason));
    state.close[0] = static_cast<std::byte>(code >> 8);
    state.close[1] = static_cast<std::byte>(code & 0xffU);
    std::copy(text.begin(), text.end(), state.close.begin() + 2);
    state.close_size = static_cast<std::uint8_t>(2 + text.size());
}

void protocol::queue_close(websocket_error error) noexcept {
    queue_close(static_cast<std::uint16_t>(close_code_for(error)), describe(error));
}

bool protocol::at_rest() const noexcept {
    return stage_ == stage::header && header_size_ == 0 && !in_message_ && !close_queued_ &&
           !has_control();
}

bool protocol::has_control() const noexcept {
    return ping_queued_ || close_queued_ != close_taken_ ||
           (control_ != nullptr && control_->pongs_size > 0);
}

std::size_t protocol::encode_control(std::span<std::byte, control_wire_size_max> to,
                                     mask_generator& masks) const noexcept {
    std::size_t size = 0;
    auto const put = [&](opcode code, bytes_view payload) {
        frame_header header{.payload_size = payload.size(), .code = code};
        header.masked = side_ == role::client;
        header.mask = header.masked ? masks.next() : 0;
        size += encode_header(
            header, std::span<std::byte, header_size_max>(to.data() + size, header_size_max));
        copy_masked(payload, to.data() + size, header.mask);
        size += payload.size();
    };
    if (control_ != nullptr) {
        for (std::size_t at = 0; at < control_->pongs_size;) {
            auto const length = static_cast<std::size_t>(control_->pongs[at]);
            put(opcode::pong, {control_->pongs.data() + at + 1, length});
            at += 1 + length;
        }
    }
    if (ping_queued_) {
        put(opcode::ping, {});
    }
    if (close_queued_ && !close_taken_) {
        put(opcode::close, control_ == nullptr
                               ? bytes_view()
                               : bytes_view(control_->close.data(), control_->close_size));
    }
    return size;
}

void protocol::control_taken() noexcept {
    if (control_ != nullptr) {
        control_->pongs_size = 0;
    }
    ping_queued_ = false;
    close_taken_ = close_queued_;
    release_control();
}

protocol::control_state& protocol::control() noexcept {
    if (control_ == nullptr) {
        control_ = std::make_unique_for_overwrite<control_state>();
    }
    return *control_;
}

void protocol::release_control() noexcept {
    bool const close_waits = close_queued_ && !close_taken_;
    if (control_ != nullptr && !close_waits &&
        control_->incoming_size + control_->pongs_size == 0) {
        control_.reset();
    }
}

}  // namespace trunkline::websocket
