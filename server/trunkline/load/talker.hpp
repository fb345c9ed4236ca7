// A member that sends and receives WebSocket messages.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/load/member.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::load {

/// Messages that one write takes at most.
inline constexpr std::size_t messages_per_write = 64;

/// Bytes of messages above which a write takes no further one.
inline constexpr std::size_t write_size_mark = 64 * kib;

/// What talkers of one thread share: room for what one of them reads or writes now.
struct desk {
    std::array<websocket::message_piece, 128> pieces;                     ///< of one read
    std::array<websocket::message_segment, messages_per_write> segments;  ///< of one write
    std::vector<std::byte> bytes;  ///< messages of one write, one behind the other
};

/// Sends a message whenever one is due and fewer than plan::depth are unanswered, the others later:
/// what waits is two numbers. What the link does not take is made anew when it does: the messages
/// of a talker follow from their numbers. So it keeps no bytes of any message.
class talker : public member, private transport::readiness_sink {
public:
    void begin(std::size_t place) override { place_ = place; }
    void send_one() override;
    [[nodiscard]] std::uint64_t missing() const override { return due_ - answered_; }
    void close() override;

protected:
    /// All of these outlive it. `link` is a WebSocket connection.
    talker(member_owner& owner, transport::runtime& loop, desk& at,
           std::unique_ptr<transport::connection> link);

    /// Puts the message of that number behind `to`; the same one every time.
    virtual void compose(std::uint64_t number, std::vector<std::byte>& to) = 0;

    /// Whether messages go as text or binary.
    [[nodiscard]] virtual websocket::message_kind kind() const = 0;

    /// A piece of what came. What it returns is wrong with it; empty where nothing is.
    virtual std::string_view take(websocket::message_piece const& piece) = 0;

    /// So many messages more are sent to the last byte.
    virtual void on_sent(std::uint64_t /*count*/) {}

    /// The answer to the message that is next to be answered has come.
    void answered();

    /// As answered(), of one whose latency is counted otherwise.
    void advance();

    /// Which one that is.
    [[nodiscard]] std::uint64_t next_answer() const noexcept { return answered_; }

    /// Messages of which at least a byte is sent.
    [[nodiscard]] std::uint64_t begun() const noexcept { return sent_ + (offset_ != 0 ? 1 : 0); }

    /// Messages that are due and not yet sent to the last byte.
    [[nodiscard]] std::uint64_t unsent() const noexcept { return due_ - sent_; }

    [[nodiscard]] std::size_t place() const noexcept { return place_; }
    [[nodiscard]] member_owner& owner() noexcept { return owner_; }
    [[nodiscard]] transport::runtime& loop() noexcept { return loop_; }

private:
    using time_point = transport::runtime::time_point;

    void on_ready(bool readable, bool writable) override;
    bool read_turn();
    bool read_batch(std::size_t& taken, bool& more);
    void push();
    std::size_t plan_write();
    void rewatch();
    [[nodiscard]] bool may_send() const noexcept;
    [[nodiscard]] std::string cause_of(transport::read_result const& got) const;

    member_owner& owner_;
    transport::runtime& loop_;
    desk& desk_;
    std::unique_ptr<websocket::connection> link_;
    std::size_t place_ = 0;
    std::uint64_t due_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    std::size_t offset_ = 0;         // of the message that is being sent
    std::vector<time_point> begun_;  // in a closed loop: when the last `depth` were due
    std::string cause_;              // why it is over, found while writing
    bool blocked_ = false;           // until the link takes more
    bool closing_ = false;
};

}  // namespace trunkline::load
