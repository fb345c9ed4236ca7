#include <trunkline/extension/control_frames.hpp>

#include <trunkline/frame/checksum.hpp>

#include <algorithm>
#include <array>

namespace trunkline::extension {
namespace {

constexpr std::size_t reset_size = 9;
constexpr std::size_t code_size = 4;

code code_of(std::uint32_t number) noexcept {
    return number <= static_cast<std::uint32_t>(code::going_away) ? static_cast<code>(number)
                                                                  : code::none;
}

}  // namespace

void control_sink::put(kind what, std::uint32_t stream_id, bytes_view payload) const {
    std::array<std::byte, frame::header_size_max> head;
    std::size_t const size =
        frame::encode_header({static_cast<std::uint32_t>(payload.size()), stream_id, 0,
                              static_cast<std::uint8_t>(what), now_us},
                             of, head);
    bytes_view const head_bytes = bytes_view(head).first(size);
    queue.begin_frame(size + payload.size() + (checked ? frame::checks_size(payload.size()) : 0));
    queue.append_copy(head_bytes);
    if (!checked) {
        queue.append_copy(payload);
        return;
    }
    std::uint32_t const sum = frame::checksum(0, head_bytes);
    frame::put_check(queue, sum);
    if (!payload.empty()) {
        queue.append_copy(payload);
        frame::put_check(queue, frame::checksum(sum, payload));
    }
}

void control_sink::put_credit(std::uint32_t stream_id, std::uint32_t bytes) const {
    std::array<std::byte, sizeof bytes> payload;
    store_le(payload.data(), bytes);
    put(kind::credit, stream_id, payload);
}

void control_sink::put_reset(reset_fields const& what) const {
    std::array<std::byte, reset_size> payload;
    payload[0] = static_cast<std::byte>(what.by);
    store_le(payload.data() + 1, what.request_id);
    store_le(payload.data() + 5, static_cast<std::uint32_t>(what.why));
    put(kind::reset, 0, payload);
}

void control_sink::put_go_away(go_away_fields const& what) const {
    std::array<std::byte, code_size + text_size_max> payload;
    store_le(payload.data(), static_cast<std::uint32_t>(what.why));
    bytes_view const text = as_bytes(what.text.substr(0, text_size_max));
    std::copy(text.begin(), text.end(), payload.begin() + code_size);
    put(kind::go_away, 0, bytes_view(payload).first(code_size + text.size()));
}

std::optional<std::uint32_t> decode_credit(bytes_view payload) noexcept {
    if (payload.size() != sizeof(std::uint32_t)) {
        return std::nullopt;
    }
    return load_le<std::uint32_t>(payload.data());
}

std::optional<reset_fields> decode_reset(bytes_view payload) noexcept {
    if (payload.size() != reset_size || std::to_integer<int>(payload.front()) > 1) {
        return std::nullopt;
    }
    return reset_fields{static_cast<reset_by>(payload.front()),
                        load_le<std::uint32_t>(payload.data() + 1),
                        code_of(load_le<std::uint32_t>(payload.data() + 5))};
}

std::optional<go_away_fields> decode_go_away(bytes_view payload) noexcept {
    if (payload.size() < code_size || payload.size() > code_size + text_size_max) {
        return std::nullopt;
    }
    bytes_view const text = payload.subspan(code_size);
    auto const number = load_le<std::uint32_t>(payload.data());
    return go_away_fields{is_close_code(code{number}) ? code{number} : code_of(number),
                          {reinterpret_cast<char const*>(text.data()), text.size()}};
}

}  // namespace trunkline::extension
