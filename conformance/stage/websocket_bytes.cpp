#include <stage/websocket_bytes.hpp>

#include <array>
#include <charconv>

namespace trunkline::stage {
namespace {

constexpr std::array<std::byte, 4> mask_key{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                            std::byte{0x3d}};

void put_big_endian(byte_string& to, std::uint64_t value, unsigned size) {
    for (unsigned left = size; left > 0; --left) {
        to.push_back(static_cast<std::byte>(value >> (8 * (left - 1))));
    }
}

std::uint64_t big_endian(bytes_view bytes) {
    std::uint64_t value = 0;
    for (std::byte const each : bytes) {
        value = value << 8U | std::to_integer<std::uint64_t>(each);
    }
    return value;
}

unsigned shortest_form(std::uint64_t size) {
    return size < 126 ? 0 : size < 65536 ? 2 : 8;
}

/// One frame without its payload, when all of it is there.
struct parsed_head {
    std::size_t head_size;
    std::uint64_t payload_size;
};

std::optional<parsed_head> parse_head(bytes_view bytes) {
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    auto const length = std::to_integer<unsigned>(bytes[1]) & 0x7fU;
    std::size_t const extra = length < 126 ? 0 : length == 126 ? 2 : 8;
    std::size_t const key = (std::to_integer<unsigned>(bytes[1]) & 0x80U) != 0 ? 4 : 0;
    if (bytes.size() < 2 + extra + key) {
        return std::nullopt;
    }
    return parsed_head{2 + extra + key, extra == 0 ? length : big_endian(bytes.subspan(2, extra))};
}

void apply_mask(std::span<std::byte> payload, bytes_view key) {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        payload[i] ^= key[i % 4];
    }
}

}  // namespace

byte_string bytes_of(std::string_view text) {
    bytes_view const view = as_bytes(text);
    return {view.begin(), view.end()};
}

byte_string encode(client_frame const& frame) {
    std::uint64_t const size = frame.declared.value_or(frame.payload.size());
    unsigned const form = frame.length_bytes != 0 ? frame.length_bytes : shortest_form(size);
    byte_string bytes;
    bytes.reserve(14 + frame.payload.size());
    bytes.push_back(static_cast<std::byte>((frame.fin ? 0x80U : 0U) | (frame.reserved << 4U) |
                                           (frame.code & 15U)));
    bytes.push_back(static_cast<std::byte>((frame.masked ? 0x80U : 0U) | (form == 0   ? size
                                                                          : form == 2 ? 126U
                                                                                      : 127U)));
    put_big_endian(bytes, size, form);
    if (!frame.masked) {
        bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
        return bytes;
    }
    bytes.insert(bytes.end(), mask_key.begin(), mask_key.end());
    std::size_t const head_size = bytes.size();
    bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
    apply_mask(std::span(bytes).subspan(head_size), mask_key);
    return bytes;
}

byte_string binary_message(bytes_view payload) {
    return encode({.payload = payload});
}

byte_string close_frame(std::uint16_t code, std::string_view reason) {
    byte_string payload;
    put_big_endian(payload, code, 2);
    bytes_view const text = as_bytes(reason);
    payload.insert(payload.end(), text.begin(), text.end());
    return encode({.code = op_close, .payload = payload});
}

std::optional<std::uint16_t> received_frame::close_code() const {
    if (code != op_close || payload.size() < 2) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(big_endian(bytes_view(payload).first(2)));
}

std::vector<received_frame> take_frames(bytes_view& bytes) {
    std::vector<received_frame> frames;
    while (auto const head = parse_head(bytes)) {
        if (bytes.size() - head->head_size < head->payload_size) {
            break;
        }
        auto const first = std::to_integer<unsigned>(bytes[0]);
        bool const masked = (std::to_integer<unsigned>(bytes[1]) & 0x80U) != 0;
        bytes_view const payload = bytes.subspan(head->head_size, head->payload_size);
        frames.push_back({static_cast<std::uint8_t>(first & 15U),
                          (first & 0x80U) != 0,
                          static_cast<std::uint8_t>((first >> 4U) & 7U),
                          masked,
                          {payload.begin(), payload.end()}});
        if (masked) {
            apply_mask(frames.back().payload, bytes.subspan(head->head_size - 4, 4));
        }
        bytes = bytes.subspan(head->head_size + head->payload_size);
    }
    return frames;
}

std::string upgrade_request(std::string_view target, std::string_view key) {
    std::string text = "GET ";
    text.append(target).append(
        " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
    return text.append(key).append("\r\n\r\n");
}

std::optional<http_answer> parse_answer(bytes_view received) {
    std::string_view const text = as_text(received);
    std::size_t const end = text.find("\r\n\r\n");
    std::size_t const space = text.find(' ');
    if (end == std::string_view::npos || space > end) {
        return std::nullopt;
    }
    http_answer answer{0, std::string(text.substr(0, end + 4)), end + 4};
    std::from_chars(text.data() + space + 1, text.data() + end, answer.status);
    return answer;
}

}  // namespace trunkline::stage
