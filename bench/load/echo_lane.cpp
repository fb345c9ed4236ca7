#include "echo_lane.hpp"

#include <algorithm>
#include <stdexcept>

namespace trunkline::load {

void echo_lane::send(std::size_t slot, std::vector<std::byte>& to) {
    exchange const& next = turns_.next();
    append(next.request, 0, to);
    under_way_.push_back({slot, &next.answer});
}

void echo_lane::take(websocket::event const& piece, std::vector<std::size_t>& answered) {
    if (under_way_.empty()) {
        throw std::runtime_error("a message that nobody has sent");
    }
    auto const& wanted = *under_way_.front().message;
    right_ =
        right_ && piece.bytes.size() <= wanted.size() - received_ &&
        std::ranges::equal(piece.bytes, bytes_view(wanted).subspan(received_, piece.bytes.size()));
    received_ += right_ ? piece.bytes.size() : 0;
    if (!piece.ends) {
        return;
    }
    if (!right_ || received_ != wanted.size()) {
        wrong_.add("a message came back changed");
    }
    answered.push_back(under_way_.front().slot);
    under_way_.pop_front();
    received_ = 0;
    right_ = true;
}

}  // namespace trunkline::load
