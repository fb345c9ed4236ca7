// A plain model of how calls are read from the wire, once as the published programs do it and once
// as Trunkline does: the same reader, with rules switched off or on. Written from the protocol's
// pages alone and with none of the code under test, so that it can judge it.
#pragma once

#include <replay/rules.hpp>
#include <replay/values.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::replay {

/// One frame as it stands on the wire.
struct raw_frame {
    std::uint32_t stream_id = 0;
    std::uint32_t sequence = 0;
    std::uint8_t kind = 0;
    byte_string payload;

    bool operator==(raw_frame const&) const = default;
};

/// Cuts a byte stream into frames.
class frame_cutter {
public:
    explicit frame_cutter(frame::layout layout) : layout_(layout) {}

    void add(bytes_view bytes);
    /// The next whole frame.
    [[nodiscard]] std::optional<raw_frame> next();
    /// What the header at the front declares, once all of it is there.
    [[nodiscard]] std::optional<std::uint32_t> declared_size() const;
    [[nodiscard]] std::size_t left_over() const { return buffer_.size() - taken_; }

private:
    frame::layout layout_;
    byte_string buffer_;
    std::size_t taken_ = 0;
};

/// One RPC message, as far as it was received.
struct wire_message {
    std::uint8_t type = 0;
    std::uint32_t request_id = 0;
    std::uint64_t method_id = 0;
    std::uint32_t stream_id = 0;
    byte_string metadata;
    std::vector<byte_string> parts;  ///< payload as frames brought it, empty ones too
    bool ended = false;
    bool cancelled = false;

    [[nodiscard]] byte_string payload() const;
    /// Payload when there is one, else metadata (wire 5.1).
    [[nodiscard]] byte_string arguments() const;
};

/// Reads the messages of one direction of one connection.
class message_reader {
public:
    /// Frames of `layout`; the rules in `rules` are in force.
    message_reader(frame::layout layout, rule_set rules) : cutter_(layout), rules_(rules) {}

    /// One read of the program: one WebSocket message.
    void read(bytes_view bytes);

    /// Every message whose header is complete, in the order of the headers.
    [[nodiscard]] std::vector<wire_message> const& messages() const { return messages_; }

    /// Indices into messages(), in the order in which they ended.
    [[nodiscard]] std::vector<std::size_t> const& completed() const { return completed_; }

    /// Indices into messages(), in the order in which they were cancelled.
    [[nodiscard]] std::vector<std::size_t> const& cancelled() const { return cancelled_; }

    /// The code of the Close that ends the connection for what was received (wire 4.4, 10).
    [[nodiscard]] std::optional<std::uint16_t> close_code() const { return close_code_; }

    /// The rules that made, or would have made, a difference to what was received.
    [[nodiscard]] rule_set const& touched() const { return touched_; }

private:
    struct stream {
        std::uint32_t next = 0;
        std::map<std::uint32_t, raw_frame> held;
        bool end_seen = false;
    };
    struct assembly {
        byte_string head;
        std::optional<std::size_t> message;  // index, once the header is complete
        bool ignored = false;
    };

    [[nodiscard]] bool in_force(rule name);
    void count_fault();
    [[nodiscard]] bool take(raw_frame frame);
    [[nodiscard]] bool take_cancel(std::uint32_t stream_id);
    [[nodiscard]] bool deliver(raw_frame const& frame);
    [[nodiscard]] bool deliver_to_header(raw_frame const& frame, assembly& into);
    void deliver_to_payload(raw_frame const& frame, std::size_t message);
    void begin_message(raw_frame const& frame, assembly& into, std::size_t head_size);
    void finish(std::uint32_t stream_id, std::size_t message);
    [[nodiscard]] std::size_t receiver_of(std::size_t message);

    frame_cutter cutter_;
    rule_set rules_;
    rule_set touched_;
    std::map<std::uint32_t, stream> streams_;
    std::map<std::uint32_t, assembly> assemblies_;
    std::vector<wire_message> messages_;
    std::vector<std::size_t> completed_;
    std::vector<std::size_t> cancelled_;
    std::size_t faults_ = 0;
    std::optional<std::uint16_t> close_code_;
};

/// Cuts a whole message into the frames a published sender makes of it: full chunks, the rest, an
/// empty End (wire 4.1).
[[nodiscard]] std::vector<raw_frame> frames_of_message(wire_message const& message);

}  // namespace trunkline::replay
