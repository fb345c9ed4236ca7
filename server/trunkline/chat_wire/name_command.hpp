// The one command that a client can say: `/name NEW` (FORMAT.md, "Names").
#pragma once

#include <optional>
#include <string_view>

namespace trunkline::chat_wire {

/// The name that `text`, in UTF-8, asks for, which may be empty: a view into it. Nothing when it is
/// no rename but chat. Any thread.
[[nodiscard]] std::optional<std::string_view> asked_name(std::string_view text);

/// Without the blanks of Unicode (White_Space) at both ends; `text` is UTF-8. Any thread.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace trunkline::chat_wire
