// What the two published servers say when somebody comes, goes or takes another name (FORMAT.md,
// "Wording").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::chat_wire {

/// Which server speaks.
enum class wording : std::uint8_t {
    plain,  ///< in JSON
    fast,   ///< in binary
};

/// Who speaks where nobody does.
inline constexpr std::string_view system_name = "System";

/// The name of a connection that gave none: `number` is the peer's TCP port for the plain server,
/// the connection number for the fast one. Any thread, as all functions here.
[[nodiscard]] std::string default_name(wording of, std::uint64_t number);

/// To a newcomer alone. The plain server does not say the number.
[[nodiscard]] std::string welcome_text(wording of, std::string_view name, std::uint64_t number);

/// To everybody.
[[nodiscard]] std::string joined_text(wording of, std::string_view name);
[[nodiscard]] std::string left_text(wording of, std::string_view name);
[[nodiscard]] std::string renamed_text(wording of, std::string_view before, std::string_view now);

/// To everybody, in place of the notices of a large room; not of the published servers.
[[nodiscard]] std::string counts_text(wording of, std::uint64_t members, std::uint64_t joined,
                                      std::uint64_t left);

/// To a reader that was too slow for so many messages, or came back for some that are kept no more
/// (0: how many is not known); not of the published servers.
[[nodiscard]] std::string missed_text(wording of, std::uint64_t count);

}  // namespace trunkline::chat_wire
