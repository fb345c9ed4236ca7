#include "request_bytes.hpp"

#include <trunkline/rpc/header.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace trunkline::load {

namespace {

constexpr std::size_t chunk_size = 65536;  // at which senders cut a stream into frames

using byte_string = std::vector<std::byte>;

void append(byte_string& to, bytes_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The RPC message of a call; its id is 0.
byte_string message_of(std::uint64_t method_id, bytes_view arguments) {
    bool const as_payload = arguments.size() >= rpc::payload_arguments_size_min;
    rpc::header head;
    head.type_byte = static_cast<std::uint8_t>(rpc::message_type::call);
    head.method_id = method_id;
    head.metadata_size = static_cast<std::uint16_t>(as_payload ? 0 : arguments.size());
    byte_string made;
    append(made, rpc::encode_header(head));
    append(made, arguments);
    return made;
}

std::uint64_t now_us() {
    auto const since = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

request_bytes request_bytes::call(std::uint64_t method_id, bytes_view arguments, travel how,
                                  websocket::mask_generator& masks) {
    byte_string const message = message_of(method_id, arguments);
    request_bytes made;
    byte_string pending;
    std::vector<std::size_t> ids;
    std::uint32_t sequence = 0;
    auto const add_frame = [&](frame::kind of, bytes_view payload) {
        std::array<std::byte, frame::header_size_max> head;
        std::size_t const size =
            frame::encode_header({static_cast<std::uint32_t>(payload.size()), 0, sequence,
                                  static_cast<std::uint8_t>(of), now_us()},
                                 how.layout, head);
        ids.push_back(pending.size() + frame::stream_id_offset);
        if (sequence == 0) {
            ids.push_back(pending.size() + size + rpc::request_id_offset);
        }
        ++sequence;
        append(pending, {head.data(), size});
        append(pending, payload);
        if (!how.joined || of == frame::kind::end) {
            made.add_message(pending, ids, masks);
            pending.clear();
            ids.clear();
        }
    };
    for (std::size_t at = 0; at < message.size(); at += chunk_size) {
        add_frame(at == 0 ? frame::kind::open : frame::kind::data,
                  bytes_view(message).subspan(at, std::min(chunk_size, message.size() - at)));
    }
    add_frame(frame::kind::end, {});
    return made;
}

request_bytes request_bytes::message(bytes_view payload, websocket::mask_generator& masks) {
    request_bytes made;
    made.add_message(payload, {}, masks);
    return made;
}

void request_bytes::add_message(bytes_view payload, std::vector<std::size_t> const& ids,
                                websocket::mask_generator& masks) {
    websocket::mask_key const mask = masks.next();
    websocket::frame_header head;
    head.payload_size = payload.size();
    head.mask = mask;
    head.masked = true;
    std::array<std::byte, websocket::header_size_max> bytes;
    append(wire_, {bytes.data(), websocket::encode_header(head, bytes)});
    std::size_t const begin = wire_.size();
    wire_.resize(begin + payload.size());
    websocket::copy_masked(payload, wire_.data() + begin, mask);
    for (std::size_t const at : ids) {
        ids_.push_back({begin + at, websocket::advance_mask(mask, at)});
    }
}

void request_bytes::write(std::uint32_t id, std::byte* to) const noexcept {
    std::memcpy(to, wire_.data(), wire_.size());
    for (place const& each : ids_) {
        store_le(to + each.offset, id ^ each.mask);
    }
}

}  // namespace trunkline::load
