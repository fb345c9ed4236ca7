// The fields of a header frame (FORMAT.md, "Header").
#pragma once

#include <trunkline/base/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace trunkline::extension {

/// Which trace a call belongs to, as in W3C Trace Context.
struct trace_context {
    std::array<std::byte, 16> trace_id{};  ///< of the whole trace
    std::array<std::byte, 8> span_id{};    ///< of who calls
    std::uint8_t flags = 0;                ///< bit 0: sampled

    friend bool operator==(trace_context const&, trace_context const&) = default;
};

/// One pair of a key and a value; what they view is the caller's, or the frame's.
struct metadata_entry {
    std::string_view key;  ///< at most 255 bytes
    bytes_view value;      ///< any bytes, also none
};

/// What travels with a call or an answer beside its message.
struct call_fields {
    bool under_credit = false;  ///< this stream carries no more than its credit
    /// Bytes of the first credit of the answer, should it come in parts.
    std::optional<std::uint32_t> answer_credit = {};
    /// Microseconds until nobody waits for the answer.
    std::optional<std::uint64_t> timeout_us = {};
    std::optional<trace_context> trace = {};    ///< empty: none
    std::vector<metadata_entry> metadata = {};  ///< in order; keys may repeat

    /// Whether there is nothing to be said.
    [[nodiscard]] bool empty() const noexcept {
        return !under_credit && !answer_credit && !timeout_us && !trace && metadata.empty();
    }
};

/// Why fields cannot be sent, or what came was none.
enum class fields_fault : std::uint8_t {
    none,
    malformed,  ///< a size that does not fit, or a field that comes twice
    too_large,  ///< above header_size_max or metadata_entries_max
};

/// Appends the payload of a header frame to `to`; nothing where too_large is returned.
[[nodiscard]] fields_fault encode_fields(call_fields const& fields, std::vector<std::byte>& to);

/// Reads the payload of a header frame. What `to` views lies in `from`.
[[nodiscard]] fields_fault decode_fields(bytes_view from, call_fields& to);

}  // namespace trunkline::extension
