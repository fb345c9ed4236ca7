#include <trunkline/chat_client/typed_line.hpp>

#include <trunkline/chat_wire/name_command.hpp>

#include <array>
#include <utility>

namespace trunkline::chat_client {

typed_line understand(std::string_view line) {
    std::string_view const text = chat_wire::trimmed(line);
    if (text.empty()) {
        return {};
    }
    if (text == "/quit" || text == "/ping") {
        return {text == "/quit" ? wish::quit : wish::ping, {}};
    }
    static constexpr std::array<std::pair<std::string_view, wish>, 2> with_a_word{
        {{"/name ", wish::name}, {"/room ", wish::room}}};
    for (auto const& [command, what] : with_a_word) {
        if (text.starts_with(command)) {
            return {what, chat_wire::trimmed(text.substr(command.size()))};
        }
    }
    return {wish::say, text};
}

}  // namespace trunkline::chat_client
