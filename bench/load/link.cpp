#include "link.hpp"

#include "opening.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace trunkline::load {

namespace {

// Requests are written out while fewer bytes than these wait to be sent: what the socket does not
// take anyway would only leave the cache.
constexpr std::size_t unsent_mark = 256U << 10;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

link::link(settings const& of, std::unique_ptr<lane> inside, std::size_t depth)
    : socket_(open_websocket(of)), lane_(std::move(inside)), begun_(depth) {
    answered_.reserve(depth);
    unsent_.reserve(unsent_mark);
}

link::~link() {
    ::close(socket_);
}

void link::start() {
    auto const now = clock::now();
    for (std::size_t slot = 0; slot < begun_.size(); ++slot) {
        begun_[slot] = now;
        due_.push_back(slot);
    }
    under_way_ = begun_.size();
    flush();
}

void link::on_readable(mutable_bytes room, answer_sink& to) {
    ssize_t const size = ::recv(socket_, room.data(), room.size(), 0);
    if (size > 0) {
        take(room.first(static_cast<std::size_t>(size)), to);
        flush();
    } else if (size == 0) {
        throw std::runtime_error("the server ended a connection");
    } else if (errno != EAGAIN && errno != EINTR) {
        throw std::system_error(errno, std::system_category(), "a connection was lost");
    }
}

void link::take(mutable_bytes input, answer_sink& to) {
    websocket_limits limits;
    limits.frame_size_max = no_limit;
    limits.message_size_max = no_limit;
    auto const now = clock::now();
    for (;;) {
        websocket::event const piece = protocol_.next(input, limits);
        if (piece.type == websocket::event_type::none) {
            return add_pongs();
        }
        if (piece.type == websocket::event_type::close ||
            piece.type == websocket::event_type::failed) {
            throw std::runtime_error("the server closed a connection");
        }
        if (piece.type == websocket::event_type::data) {
            take_answers(piece, now, to);
        }
    }
}

void link::take_answers(websocket::event const& piece, clock::time_point now, answer_sink& to) {
    answered_.clear();
    lane_->take(piece, answered_);
    for (std::size_t const slot : answered_) {
        to.answered(begun_[slot], now);
        --under_way_;
        if (to.goes_on()) {
            begun_[slot] = now;
            due_.push_back(slot);
            ++under_way_;
        }
    }
}

void link::add_pongs() {
    if (!protocol_.has_control()) {
        return;
    }
    std::array<std::byte, websocket::control_wire_size_max> bytes;
    std::size_t const size = protocol_.encode_control(bytes, masks_);
    protocol_.control_taken();
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
}

void link::fill() {
    if (sent_ == unsent_.size()) {
        unsent_.clear();
        sent_ = 0;
    }
    while (!due_.empty() && unsent_.size() - sent_ < unsent_mark) {
        if (sent_ > unsent_mark) {
            unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent_));
            sent_ = 0;
        }
        lane_->send(due_.front(), unsent_);
        due_.pop_front();
    }
}

void link::flush() {
    for (fill(); sent_ < unsent_.size(); fill()) {
        ssize_t const size =
            ::send(socket_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
        if (size < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return;
            }
            throw std::system_error(errno, std::system_category(), "a connection was lost");
        }
        sent_ += static_cast<std::size_t>(size);
    }
}

}  // namespace trunkline::load
