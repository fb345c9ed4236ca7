#include <trunkline/websocket/http_head.hpp>

namespace trunkline::websocket {

head_state http_head::feed(bytes_view& input, websocket_limits const& limits) {
    head_state state = head_state::more;
    std::size_t taken = 0;
    while (state == head_state::more && taken < input.size()) {
        state = judge(static_cast<char>(input[taken++]), limits);
    }
    text_ += as_text(input.first(taken));
    input = input.subspan(taken);
    return state;
}

head_state http_head::judge(char byte, websocket_limits const& limits) noexcept {
    if (++size_ > limits.http_head_size_max) {
        return head_state::too_large;
    }
    if (after_cr_ != (byte == '\n')) {
        return head_state::malformed;
    }
    if (byte == '\n') {
        after_cr_ = false;
        if (line_size_ == 0) {
            return lines_ == 0 ? head_state::malformed : head_state::complete;
        }
        line_size_ = 0;
        // The first line is not a field.
        return ++lines_ > limits.http_fields_max + 1 ? head_state::too_large : head_state::more;
    }
    if (byte == '\r') {
        after_cr_ = true;
        return head_state::more;
    }
    auto const code = static_cast<unsigned char>(byte);
    bool const blank = byte == ' ' || byte == '\t';
    if ((code < 0x20 && byte != '\t') || code == 0x7f || (blank && line_size_ == 0)) {
        return head_state::malformed;
    }
    ++line_size_;
    return head_state::more;
}

}  // namespace trunkline::websocket
