// The names, bounds and meaning of everything in chat_options.
#pragma once

#include <trunkline/chat/options.hpp>
#include <trunkline/config/setting.hpp>
#include <trunkline/serving/machine.hpp>

#include <string>

namespace trunkline::chat {

/// The settings refer to `options`, which outlives them.
[[nodiscard]] config::setting_list settings_of(chat_options& options);

/// Fills in what was left to us, and checks what a single value cannot tell. Returns an empty text,
/// or one line that says what is wrong and what to do.
[[nodiscard]] std::string settle(chat_options& options, server::machine const& on);

}  // namespace trunkline::chat
