// Members that send what comes back as it was sent.
#pragma once

#include <trunkline/load/conversation.hpp>
#include <trunkline/load/talker.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::load {

/// What echoing members say: every message is a cut of one text, so none is kept anywhere.
class echo_text {
public:
    /// Messages of `size` bytes; printable characters.
    explicit echo_text(std::size_t size);

    /// The message of that number of that member.
    [[nodiscard]] bytes_view message(std::size_t place, std::uint64_t number) const noexcept;

private:
    std::size_t size_;
    std::string text_;
};

/// Holds what comes back against what was sent, byte by byte.
class echo_talker final : public talker {
public:
    /// All of these outlive it.
    echo_talker(member_owner& owner, transport::runtime& loop, desk& at,
                std::unique_ptr<transport::connection> link, echo_text const& text,
                websocket::message_kind kind)
        : talker(owner, loop, at, std::move(link)), text_(text), kind_(kind) {}

private:
    void compose(std::uint64_t number, std::vector<std::byte>& to) override;
    [[nodiscard]] websocket::message_kind kind() const override { return kind_; }
    std::string_view take(websocket::message_piece const& piece) override;

    echo_text const& text_;
    std::size_t received_ = 0;  // of the message that is next to come back
    websocket::message_kind kind_;
    bool right_ = true;  // so far
};

/// Says nothing, and takes whatever comes.
class idle_talker final : public talker {
public:
    /// All of these outlive it.
    idle_talker(member_owner& owner, transport::runtime& loop, desk& at,
                std::unique_ptr<transport::connection> link)
        : talker(owner, loop, at, std::move(link)) {}

private:
    void compose(std::uint64_t, std::vector<std::byte>&) override {}
    [[nodiscard]] websocket::message_kind kind() const override {
        return websocket::message_kind::binary;
    }
    std::string_view take(websocket::message_piece const&) override { return {}; }
};

/// Members that echo.
class echo_conversation final : public conversation {
public:
    /// Messages of `size` bytes; on `loop`, which outlives it.
    echo_conversation(transport::runtime& loop, std::size_t size, websocket::message_kind kind)
        : loop_(loop), text_(size), kind_(kind) {}

    [[nodiscard]] std::unique_ptr<member> join(
        member_owner& owner, std::size_t /*number*/,
        std::unique_ptr<transport::connection> link) override {
        return std::make_unique<echo_talker>(owner, loop_, desk_, std::move(link), text_, kind_);
    }

private:
    transport::runtime& loop_;
    desk desk_;
    echo_text text_;
    websocket::message_kind kind_;
};

/// Members that say nothing.
class idle_conversation final : public conversation {
public:
    /// On `loop`, which outlives it.
    explicit idle_conversation(transport::runtime& loop) : loop_(loop) {}

    [[nodiscard]] std::unique_ptr<member> join(
        member_owner& owner, std::size_t /*number*/,
        std::unique_ptr<transport::connection> link) override {
        return std::make_unique<idle_talker>(owner, loop_, desk_, std::move(link));
    }

private:
    transport::runtime& loop_;
    desk desk_;
};

}  // namespace trunkline::load
