#include <trunkline/chat_client/line_input.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace trunkline::chat_client {

line_input::line_input(transport::asio_runtime& loop, int from,
                       std::function<void(std::string_view)> on_line, std::function<void()> on_end)
    : loop_(loop), on_line_(std::move(on_line)), on_end_(std::move(on_end)) {
    descriptor = from;
}

line_input::~line_input() {
    loop_.readiness().remove(*this);
}

void line_input::want(bool on) {
    if (std::exchange(is_wanted_, on) != on) {
        go_on();
    }
}

// What was read already is given first. A descriptor that cannot be watched is always ready.
void line_input::go_on() {
    bool const wanted = is_wanted_ && !has_told_;
    bool const at_hand = has_line() || has_ended_;
    loop_.readiness().update(*this, wanted && !at_hand, false);
    if (!wanted || for_read) {
        again_.reset();
    } else if (again_ == nullptr) {
        again_ = loop_.after(transport::runtime::duration::zero(), [this] {
            again_.reset();
            on_ready(true, false);
        });
    }
}

void line_input::on_ready(bool /*readable*/, bool /*writable*/) {
    if (is_wanted_ && !has_ended_ && !has_line()) {
        read_some();
    }
    give_lines();
    go_on();
}

void line_input::read_some() {
    std::array<char, 64 * kib> buffer;
    ssize_t const size = ::read(descriptor, buffer.data(), buffer.size());
    if (size > 0) {
        kept_.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
        has_ended_ = true;
    }
}

bool line_input::has_line() const noexcept {
    return kept_.size() >= line_size_max || kept_.find('\n') != std::string::npos;
}

void line_input::give_lines() {
    while (is_wanted_ && has_line()) {
        auto const end = std::min(kept_.find('\n'), line_size_max);
        std::string const line = kept_.substr(0, end);
        kept_.erase(0, end < kept_.size() && kept_[end] == '\n' ? end + 1 : end);
        on_line_(line);
    }
    if (is_wanted_ && has_ended_ && !kept_.empty()) {
        on_line_(std::exchange(kept_, {}));
    }
    if (is_wanted_ && has_ended_ && kept_.empty() && !std::exchange(has_told_, true)) {
        on_end_();
    }
}

}  // namespace trunkline::chat_client
