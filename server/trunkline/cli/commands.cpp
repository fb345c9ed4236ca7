#include <trunkline/cli/commands.hpp>

#include <array>

namespace trunkline::cli {

std::span<command_maker* const> all_commands() noexcept {
    static constexpr std::array<command_maker*, 18> all{
        serve,  chat, chat_client, verify,    stat, compact, get,   put,        del,
        exists, len,  batch_get,   batch_put, sim,  conform, bench, completion, man};
    return all;
}

}  // namespace trunkline::cli
