#include <trunkline/rpc/header.hpp>

#include <trunkline/frame/layout_detector.hpp>

namespace trunkline::rpc {

// The detection of the layout looks at heads before there is a session.
static_assert(frame::rpc_head::size == header_size);
static_assert(frame::rpc_head::metadata_size_offset == metadata_size_offset);
static_assert(frame::rpc_head::type_max == message_type_max);
static_assert(type_offset == 0);

std::array<std::byte, header_size> encode_header(header const& fields) noexcept {
    std::array<std::byte, header_size> bytes;
    bytes[type_offset] = std::byte{fields.type_byte};
    store_le(bytes.data() + request_id_offset, fields.request_id);
    store_le(bytes.data() + method_id_offset, fields.method_id);
    store_le(bytes.data() + metadata_size_offset, fields.metadata_size);
    return bytes;
}

header decode_header(bytes_view from) noexcept {
    return {std::to_integer<std::uint8_t>(from[type_offset]),
            load_le<std::uint32_t>(from.data() + request_id_offset),
            load_le<std::uint64_t>(from.data() + method_id_offset),
            load_le<std::uint16_t>(from.data() + metadata_size_offset)};
}

status decode_status(bytes_view metadata) noexcept {
    if (metadata.empty()) {
        return status::success;
    }
    switch (std::to_integer<std::uint8_t>(metadata.front())) {
        case static_cast<std::uint8_t>(status::failed):
            return status::failed;
        case static_cast<std::uint8_t>(status::system_error):
            return status::system_error;
        case static_cast<std::uint8_t>(status::method_not_found):
            return status::method_not_found;
        default:
            return status::success;
    }
}

}  // namespace trunkline::rpc
