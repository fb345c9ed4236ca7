// What one run of `trunkline bench` does to a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace trunkline::load {

/// Numbers of a run, whatever is said on its connections.
struct plan {
    std::size_t connections = 1000;  ///< to be opened, and kept to the end
    std::size_t concurrency = 100;   ///< being opened at one time
    std::uint64_t connect_rate = 0;  ///< begun a second; 0: as soon as concurrency lets them
    std::chrono::milliseconds lasts{30'000};  ///< from all open to the last message due
    bool silent = false;                      ///< nobody sends anything
    std::size_t senders = 0;                  ///< the first so many of those that are open; 0: all
    std::uint64_t message_rate = 0;           ///< messages a second, of all senders; 0: one of each
    bool closed_loop = false;  ///< a message follows the answer to an earlier one, no clock
    std::size_t depth = 16;    ///< messages of one sender that may wait for their answers
    std::size_t size = 100;    ///< bytes of a message, or of a value
    std::chrono::milliseconds patience{10'000};  ///< for a connection, and for the last answers
};

}  // namespace trunkline::load
