// Messages as they stood on the wire, frame by frame, and the judgement whether ours are those that
// were recorded.
#pragma once

#include <replay/rules.hpp>
#include <replay/wire_model.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace trunkline::replay {

/// One message that a program sent. Stream ids are left out: each program counts its own.
struct sent_message {
    std::uint8_t type = 0;
    std::uint32_t request_id = 0;
    std::uint64_t method_id = 0;
    std::vector<raw_frame> frames;  // stream_id is 0

    bool operator==(sent_message const&) const = default;

    /// Status byte, 255 when there is none.
    [[nodiscard]] std::uint8_t status() const;
    /// All after the metadata.
    [[nodiscard]] byte_string payload() const;
    [[nodiscard]] bool ended() const;
};

/// Sorts frames into messages, in the order in which they began. For senders that keep order: every
/// frame is in sequence.
class message_sorter {
public:
    explicit message_sorter(frame::layout layout) : cutter_(layout) {}

    void add(bytes_view bytes);
    [[nodiscard]] std::vector<sent_message> const& messages() const { return messages_; }
    /// Bytes that make no whole frame; 0 in a clean record.
    [[nodiscard]] std::size_t left_over() const { return cutter_.left_over(); }
    /// Frames that continue no message.
    [[nodiscard]] std::size_t strays() const { return strays_; }

private:
    frame_cutter cutter_;
    std::map<std::uint32_t, std::size_t> open_;  // stream id to index
    std::vector<sent_message> messages_;
    std::size_t strays_ = 0;
};

/// The frames of an answer given whole.
[[nodiscard]] sent_message whole_answer(wire_message const& call, std::uint8_t status,
                                        byte_string body);

/// The frames of an answer given in parts: one frame per part, the first with the header (method id
/// 0, status 0), then End when `ended`.
[[nodiscard]] sent_message streamed_answer(wire_message const& call,
                                           std::vector<byte_string> const& parts, bool ended);

/// What a model says was to be sent, once as the published program and once by our rules.
struct prediction {
    std::vector<sent_message> published;
    std::vector<sent_message> ours;
    rule_set touched;  ///< rules to which the exchange gave occasion
};

/// Compares what we sent with the record, per request id and without regard to order (wire 5.4). A
/// difference passes only when a rule explains it: the model of the published program gives the
/// record, and the same model with our rules gives what we sent.
[[nodiscard]] testing::AssertionResult same_answers(std::vector<sent_message> const& recorded,
                                                    std::vector<sent_message> const& ours,
                                                    prediction const& expected);

}  // namespace trunkline::replay
