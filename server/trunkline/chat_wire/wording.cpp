#include <trunkline/chat_wire/wording.hpp>

#include <initializer_list>

namespace trunkline::chat_wire {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (std::string_view const part : parts) {
        text += part;
    }
    return text;
}

}  // namespace

std::string default_name(wording of, std::uint64_t number) {
    return joined({of == wording::plain ? "User_" : "user_", std::to_string(number)});
}

std::string welcome_text(wording of, std::string_view name, std::uint64_t number) {
    if (of == wording::plain) {
        return joined({"Welcome to the chat, ", name, "! Type your messages to chat."});
    }
    return joined({"Welcome ", name, "! You are connection #", std::to_string(number)});
}

std::string joined_text(wording of, std::string_view name) {
    return joined({name, of == wording::plain ? " has joined the chat!" : " joined"});
}

std::string left_text(wording of, std::string_view name) {
    return joined({name, of == wording::plain ? " has left the chat." : " left"});
}

std::string renamed_text(wording of, std::string_view before, std::string_view now) {
    return joined({before, of == wording::plain ? " is now known as " : " is now ", now});
}

std::string counts_text(wording of, std::uint64_t members, std::uint64_t joined_count,
                        std::uint64_t left) {
    std::string const here = std::to_string(members);
    std::string const came = std::to_string(joined_count);
    std::string const went = std::to_string(left);
    if (of == wording::plain) {
        return joined(
            {"There are ", here, " in the chat; ", came, " have joined and ", went, " have left."});
    }
    return joined({here, " here, ", came, " joined, ", went, " left"});
}

std::string missed_text(wording of, std::uint64_t count) {
    if (count == 0) {
        return of == wording::plain ? "You may have missed messages." : "maybe missed messages";
    }
    std::string const messages = std::to_string(count);
    return of == wording::plain ? joined({"You have missed ", messages, " messages."})
                                : joined({"missed ", messages, " messages"});
}

}  // namespace trunkline::chat_wire
