// The calls of one connection of a played server: its frames, and its messages.
#pragma once

#include <trunkline/conform/played_guest.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::conform {

/// On the loop of its household.
class played_calls {
public:
    /// `send` is given the bytes of one frame.
    played_calls(household& home, std::function<void(std::string)> send)
        : home_(home), send_(std::move(send)) {}

    /// Bytes of frames, as many as have come.
    void take(std::string_view bytes);
    /// Answers what may never have been asked.
    void answer(rpc::header const& call, std::string const& arguments);

    /// What has to be said when the connection is closed, a code of WebSocket, 0 for nothing; none
    /// while it goes on.
    [[nodiscard]] std::optional<std::uint16_t> ending() const noexcept { return ending_; }

private:
    // A message that is coming in.
    struct stream {
        std::uint32_t next = 0;
        std::map<std::uint32_t, std::pair<std::string, bool>> held;  // payload, whether it ends
        std::string message;
        std::size_t frames = 0;
    };

    void end_if(bool so);
    bool take_frame();
    void on_frame(frame::header const& head, std::string const& payload);
    void on_cancel(std::uint32_t stream_id);
    void deliver(std::uint32_t stream_id, stream& of);
    void on_message(std::string_view message, std::size_t frames);
    void send_frame(frame::header const& head, std::string const& payload);

    household& home_;
    std::function<void(std::string)> send_;
    std::optional<std::uint16_t> ending_;
    std::string frames_;
    std::string mixed_;
    std::string last_part_;  // of any stream
    std::optional<frame::layout> layout_;
    std::map<std::uint32_t, stream> streams_;
    std::set<std::uint32_t> given_up_;
    std::set<std::uint32_t> done_;
    std::size_t calls_ = 0;
    std::size_t late_ = 0;
};

}  // namespace trunkline::conform
