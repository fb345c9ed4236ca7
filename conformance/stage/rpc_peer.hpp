// A stranger's client: upgrade, calls, answers, written from the protocol's pages alone.
#pragma once

#include <replay/exchange.hpp>
#include <stage/raw_peer.hpp>
#include <stage/websocket_bytes.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace trunkline::stage {

/// One frame of a header layout as bytes; the time of sending of layout a is a fixed one of 2026.
[[nodiscard]] byte_string encode(replay::raw_frame const& frame, frame::layout layout);

/// The frames of one whole call, each as a binary message of its own.
[[nodiscard]] std::vector<byte_string> call_messages(std::uint32_t request_id,
                                                     std::uint32_t stream_id,
                                                     std::uint64_t method_id, bytes_view arguments,
                                                     frame::layout layout);

class rpc_peer {
public:
    rpc_peer(std::unique_ptr<transport::byte_stream> link, frame::layout layout);

    [[nodiscard]] raw_peer& link() noexcept { return link_; }
    [[nodiscard]] frame::layout layout() const noexcept { return layout_; }

    void upgrade(std::string_view target = "/ws") { link_.send(upgrade_request(target)); }

    /// Whether pings are answered, as all clients of today do. On at first.
    void answer_pings(bool wanted) noexcept { answers_pings_ = wanted; }

    /// One binary message.
    void send_message(bytes_view payload) { link_.send(binary_message(payload)); }

    /// A whole call; returns its request id.
    std::uint32_t call(std::uint64_t method_id, bytes_view arguments);

    /// HTTP status of the upgrade; 0 while there is none.
    [[nodiscard]] int status();

    /// The answer to a call, once it is there to its end.
    [[nodiscard]] std::optional<replay::sent_message> answer(std::uint32_t request_id);

    /// Everything that was received to its end.
    [[nodiscard]] std::vector<replay::sent_message> const& messages();

    /// Pings, pongs and the Close, in order.
    [[nodiscard]] std::vector<received_frame> const& control_frames();

    /// The code of the server's Close frame; 1005 when it carries none, nothing before it came.
    [[nodiscard]] std::optional<std::uint16_t> close_code();

    /// Frames that no server may send: masked, fragmented without need, reserved bits, text.
    [[nodiscard]] std::size_t faults();

private:
    void parse();
    void take(received_frame frame);

    frame::layout layout_;
    raw_peer link_;
    std::size_t parsed_ = 0;
    int status_ = 0;
    bool answers_pings_ = true;
    replay::message_sorter sorter_;
    std::vector<received_frame> control_;
    std::size_t faults_ = 0;
    std::uint32_t next_id_ = 1;
};

}  // namespace trunkline::stage
