// What a simulation of one seed came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::sim {

/// A value.
struct verdict {
    std::uint64_t seed = 0;         ///< of the run
    std::string broken;             ///< what was seen that must not be, and when; empty: all held
    std::uint64_t events = 0;       ///< scheduled events that ran
    std::uint64_t hash = 0;         ///< of the story; the same in every run of the seed
    std::size_t connections = 0;    ///< open at the same time, the most
    std::size_t calls = 0;          ///< made
    std::size_t calls_at_once = 0;  ///< under way at the same time, the most
    std::size_t faults = 0;         ///< of links, disks and processes

    /// Whether every check held.
    [[nodiscard]] bool passed() const noexcept { return broken.empty(); }
    /// `hash` as 16 hexadecimal digits.
    [[nodiscard]] std::string story_number() const;
    /// The one line that repeats the run of the program's own scenario.
    [[nodiscard]] std::string repeat() const;
};

/// What a run in which all held still lacks to say something: 500 events, 2 connections, 3 calls at
/// once, and faults if and only if they were planned. Empty when it lacks nothing.
[[nodiscard]] std::string_view lacking(verdict const& run, bool calm) noexcept;

}  // namespace trunkline::sim
