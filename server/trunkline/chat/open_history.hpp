// The history of a chat, as its options say.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/chat/options.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/rooms/history.hpp>

#include <memory>
#include <string>

namespace trunkline::chat {

/// Null where none is wanted. `log`, which outlives it, is told when the disk fails; the chat goes
/// on without. Fails as store::store::open(), and then `fault` is a line that says what to do.
[[nodiscard]] result<std::unique_ptr<rooms::history>> open_history(chat_options const& options,
                                                                   logging::journal const& log,
                                                                   std::string& fault);

}  // namespace trunkline::chat
