#include <trunkline/websocket/connection.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/connection_extra.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;
using transport::read_result;

connection::connection(context& shared, role side, std::unique_ptr<transport::byte_stream> link,
                       bytes_view early_input, deflate_agreement agreed)
    : shared_(shared), link_(std::move(link)), protocol_(side, agreed) {
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
    return {.message_borders = true,
            .half_close = false,
            .probe = true,
            .close_reason = true,
            .extended = subprotocol_,
            .form = protocol_.agreed().window_bits};
}

connection::extra& connection::more() {
    if (extra_ == nullptr) {
        extra_ = std::make_unique<extra>();
    }
    return *extra_;
}

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
    mutable_bytes room;  // for what is inflated
    if (protocol_.agreed()) {
        room = buffer.first(buffer.size() - std::max<std::size_t>(buffer.size() / 4, 1));
        buffer = buffer.subspan(room.size());
    }
    mutable_bytes input(rest_, rest_size_);
    bool const owed = extra_ != nullptr && std::exchange(extra_->owes_output, false);
    if (input.empty() && (!owed || !extra_->early.empty())) {
        bool const again = extra_ != nullptr && extra_->early_again;
        io_result const got = fill(buffer);
        if (got.status != io_status::ok) {
            result.status = got.status;
            result.error = got.error;
            return result;
        }
        result.wire_bytes = again ? 0 : got.size;
        input = buffer.first(got.size);
    }
    bool wanted = true;
    inflation into{.room = room, .spare = &shared_.spare_inflater()};
    while (wanted && ending_ == ending::none) {
        event const told = protocol_.next(input, shared_.limits(), into);
        if (told.type == event_type::none) {
            break;
        }
        if (told.type == event_type::full) {
            if (result.pieces > 0) {
                break;
            }
            into.room = room;
        } else if (told.type == event_type::data) {
            wanted = protocol_.close_queued() || take(told, result.pieces);
        } else if (told.type == event_type::close) {
            more().close = {.code = told.code, .reason = std::string(as_text(told.bytes))};
            ending_ = ending::closed_by_peer;
        } else if (told.type == event_type::failed) {
            fail(told.error);
        }
    }
    if (protocol_.owes_output()) {
        more().owes_output = true;
        if (wanted) {
            keep_input(std::exchange(input, {}));
        }
    }
    rest_ = input.data();
    rest_size_ = static_cast<std::uint32_t>(input.size());
    if (wanted && extra_ != nullptr && (extra_->owes_output || !extra_->early.empty())) {
        notify_later();
    }
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
        extra_->early_read = 0;
        extra_->early_again = false;
        extra_->notice.reset();
    }
    return {.status = io_status::ok, .size = size, .error = {}};
}

// The reader's buffer will serve others before there is room for what `input` means.
void connection::keep_input(mutable_bytes input) {
    if (input.empty()) {
        return;
    }
    if (more().early.empty()) {
        extra_->early.assign(input.begin(), input.end());
    } else {
        extra_->early_read -= input.size();  // where it came from
    }
    extra_->early_again = true;
}

read_result connection::end_result() const noexcept {
    read_result result;
    result.status = ending_ == ending::failed ? io_status::error : io_status::end;
    if (ending_ == ending::failed) {
        bool const size = close_code_for(extra_->failure) == transport::close_code::message_too_big;
        result.error = size ? transport::transport_error::message_too_big
                            : transport::transport_error::protocol_error;
    } else if (transport::is_rejection(transport::close_code{extra_->close.code})) {
        result.error = transport::transport_error::rejected_by_peer;
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

std::optional<transport::close_reason> connection::farewell() const {
    auto const* const close = received_close();
    if (close == nullptr || close->code == no_close_code) {
        return std::nullopt;
    }
    return transport::close_reason{transport::close_code{close->code}, close->reason};
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
// Who watches anew does not wait anew.
void connection::notify_later() {
    bool const waiting =
        !extra_->early.empty() || extra_->owes_output || (ending_ != ending::none && !concluded_);
    if (reader_ == nullptr || !waiting) {
        extra_->notice.reset();
    } else if (extra_->notice == nullptr) {
        extra_->notice = shared_.loop().after(transport::runtime::duration::zero(), [this] {
            extra_->notice.reset();
            reader_->on_ready(true, false);
        });
    }
}

std::unique_ptr<transport::byte_stream> connection::fold() {
    bool const sends_nothing =
        leftover().empty() && out_.left == 0 && !end_after_close_ && !link_->holds_unsent();
    bool const holds_nothing = rest_size_ == 0 && (extra_ == nullptr || extra_->early.empty());
    if (!sends_nothing || !holds_nothing || ending_ != ending::none || !protocol_.at_rest()) {
        return nullptr;
    }
    link_->watch(nullptr, false, false);
    extra_.reset();
    return std::move(link_);
}

}  // namespace trunkline::websocket
