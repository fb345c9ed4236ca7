// What the subcommands about keys have in common: where the store is, which key is meant, and how
// they end (docs/store-commands.md).
#pragma once

#include <trunkline/cli/command.hpp>
#include <trunkline/cli/named_store.hpp>
#include <trunkline/cli/output.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::cli {

struct key_options {
    store_place place;
    output_form form;
    std::string key;
    bool shows_progress = false;  ///< how far large values have come

    [[nodiscard]] bool json() const { return form.json(); }
};

/// What a subcommand is, and what it does.
struct key_command {
    std::string_view name;
    std::string_view summary;
    bool takes_key = true;
    bool moves_value = false;  ///< one that may be large: a terminal is shown how far it has come
    file_use use = file_use::read;
    /// With the open store; returns the exit code.
    std::function<int(named_store&, key_options const&)> act;
    /// Before the store is opened, for what can be found wrong without it: an exit code when there
    /// is nothing left to do.
    std::function<std::optional<int>(key_options const&)> prepare = {};
    config::setting_list more = {};  ///< flags of its own; their variables belong to `act`
    std::string_view positional = takes_key ? "key" : "";
    std::string_view details = {};
};

/// A command that reads its command line, opens the store and acts. Complains where that fails.
[[nodiscard]] command make_command(key_command of);

/// Complains about a call that failed; gives the exit code.
[[nodiscard]] int complain_about(call_failure const& why);

/// Ends a command that wrote to the store: complains, or says where its file ends now if that was
/// asked for; gives the exit code.
[[nodiscard]] int end_write(call_result<std::uint64_t> const& tail, key_options const& options);

}  // namespace trunkline::cli
