// Members of a chat, as the clients of both published servers speak.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/load/conversation.hpp>
#include <trunkline/load/talker.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::load {

/// In which of their forms chat servers speak.
enum class chat_protocol : std::uint8_t {
    binary,  ///< the fast server
    json,    ///< the plain one
};

/// What the text of a message of a run says: who has sent it, and which of its messages it is.
struct chat_text {
    std::size_t sender = 0;
    std::uint64_t number = 0;

    /// Behind `to`, marked with the number of the run, filled up to `size` bytes where it has
    /// fewer.
    void write(std::uint32_t run, std::size_t size, std::vector<std::byte>& to) const;

    /// Nothing where it is no message of that run.
    [[nodiscard]] static std::optional<chat_text> read(std::uint32_t run, std::string_view text);
};

/// What all members of a run know: its number, which marks its messages, and how many of them
/// were sent. Each thread counts those of its own members; any may read the sums, which are whole
/// for who has met the others since.
class chat_run {
public:
    /// Members are spread over `rooms`, and do their part on one of `threads`.
    chat_run(std::uint32_t number, std::size_t rooms, std::size_t threads);

    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    [[nodiscard]] std::size_t rooms() const noexcept { return rooms_; }

    /// `count` messages more, to `room`, by members of `thread`.
    void add_sent(std::size_t thread, std::size_t room, std::uint64_t count) noexcept {
        auto& own = sent_[thread][room];
        own.store(own.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }

    /// How many to `room`, by all.
    [[nodiscard]] std::uint64_t sent(std::size_t room) const noexcept {
        std::uint64_t sum = 0;
        for (auto const& thread : sent_) {
            sum += thread[room].load(std::memory_order_relaxed);
        }
        return sum;
    }

private:
    std::uint32_t number_;
    std::size_t rooms_;
    std::vector<std::vector<std::atomic<std::uint64_t>>> sent_;  // by thread, by room
};

/// What the members of one room have in common, those of one thread.
struct chat_room {
    std::vector<std::uint64_t> next;  ///< by sender: the message that is next to come
    std::size_t witness = SIZE_MAX;   ///< the member that holds the messages to their order
    std::uint64_t witness_order = 0;  ///< what it has received, in that order
    std::uint64_t witness_received = 0;
};

/// Everybody gets what anybody says. What a message has to be follows from the run, so each
/// delivery has its latency, from when the message was due. Every member holds its messages to be
/// complete, one for each room holds them to the order of each sender, and all others to the order
/// of that one: in a few numbers for each member. Of several threads each has one, and these are
/// held against each other at the end.
class chat_conversation final : public conversation {
public:
    /// On `loop`, which outlives it, as `run` does; the caller is its thread of that number.
    /// Without a `protocol` the first message of the server tells; binary where it says nothing.
    /// A connection of number n is in room n modulo their number; where these are, the caller says
    /// to the server.
    chat_conversation(transport::runtime& loop, std::size_t size,
                      std::optional<chat_protocol> protocol, chat_run& run, std::size_t thread = 0);

    [[nodiscard]] std::unique_ptr<member> join(
        member_owner& owner, std::size_t number,
        std::unique_ptr<transport::connection> link) override;

    void hold_against(conversation const& other, tally& counts) const override;

private:
    class speaker;

    transport::runtime& loop_;
    std::size_t size_;
    std::optional<chat_protocol> protocol_;
    chat_run& run_;
    std::size_t thread_;
    desk desk_;
    std::vector<std::byte> text_;  // of the message that is being made
    std::vector<chat_room> rooms_;
};

}  // namespace trunkline::load
