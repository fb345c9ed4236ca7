#include <trunkline/flow/receive_window.hpp>

#include <algorithm>

namespace trunkline::flow {

bool receive_window::receive(std::uint64_t bytes, path& on) noexcept {
    if (bytes > left()) {
        return false;
    }
    received_ += bytes;
    count_round(bytes, on);
    return true;
}

void receive_window::count_round(std::uint64_t bytes, path& on) noexcept {
    if (on.round != round_) {
        bool const held_up = on.round == round_ + 1 && in_round_ >= size_ / 3 * 2;
        std::uint32_t const more = std::min(size_, window_size_max - size_);
        if (held_up && more > 0 && on.grown + more <= growth_size_max) {
            on.grown += more;
            size_ += more;
        }
        round_ = on.round;
        in_round_ = 0;
    }
    in_round_ += bytes;
}

std::uint32_t receive_window::take_grant() noexcept {
    std::uint64_t const wanted = received_ - std::min(received_, held_) + size_;
    if (wanted <= granted_ || wanted - granted_ < size_ / 2) {
        return 0;
    }
    std::uint64_t const more = wanted - granted_;
    granted_ = wanted;
    return static_cast<std::uint32_t>(more);
}

void receive_window::close(path& on) noexcept {
    on.grown -= size_ - first_credit;
    size_ = first_credit;
}

}  // namespace trunkline::flow
