// The frames of the extension other than headers (FORMAT.md, "Kinds").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/gather_queue.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/header.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace trunkline::extension {

/// Who gives a call up.
enum class reset_by : std::uint8_t { caller = 0, called = 1 };

/// What a reset says.
struct reset_fields {
    reset_by by = reset_by::caller;  ///< whose end it is
    std::uint32_t request_id = 0;    ///< of the call
    code why = code::none;           ///< the reason
};

/// What a go-away says.
struct go_away_fields {
    code why = code::none;  ///< the reason, or a close code
    std::string_view text;  ///< for people; valid as long as the frame
};

/// Writes one frame each. `to`: where it goes, `of` the form of its header and `now_us` the time
/// for those of layout a, in microseconds since 1970 UTC.
struct control_sink {
    gather_queue& queue;                  ///< takes the frames; outlives the call
    frame::layout of = frame::layout::b;  ///< the form of the headers
    std::uint64_t now_us = 0;             ///< microseconds, for the headers of layout a
    bool checked = false;                 ///< each frame with its checks

    /// Any frame of the extension with its payload copied.
    void put(kind what, std::uint32_t stream_id, bytes_view payload) const;

    /// `bytes` more may come on a stream of the peer.
    void put_credit(std::uint32_t stream_id, std::uint32_t bytes) const;
    /// A call, or an answer, is given up.
    void put_reset(reset_fields const& what) const;
    /// No more calls are taken. The text is cut at text_size_max bytes.
    void put_go_away(go_away_fields const& what) const;
};

/// Empty when the payload has the wrong size.
[[nodiscard]] std::optional<std::uint32_t> decode_credit(bytes_view payload) noexcept;
/// Empty when the payload has the wrong size, or nobody is named.
[[nodiscard]] std::optional<reset_fields> decode_reset(bytes_view payload) noexcept;
/// Empty when the payload has the wrong size. The text is what came, UTF-8 or not.
[[nodiscard]] std::optional<go_away_fields> decode_go_away(bytes_view payload) noexcept;

}  // namespace trunkline::extension
