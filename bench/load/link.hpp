// One connection: a socket that never blocks, the WebSocket on it, and the lane inside.
#pragma once

#include "lane.hpp"
#include "settings.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace trunkline::load {

using clock = std::chrono::steady_clock;

/// What becomes of answers.
class answer_sink {
public:
    /// One answer came at `now`, to a request that was due at `begun`.
    virtual void answered(clock::time_point begun, clock::time_point now) = 0;

    /// Whether a further request is to follow now.
    [[nodiscard]] virtual bool goes_on() const = 0;

protected:
    ~answer_sink() = default;
};

/// Connects and upgrades where it is made, waiting for the server. Throws std::runtime_error, then
/// and later, when the connection is refused or lost.
class link {
public:
    /// `inside` speaks on it, with `depth` requests under way.
    link(settings const& of, std::unique_ptr<lane> inside, std::size_t depth);
    ~link();
    link(link const&) = delete;
    link& operator=(link const&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return socket_; }

    /// Sends a request from every slot.
    void start();

    /// Takes what there is, at most `room`, and sends what follows from it.
    void on_readable(mutable_bytes room, answer_sink& to);

    /// Goes on sending.
    void flush();

    /// True while bytes wait until the socket takes more.
    [[nodiscard]] bool is_blocked() const noexcept { return sent_ < unsent_.size(); }

    /// Requests that are under way or due.
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }

private:
    void take(mutable_bytes input, answer_sink& to);
    void take_answers(websocket::event const& piece, clock::time_point now, answer_sink& to);
    void add_pongs();
    void fill();

    int socket_ = -1;
    std::unique_ptr<lane> lane_;
    websocket::protocol protocol_{websocket::role::client};
    websocket::mask_generator masks_;
    std::vector<std::byte> unsent_;
    std::size_t sent_ = 0;                  // of them
    std::vector<clock::time_point> begun_;  // by slot
    std::deque<std::size_t> due_;           // slots whose request is still to be written
    std::vector<std::size_t> answered_;     // of one piece
    std::size_t under_way_ = 0;
};

}  // namespace trunkline::load
