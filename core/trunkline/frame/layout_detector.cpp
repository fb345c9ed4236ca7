#include <trunkline/frame/layout_detector.hpp>

#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <array>

namespace trunkline::frame {
namespace {

constexpr std::uint64_t chunk_payload_size = chunk_size;

std::uint64_t declared(bytes_view start) noexcept {
    return load_le<std::uint32_t>(start.data() + payload_size_offset);
}

bool cuts_completely(bytes_view message, layout of) noexcept {
    while (!message.empty()) {
        if (message.size() < header_size(of)) {
            return false;
        }
        header const head = decode_header(message, of);
        std::uint64_t const size = header_size(of) + std::uint64_t{head.payload_size};
        if (head.kind_byte > kind_max || size > message.size()) {
            return false;
        }
        message = message.subspan(static_cast<std::size_t>(size));
    }
    return true;
}

// Whether the first payload can begin an RPC message, were its header `header_bytes` long.
bool looks_like_message(bytes_view start, std::size_t header_bytes) noexcept {
    if (start.size() < header_bytes + rpc_head::size) {
        return false;  // only when the first frame is shorter than an RPC head
    }
    std::uint64_t const metadata_size =
        load_le<std::uint16_t>(start.data() + header_bytes + rpc_head::metadata_size_offset);
    std::uint64_t const n = declared(start);
    return std::to_integer<std::uint8_t>(start[header_bytes]) <= rpc_head::type_max &&
           (rpc_head::size + metadata_size <= n || n >= chunk_payload_size);
}

}  // namespace

std::optional<layout> layout_of_message(bytes_view message) noexcept {
    if (message.size() >= header_size_b) {
        if (message.size() == header_size_b + declared(message)) {
            return layout::b;
        }
        if (message.size() == header_size_a + declared(message)) {
            return layout::a;
        }
        bool const as_a = cuts_completely(message, layout::a);
        bool const as_b = cuts_completely(message, layout::b);
        if (as_a != as_b) {
            return as_a ? layout::a : layout::b;
        }
    }
    return std::nullopt;
}

std::optional<layout> layout_of_content(bytes_view start) noexcept {
    if (start.size() < header_size_a) {
        return std::nullopt;
    }
    auto const sent_at = load_le<std::uint64_t>(start.data() + sent_at_offset);
    if (sent_at < sent_at_min_us || sent_at >= sent_at_end_us) {
        return layout::b;
    }
    if (start.size() <
        std::min<std::uint64_t>(content_rule_size, header_size_a + declared(start))) {
        return std::nullopt;
    }
    bool const as_a = looks_like_message(start, header_size_a);
    bool const as_b = looks_like_message(start, header_size_b);
    return as_b && !as_a ? layout::b : layout::a;
}

bool layout_detector::may_become_one_frame(bytes_view start) const noexcept {
    return message_borders_ && !first_message_ended_ &&
           (start.size() < sizeof(std::uint32_t) ||
            start.size() < header_size_a + std::min(declared(start), chunk_payload_size));
}

std::optional<layout> layout_detector::feed(bytes_view piece, bool ends_message) {
    std::size_t const before = kept_.size();
    if (piece.empty() && before == 0) {
        return std::nullopt;  // an empty message is no first message
    }
    bytes_view all = piece;
    if (before != 0) {
        kept_.insert(kept_.end(), piece.begin(), piece.end());
        all = kept_;
    }
    std::optional<layout> found;
    if (ends_message && !first_message_ended_) {
        first_message_ended_ = true;
        found = layout_of_message(all);
    }
    if (!found && !may_become_one_frame(all)) {
        found = layout_of_content(all);
    }
    if (found) {
        kept_.resize(before);
    } else if (before == 0) {
        kept_.assign(piece.begin(), piece.end());
    }
    return found;
}

std::optional<std::uint32_t> layout_detector::declared_size(bytes_view piece) const noexcept {
    std::array<std::byte, sizeof(std::uint32_t)> field;
    std::size_t const from_kept = std::min(kept_.size(), field.size());
    if (from_kept + piece.size() < field.size()) {
        return std::nullopt;
    }
    std::copy_n(kept_.begin(), from_kept, field.begin());
    std::copy_n(piece.begin(), field.size() - from_kept, field.begin() + from_kept);
    return load_le<std::uint32_t>(field.data());
}

}  // namespace trunkline::frame
