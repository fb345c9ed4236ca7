#include <trunkline/frame/header.hpp>

namespace trunkline::frame {

std::size_t encode_header(header const& fields, layout of,
                          std::span<std::byte, header_size_max> to) noexcept {
    store_le(to.data() + payload_size_offset, fields.payload_size);
    store_le(to.data() + stream_id_offset, fields.stream_id);
    store_le(to.data() + sequence_offset, fields.sequence);
    to[kind_offset] = std::byte{fields.kind_byte};
    if (of == layout::a) {
        store_le(to.data() + sent_at_offset, fields.sent_at_us);
    }
    return header_size(of);
}

header decode_header(bytes_view from, layout of) noexcept {
    header fields;
    fields.payload_size = load_le<std::uint32_t>(from.data() + payload_size_offset);
    fields.stream_id = load_le<std::uint32_t>(from.data() + stream_id_offset);
    fields.sequence = load_le<std::uint32_t>(from.data() + sequence_offset);
    fields.kind_byte = std::to_integer<std::uint8_t>(from[kind_offset]);
    if (of == layout::a) {
        fields.sent_at_us = load_le<std::uint64_t>(from.data() + sent_at_offset);
    }
    return fields;
}

}  // namespace trunkline::frame
