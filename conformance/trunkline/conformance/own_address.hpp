// Where the servers of this process listen.
#pragma once

#include <unistd.h>

#include <string>

namespace trunkline::conformance {

/// An address of the loopback network that other processes of the machine do not listen at: a port
/// that is free for a while, as of a server that is to come back, is not taken by one of theirs.
[[nodiscard]] inline std::string const& own_address() {
    static std::string const made = [] {
        auto const id = static_cast<unsigned>(::getpid());
        std::string text = "127";
        for (unsigned const part : {128U + (id >> 16U) % 127U, id >> 8U & 255U, id & 255U}) {
            text += '.' + std::to_string(part);
        }
        return text;
    }();
    return made;
}

}  // namespace trunkline::conformance
