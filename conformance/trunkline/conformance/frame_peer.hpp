// A peer that the rule plays itself, frame by frame: for what no client or server of ours says.
#pragma once

#include <trunkline/bitcode/encode.hpp>
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/frame_cutter.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// One frame; `sent_at_us` travels in layout a only.
[[nodiscard]] std::string frame_of(frame::kind what, std::uint32_t stream_id,
                                   std::uint32_t sequence, std::string_view payload = {},
                                   frame::layout of = frame::layout::b,
                                   std::uint64_t sent_at_us = 0);

/// One frame of the extension, in layout b.
[[nodiscard]] std::string frame_of(extension::kind what, std::uint32_t stream_id,
                                   std::string_view payload);

/// The begin of a message: its head, then `metadata`.
[[nodiscard]] std::string head_of(rpc::message_type type, std::uint32_t request_id,
                                  std::uint64_t method_id, std::string_view metadata = {});

/// A whole message on a stream of its own: an Open and an End.
[[nodiscard]] std::string whole_of(std::uint32_t stream_id, std::string_view message);

/// A message as bytes.
template <class Message>
[[nodiscard]] std::string encoded(Message message) {
    auto const bytes = bitcode::encode(std::move(message)).to_vector();
    return std::string(as_text(bytes));
}

/// What is said is what the rule says; what is heard is only written down.
class frame_peer {
public:
    frame_peer(world& at, std::unique_ptr<bare_link> link);

    /// Sends bytes, as one message where borders are kept; runs the loop until the link has taken
    /// what was said before.
    void say(std::string_view bytes);

    /// An orderly close, behind what was said.
    void close();

    /// Tells an acceptor which layout is spoken, and nothing else.
    void greet();

    /// Answers with success.
    void answer(heard_message const& call, std::string_view body);

    /// Asks the other side for the extension, by a call; throws rule_broken unless it agrees.
    void ask_for_extension();

    /// Runs the loop until a message of `type` and this request id is there; throws rule_broken
    /// when none comes.
    [[nodiscard]] heard_message await(rpc::message_type type, std::uint32_t request_id);
    /// The same for the call that comes as number `which`, from 0.
    [[nodiscard]] heard_message await_call(std::size_t which);

    /// All that are complete, in their order; valid until the loop runs.
    [[nodiscard]] std::vector<heard_frame> const& frames() const;
    /// Those that are complete, in the order of their ends.
    [[nodiscard]] std::vector<heard_message> messages() const;
    /// How many answers with this request id have come.
    [[nodiscard]] std::size_t answers_to(std::uint32_t request_id) const;

    /// What it speaks over.
    [[nodiscard]] bare_link& link() noexcept { return *link_; }
    [[nodiscard]] std::string const& heard() const noexcept { return link_->heard(); }
    /// Both sides have agreed to the extension in the handshake of the transport.
    [[nodiscard]] bool is_extended() const noexcept { return link_->abilities().extended; }
    [[nodiscard]] bool has_ended() const noexcept { return link_->has_ended(); }

private:
    world* at_;
    std::unique_ptr<bare_link> link_;

    // What was heard, cut into frames as far as somebody has asked.
    mutable frame_cutter cutter_{frame::layout::b, true};
    mutable std::size_t cut_size_ = 0;
    mutable std::vector<heard_frame> frames_;
};

}  // namespace trunkline::conformance
