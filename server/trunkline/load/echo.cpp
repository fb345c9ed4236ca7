#include <trunkline/load/echo.hpp>

#include <trunkline/base/noise.hpp>

#include <algorithm>

namespace trunkline::load {
namespace {

// Where messages begin in the text: different ones for neighbours in time and place.
constexpr std::size_t beginnings = 1024;

}  // namespace

echo_text::echo_text(std::size_t size) : size_(size), text_(noise(size + beginnings, 1)) {
    for (char& each : text_) {
        each = static_cast<char>('0' + static_cast<unsigned char>(each) % 75);
    }
}

bytes_view echo_text::message(std::size_t place, std::uint64_t number) const noexcept {
    return as_bytes(text_).subspan((place * 31 + number * 7) % beginnings, size_);
}

void echo_talker::compose(std::uint64_t number, std::vector<std::byte>& to) {
    bytes_view const message = text_.message(place(), number);
    to.insert(to.end(), message.begin(), message.end());
}

std::string_view echo_talker::take(websocket::message_piece const& piece) {
    if (next_answer() == begun()) {
        return "wrong: a message that was not asked for";
    }
    bytes_view const wanted = text_.message(place(), next_answer());
    right_ = right_ && piece.kind == kind_ && piece.bytes.size() <= wanted.size() - received_ &&
             std::ranges::equal(piece.bytes, wanted.subspan(received_, piece.bytes.size()));
    received_ += right_ ? piece.bytes.size() : 0;
    if (!piece.ends_message) {
        return {};
    }
    bool const came_back = right_ && received_ == wanted.size();
    received_ = 0;
    right_ = true;
    answered();
    return came_back ? std::string_view() : "wrong: a message came back changed";
}

}  // namespace trunkline::load
