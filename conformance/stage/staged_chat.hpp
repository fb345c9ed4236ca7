// A chat on simulated links and virtual time, and people in it who speak byte by byte.
#pragma once

#include <stage/raw_peer.hpp>
#include <stage/websocket_bytes.hpp>
#include <trunkline/chat/house.hpp>
#include <trunkline/chat/visitors.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::stage {

/// All of the chat server above the sockets, on one thread.
class staged_chat {
public:
    /// What was not settled is.
    explicit staged_chat(chat::chat_options options = {},
                         transport::pipe_options const& pipes = {});
    ~staged_chat();

    /// A link of a peer with that port, for bytes.
    [[nodiscard]] std::unique_ptr<raw_peer> connect(std::uint16_t port = 4711);

    void run_for(transport::runtime::duration span) { loop_.run_for(span); }

    [[nodiscard]] transport::simulated_runtime& loop() noexcept { return loop_; }
    [[nodiscard]] chat::visitors& visitors() noexcept { return visitors_; }
    [[nodiscard]] rooms::hall& hall() noexcept { return house_.hall; }
    [[nodiscard]] rooms::shard const& shard() const noexcept { return shard_; }

    /// Of the link made last.
    [[nodiscard]] transport::pipe_control& last_link() noexcept { return *control_; }

private:
    transport::simulated_runtime loop_;
    transport::pipe_options pipes_;
    std::shared_ptr<transport::pipe_control> control_;
    chat::chat_options const options_;
    logging::journal log_;
    chat::house house_;
    rooms::shard shard_;
    websocket::context websockets_;
    chat::visitors visitors_;
    websocket::acceptor doorman_;
};

/// Somebody in a chat. Whatever comes is kept, frame by frame.
class chat_person {
public:
    /// Connects, and is let in.
    explicit chat_person(staged_chat& in, std::string_view target = "/", std::uint16_t port = 4711);

    void say(std::string_view text) { send({.code = op_text, .payload = as_bytes(text)}); }
    void send_binary(bytes_view message) { send({.code = op_binary, .payload = message}); }
    void send(client_frame const& frame);

    /// The frames that came since the last call.
    [[nodiscard]] std::vector<received_frame> hear();

    /// Of those the payloads of data frames, as text: in binary what was said.
    [[nodiscard]] std::vector<std::string> hear_texts();

    [[nodiscard]] raw_peer& link() noexcept { return *link_; }
    [[nodiscard]] bool ended() const { return link_->ended(); }

    /// Whether its upgrade was accepted.
    [[nodiscard]] bool is_in() const noexcept { return is_in_; }

private:
    staged_chat& in_;
    std::unique_ptr<raw_peer> link_;
    std::size_t taken_ = 0;
    bool is_in_ = false;
};

}  // namespace trunkline::stage
