#include <trunkline/frame/decoder.hpp>

#include <trunkline/frame/error.hpp>

#include <algorithm>

namespace trunkline::frame {

bool decoder::read_header(bytes_view& input) noexcept {
    std::size_t const size = header_size(layout_) + (checked_ ? check_size : 0);
    if (header_filled_ == 0 && input.size() >= size) {
        take_header(input.first(size));
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
    take_header(bytes_view(header_bytes_).first(size));
    return true;
}

void decoder::take_header(bytes_view bytes) noexcept {
    head_ = decode_header(bytes, layout_);
    if (checked_) {
        bytes_view const head = bytes.first(bytes.size() - check_size);
        sum_ = checksum(0, head);
        broken_ = load_le<std::uint32_t>(bytes.data() + head.size()) != sum_;
    }
}

// The check behind a payload. False while it is not there.
bool decoder::read_check(bytes_view& input) noexcept {
    std::size_t const taken = std::min<std::size_t>(check_size - check_filled_, input.size());
    std::copy_n(input.begin(), taken, header_bytes_.begin() + check_filled_);
    check_filled_ = static_cast<std::uint8_t>(check_filled_ + taken);
    input = input.subspan(taken);
    if (check_filled_ < check_size) {
        return false;
    }
    check_filled_ = 0;
    broken_ = load_le<std::uint32_t>(header_bytes_.data()) != sum_;
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
    if (broken_) {
        return frame_error::bad_check;
    }
    if (head_.payload_size > payload_size_max_) {
        return frame_error::payload_too_large;
    }
    std::size_t const taken = std::min<std::size_t>(remaining_, input.size());
    bytes_view const bytes = input.first(taken);
    input = input.subspan(taken);
    remaining_ -= static_cast<std::uint32_t>(taken);
    in_payload_ = remaining_ > 0;
    if (checked_ && head_.payload_size > 0) {
        sum_ = checksum(sum_, bytes);
        in_payload_ = in_payload_ || !read_check(input);
        if (broken_) {
            in_payload_ = true;
            return frame_error::bad_check;
        }
    }
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
