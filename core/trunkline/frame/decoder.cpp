#include <trunkline/frame/decoder.hpp>

#include <trunkline/frame/error.hpp>

#include <algorithm>

namespace trunkline::frame {

bool decoder::read_header(bytes_view& input) noexcept {
    std::size_t const size = header_size(layout_);
    if (header_filled_ == 0 && input.size() >= size) {
        head_ = decode_header(input, layout_);
        input = input.subspan(size);
        return true;
    }
    std::size_t const taken = std::min(size - header_filled_, input.size());
    std::copy_n(input.begin(), taken, header_bytes_.begin() + header_filled_);
    header_filled_ = static_cast<std::uint8_t>(header_filled_ + taken);
    input = input.subspan(taken);
    if (header_filled_ < size) {
        return false;
    }
    header_filled_ = 0;
    head_ = decode_header(header_bytes_, layout_);
    return true;
}

bool decoder::is_known(std::uint8_t kind_byte) const noexcept {
    return kind_byte <= kind_max || (known_extension_ && is_extension_kind(kind_byte));
}

result<std::optional<fragment>> decoder::next(bytes_view& input) {
    if (!in_payload_) {
        if (!read_header(input)) {
            return std::optional<fragment>();
        }
        in_payload_ = true;
        begun_ = false;
        remaining_ = head_.payload_size;
    }
    if (head_.payload_size > payload_size_max_) {
        return frame_error::payload_too_large;
    }
    std::size_t const taken = std::min<std::size_t>(remaining_, input.size());
    bytes_view const bytes = input.first(taken);
    input = input.subspan(taken);
    remaining_ -= static_cast<std::uint32_t>(taken);
    in_payload_ = remaining_ > 0;
    if (!is_known(head_.kind_byte)) {
        if (in_payload_) {
            return std::optional<fragment>();
        }
        return std::optional<fragment>(fragment{head_, {}, true, true});
    }
    if (in_payload_ && taken == 0) {
        return std::optional<fragment>();
    }
    return std::optional<fragment>(
        fragment{head_, bytes, !std::exchange(begun_, true), !in_payload_});
}

}  // namespace trunkline::frame
