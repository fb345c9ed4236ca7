#include <trunkline/conform/web_talk.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace trunkline::conform {

using conformance::bare_link;
using conformance::expect;
using conformance::value_of;
using conformance::world;
using websocket::opcode;

namespace {

// Any will do: what is sent is no secret.
constexpr websocket::mask_key key = 0x2a51'7c93;

constexpr std::string_view end_of_head = "\r\n\r\n";

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

std::string upgrade_request(world& at) {
    auto const url =
        value_of(websocket::parse_ws_url(stranger_of(at).about().url), "reading a URL");
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
           "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

web_talk::web_talk(world& at)
    : at_(at),
      dialer_(at.place().raw_dialer()),
      link_(std::make_unique<bare_link>(
          value_of(dial_bare(at, *dialer_, stranger_of(at).raw_url()), "connecting"))) {}

void web_talk::say(std::string_view bytes) {
    expect(comes_true(at_, [&] { return link_->unsaid() == 0 || has_ended(); }),
           "a link did not take what was sent");
    if (!has_ended()) {
        link_->say(bytes);
    }
}

void web_talk::upgrade() {
    say(upgrade_request(at_));
    int const answered = status();
    expect(answered == 101, "an upgrade is answered with status " + std::to_string(answered));
}

int web_talk::status() {
    expect(comes_true(at_, [&] { return head_size() != 0 || has_ended(); }),
           "a request for an upgrade is not answered, and the connection stays");
    std::string_view const heard = link_->heard();
    int code = 0;
    if (heard.starts_with("HTTP/1.") && heard.size() >= 12) {
        std::from_chars(heard.data() + 9, heard.data() + 12, code);
    }
    return code;
}

std::vector<web_frame> web_talk::frames() const {
    std::vector<web_frame> all;
    bytes_view left = as_bytes(link_->heard()).subspan(head_size());
    while (left.size() >= 2 && left.size() >= websocket::header_size_of(left[1])) {
        auto const head = websocket::decode_header(left.data());
        auto const size = websocket::header_size_of(left[1]);
        if (left.size() - size < head.payload_size) {
            break;
        }
        all.push_back(
            {.code = head.code,
             .payload = std::string(as_text(left.subspan(size, head.payload_size))),
             .fin = head.fin,
             .masked = head.masked,
             .reserved = static_cast<std::uint8_t>(static_cast<unsigned>(left[0]) >> 4U & 7U)});
        left = left.subspan(size + head.payload_size);
    }
    return all;
}

std::optional<web_frame> web_talk::await(opcode code, std::size_t which) {
    std::vector<web_frame> found;
    static_cast<void>(comes_true(at_, [&] {
        found = frames();
        std::erase_if(found, [&](web_frame const& each) { return each.code != code; });
        return found.size() > which || has_ended();
    }));
    return found.size() > which ? std::optional(found[which]) : std::nullopt;
}

bool web_talk::ends() {
    return comes_true(at_, [&] { return has_ended(); });
}

std::size_t web_talk::head_size() const noexcept {
    auto const end = link_->heard().find(end_of_head);
    return end == std::string::npos ? 0 : end + end_of_head.size();
}

}  // namespace trunkline::conform
