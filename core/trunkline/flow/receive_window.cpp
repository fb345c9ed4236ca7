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
        std::uint64_t const passed = on.round - round_;
        bool const used = in_round_ >= wanted_ / 4;
        if (passed == 1 && in_round_ >= wanted_ / 3 * 2) {
            grow(on);
        }
        quiet_ = used ? 0 : quiet_;
        note_quiet(used ? passed - 1 : passed);
        round_ = on.round;
        in_round_ = 0;
    }
    in_round_ += bytes;
}

void receive_window::grow(path& on) noexcept {
    if (wanted_ < size_) {
        wanted_ = size_;  // it was shrinking, and has not come far
        return;
    }
    std::uint32_t const more = std::min(size_, window_size_max - size_);
    if (more > 0 && on.grown + more <= growth_size_max) {
        on.grown += more;
        size_ += more;
        wanted_ = size_;
    }
}

void receive_window::note_quiet(std::uint64_t rounds) noexcept {
    while (rounds > 0 && wanted_ > first_credit) {
        std::uint64_t const counted = std::min<std::uint64_t>(rounds, quiet_rounds_max - quiet_);
        rounds -= counted;
        quiet_ += static_cast<std::uint32_t>(counted);
        if (quiet_ == quiet_rounds_max) {
            quiet_ = 0;
            wanted_ = std::max(first_credit, wanted_ / 2);
        }
    }
}

// As far as what has been granted lets it.
void receive_window::shrink(path& on) noexcept {
    std::uint64_t const out = granted_ - read();
    auto const now = static_cast<std::uint32_t>(std::max<std::uint64_t>(wanted_, out));
    if (now < size_) {
        on.grown -= size_ - now;
        size_ = now;
    }
}

// Bytes of what has come that somebody has read.
std::uint64_t receive_window::read() const noexcept {
    return received_ - std::min(received_, held_);
}

std::uint32_t receive_window::take_grant(path& on) noexcept {
    shrink(on);
    std::uint64_t const most = read() + wanted_;
    if (most <= granted_ || most - granted_ < wanted_ / 2) {
        return 0;
    }
    std::uint64_t const more = most - granted_;
    granted_ = most;
    return static_cast<std::uint32_t>(more);
}

void receive_window::close(path& on) noexcept {
    on.grown -= size_ - first_credit;
    size_ = first_credit;
    wanted_ = first_credit;
}

}  // namespace trunkline::flow
