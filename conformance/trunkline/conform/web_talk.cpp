#include <trunkline/conform/web_talk.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace trunkline::conform {

using conformance::bare_link;
using conformance::expect;
using conformance::value_of;
using conformance::world;
using websocket::opcode;

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

}  // namespace

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

void web_talk::send(web_frame const& one) {
    has_closed_ = has_closed_ || one.code == opcode::close;
    say(encode(one));
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

std::vector<web_frame> const& web_talk::frames() {
    taken_ = std::max(taken_, head_size());
    bytes_view left = as_bytes(link_->heard()).subspan(taken_);
    for (auto next = next_web_frame(left); next && *next; next = next_web_frame(left)) {
        frames_.push_back(std::move(**next));
        web_frame const& last = frames_.back();
        if (last.code == opcode::close && !std::exchange(has_closed_, true)) {
            owed_ = encode({.code = opcode::close, .payload = last.payload});
        }
    }
    taken_ = link_->heard().size() - left.size();
    if (!owed_.empty() && link_->unsaid() == 0) {
        link_->say(std::exchange(owed_, {}));
    }
    return frames_;
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
    return comes_true(at_, [&] {
        static_cast<void>(frames());
        return has_ended();
    });
}

std::size_t web_talk::head_size() const noexcept {
    auto const end = link_->heard().find(end_of_head);
    return end == std::string::npos ? 0 : end + end_of_head.size();
}

}  // namespace trunkline::conform
