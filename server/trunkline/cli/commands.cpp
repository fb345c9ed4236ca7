#include <trunkline/cli/commands.hpp>

#include <array>

namespace trunkline::cli {

std::span<command_maker* const> all_commands() noexcept {
    static constexpr std::array<command_maker*, 15> all{
        serve,  verify, stat,      compact,   get, put,        del,
        exists, len,    batch_get, batch_put, sim, conform, completion, man};
    return all;
}

}  // namespace trunkline::cli
