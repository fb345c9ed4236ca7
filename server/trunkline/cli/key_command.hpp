// What the subcommands about keys have in common: where the store is, which key is meant, and how
// they end (docs/store-commands.md).
#pragma once

#include <trunkline/cli/named_store.hpp>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::cli {

struct key_options {
    std::string url;
    std::string file;
    std::string format = "text";
    std::chrono::milliseconds timeout{30'000};
    std::vector<std::byte> key;

    [[nodiscard]] bool json() const { return format == "json"; }
};

/// What a subcommand is, and what it does with the store once that is open: gives the exit code.
struct key_command {
    std::string_view name;
    std::string_view summary;
    bool takes_key = true;
    file_use use = file_use::read;
    std::function<int(named_store&, key_options const&)> act;
};

/// Reads the command line, opens the store and acts. Complains where that fails.
[[nodiscard]] int run_key_command(key_command const& command,
                                  std::span<char const* const> arguments);

/// Complains about a call that failed; gives the exit code.
[[nodiscard]] int complain_about(call_failure const& why);

/// Ends a command that wrote to the store: complains, or says where its file ends now if that was
/// asked for; gives the exit code.
[[nodiscard]] int end_write(call_result<std::uint64_t> const& tail, key_options const& options);

/// Two digits per byte, small letters.
[[nodiscard]] std::string to_hex(bytes_view bytes);

}  // namespace trunkline::cli
