// Text that is not UTF-8 made so: each part that is none becomes one U+FFFD (FORMAT.md, "Repair").
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstddef>

namespace trunkline::chat_wire {

/// Bytes of the repaired text; those of `text` where nothing is to be repaired. Any thread.
[[nodiscard]] std::size_t repaired_size(bytes_view text) noexcept;

/// Writes the repaired text to `to`, of repaired_size() bytes. A part is as long as it could still
/// have become a character (the maximal subparts of Unicode, 3.9). Any thread.
void repair_utf8(bytes_view text, mutable_bytes to) noexcept;

}  // namespace trunkline::chat_wire
