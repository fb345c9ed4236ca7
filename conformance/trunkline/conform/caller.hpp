// Calls a stranger frame by frame, and keeps account of what it says.
#pragma once

#include <trunkline/conform/stranger.hpp>
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conform {

/// What no server has: each of them has to answer "method not found".
extern std::uint64_t const unknown_method;

/// Bytes of a run's seed.
[[nodiscard]] std::string noise(conformance::world& at, std::size_t size);

/// What dials the far side, outlives the connections that it makes.
[[nodiscard]] std::unique_ptr<transport::dialer> dialer_of(conformance::world& at);

/// One connection of a client. Throws rule_broken where something does not come true.
class caller {
public:
    /// Dials, in the layout the server is known to read, or another one.
    explicit caller(conformance::world& at);
    caller(conformance::world& at, frame::layout spoken);
    /// Takes a connection that was dialled by somebody else.
    caller(conformance::world& at, std::unique_ptr<transport::connection> link);

    /// An id that was not used before; good for a request and for its stream.
    [[nodiscard]] std::uint32_t next_id() noexcept { return ++last_id_; }

    /// One frame as bytes.
    [[nodiscard]] std::string frame(frame::kind what, std::uint32_t stream_id,
                                    std::uint32_t sequence, std::string_view payload = {}) const;
    /// A call as bytes: an Open of up to 64 KiB, Data, an End. Arguments travel where published
    /// clients put them.
    [[nodiscard]] std::vector<std::string> frames_of_call(
        std::uint32_t id, std::string_view arguments = {},
        std::uint64_t method = unknown_method) const;
    /// The same in one piece.
    [[nodiscard]] std::string bytes_of_call(std::uint32_t id,
                                            std::string_view arguments = {}) const;

    /// Sends bytes, as one message where borders are kept.
    void say(std::string_view bytes);
    /// Calls as published clients do, each frame in a message of its own; returns the id.
    std::uint32_t call(std::string_view arguments = {}, std::uint64_t method = unknown_method);

    /// The answer; throws unless it comes before the connection ends. `what` is told then: "a
    /// call".
    conformance::heard_message await(std::uint32_t id, std::string_view what);
    /// The answer has to be "method not found", for the method that was called.
    void expect_not_found(std::uint32_t id, std::string_view what);
    /// A call has to be answered on this connection.
    void expect_alive(std::string_view what) { expect_not_found(call(), what); }
    /// How many answers have come to this request.
    [[nodiscard]] std::size_t answers_to(std::uint32_t id);
    /// All answers so far.
    [[nodiscard]] std::size_t answers();
    /// A call has been answered with success.
    [[nodiscard]] bool was_told_of_success();
    /// What was odd about the frames that have come; empty where nothing was.
    [[nodiscard]] std::string const& oddity();
    /// The ids of the streams that have come.
    [[nodiscard]] std::vector<std::uint32_t> const& streams();

    /// Waits for the end of the connection; false when it does not come.
    [[nodiscard]] bool ends();
    [[nodiscard]] bool has_ended() const noexcept { return link_->has_ended(); }
    /// What it speaks over.
    [[nodiscard]] conformance::bare_link& link() noexcept { return *link_; }

private:
    void take();
    void take_frame(conformance::heard_frame const& next);
    void take_message(std::uint32_t stream_id, std::string_view bytes);

    conformance::world& at_;
    frame::layout spoken_;
    std::unique_ptr<transport::dialer> dialer_;  // outlives its link
    std::unique_ptr<conformance::bare_link> link_;
    std::uint32_t last_id_ = 0;

    // What was heard, as far as it has been taken.
    conformance::frame_cutter cutter_;
    std::size_t cut_size_ = 0;
    conformance::message_joiner joined_;
    std::map<std::uint32_t, std::uint32_t> sequences_;  // of streams that are open, the next
    std::map<std::uint32_t, std::vector<conformance::heard_message>> answers_;
    std::vector<std::uint32_t> streams_;
    std::string oddity_;
};

/// A fresh connection has to be answered on.
void expect_served(conformance::world& at, std::string_view what);

}  // namespace trunkline::conform
