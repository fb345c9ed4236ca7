#include <trunkline/conform/web_frame.hpp>

#include <trunkline/websocket/error.hpp>

#include <array>
#include <span>

namespace trunkline::conform {

using websocket::opcode;

namespace {

// Any will do: what is sent is no secret.
constexpr websocket::mask_key key = 0x2a51'7c93;

}  // namespace

std::optional<std::uint16_t> web_frame::close_code() const {
    if (code != opcode::close || payload.size() < 2) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8U |
                                      static_cast<unsigned char>(payload[1]));
}

std::string encode(web_frame const& one) {
    std::array<std::byte, websocket::header_size_max> head{};
    auto const size =
        websocket::encode_header({.payload_size = one.declared_size.value_or(one.payload.size()),
                                  .mask = key,
                                  .code = one.code,
                                  .fin = one.fin,
                                  .masked = one.masked},
                                 head);
    head[0] |= static_cast<std::byte>(one.reserved << 4U);
    std::string made(as_text(bytes_view(head).first(size)));
    std::string payload = one.payload;
    if (one.masked) {
        websocket::apply_mask(std::as_writable_bytes(std::span(payload)), key);
    }
    return made + payload;
}

web_frame close_of(std::uint16_t code, std::string_view reason) {
    web_frame made{.code = opcode::close, .payload = {}};
    made.payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
    made.payload += reason;
    return made;
}

result<std::optional<web_frame>> next_web_frame(bytes_view& input, std::size_t payload_size_max) {
    std::optional<web_frame> made;
    if (input.size() < 2 || input.size() < websocket::header_size_of(input[1])) {
        return made;
    }
    auto const head = websocket::decode_header(input.data());
    if (head.payload_size > payload_size_max) {
        return error_code(websocket::websocket_error::frame_too_big);
    }
    auto const size = websocket::header_size_of(input[1]);
    if (input.size() - size < head.payload_size) {
        return made;
    }
    made = web_frame{
        .code = head.code,
        .payload = std::string(as_text(input.subspan(size, head.payload_size))),
        .fin = head.fin,
        .masked = head.masked,
        .reserved = static_cast<std::uint8_t>(std::to_integer<unsigned>(input[0]) >> 4U & 7U)};
    if (head.masked) {
        websocket::apply_mask(std::as_writable_bytes(std::span(made->payload)), head.mask);
    }
    input = input.subspan(size + head.payload_size);
    return made;
}

}  // namespace trunkline::conform
