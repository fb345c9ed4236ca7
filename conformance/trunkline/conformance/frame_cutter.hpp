// Bytes to frames, and frames to messages: for whoever keeps account of all that is heard.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::conformance {

/// A frame that has come.
struct heard_frame {
    frame::header head;
    std::string payload;
};

/// A message that has come, to the End of its stream.
struct heard_message {
    std::uint32_t stream_id = 0;
    rpc::header head;
    std::string metadata;
    std::string payload;

    /// It is of this type.
    [[nodiscard]] bool is(rpc::message_type type) const noexcept {
        return head.type_byte == static_cast<std::uint8_t>(type);
    }
    /// The first byte of the metadata of an answer.
    [[nodiscard]] rpc::status status() const noexcept {
        return rpc::decode_status(as_bytes(metadata));
    }
};

/// None where the bytes do not begin with a head of a known type, or end before its metadata does.
[[nodiscard]] std::optional<heard_message> message_of(std::uint32_t stream_id,
                                                      std::string_view bytes);

/// Gives whole frames, and holds the begin of one that is not.
class frame_cutter {
public:
    /// Frames of the extension come without their payload unless `extended`.
    explicit frame_cutter(frame::layout of, bool extended = false);

    /// The next frame, taken off the front of `input`. Empty: the input is used up. Fails with
    /// payload_too_large, then and ever after, where a frame declares more than sessions take.
    [[nodiscard]] result<std::optional<heard_frame>> next(bytes_view& input);

private:
    frame::decoder decoder_;
    std::string begun_;
};

/// Puts the payloads of frames together, by their streams.
class message_joiner {
public:
    /// All bytes of the stream that this frame ends. Empty where it ends none; a Cancel drops its
    /// stream, and frames of unknown kinds are of no stream.
    [[nodiscard]] std::optional<std::string> take(heard_frame const& next);

private:
    std::map<std::uint32_t, std::string> open_;
};

}  // namespace trunkline::conformance
