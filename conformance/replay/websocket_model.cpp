#include <replay/published_names.hpp>
#include <replay/websocket_model.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/utf8.hpp>

#include <utility>

namespace trunkline::replay {
namespace {

constexpr std::size_t control_size_max = 125;
constexpr std::uint8_t first_control_code = 8;

bool known(std::uint8_t code) {
    return code <= 2 || (code >= first_control_code && code <= 10);
}

/// Codes that may travel (RFC 6455 section 7.4).
bool may_travel(unsigned code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

std::optional<byte_string> websocket_model::take(recorded_event const& event) {
    if (close_code_) {
        return std::nullopt;
    }
    close_code_ = judge(event);
    if (close_code_ || event.code >= first_control_code) {
        return std::nullopt;
    }
    if (static_cast<opcode>(event.code) != opcode::continuation) {
        binary_ = static_cast<opcode>(event.code) == opcode::binary;
    }
    open_ = !event.fin;
    joined_.insert(joined_.end(), event.bytes.begin(), event.bytes.end());
    if (joined_.size() > session_limits{}.message_size_max) {
        close_code_ = close::message_too_big;
        return std::nullopt;
    }
    if (open_) {
        return std::nullopt;
    }
    byte_string message = std::exchange(joined_, {});
    if (!binary_ && !is_utf8(message)) {
        close_code_ = close::invalid_payload;
    }
    return binary_ ? std::optional(std::move(message)) : std::nullopt;
}

std::optional<std::uint16_t> websocket_model::judge(recorded_event const& event) const {
    bool const control = event.code >= first_control_code;
    bool const continues = static_cast<opcode>(event.code) == opcode::continuation;
    if (event.masked != peer_masks_ || event.reserved != 0 || !known(event.code) ||
        (control && (!event.fin || event.bytes.size() > control_size_max)) ||
        (!control && continues != open_)) {
        return close::protocol_error;
    }
    if (static_cast<opcode>(event.code) == opcode::close) {
        return judge_close(event.bytes);
    }
    return std::nullopt;
}

std::uint16_t websocket_model::judge_close(bytes_view payload) {
    if (payload.empty()) {
        return close::no_code;
    }
    if (payload.size() == 1) {
        return close::protocol_error;
    }
    auto const code =
        std::to_integer<unsigned>(payload[0]) << 8U | std::to_integer<unsigned>(payload[1]);
    if (!may_travel(code)) {
        return close::protocol_error;
    }
    return is_utf8(payload.subspan(2)) ? static_cast<std::uint16_t>(code) : close::invalid_payload;
}

}  // namespace trunkline::replay
