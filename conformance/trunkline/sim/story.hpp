// What happened in a simulation, as lines for people and as one number to compare.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace trunkline::sim {

/// Every event that ran counts by its time, every line by its time and text: FNV-1a over them, so
/// that two runs with one number were the same, whatever compiler made the program.
class story {
public:
    /// Lines are written to `trace` unless it is null; both outlive the story.
    story(transport::runtime const& clock, std::ostream* trace) noexcept
        : clock_(clock), trace_(trace) {}

    /// One line: the time, who, and what; behind that a note that does not count in the number, for
    /// texts that are other ones elsewhere, as those of the system's errors.
    void tell(std::string_view who, std::string_view what, std::string_view note = {});
    /// A scheduled event has run.
    void count();

    /// Of all so far.
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    /// How many events have run.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

private:
    void add(std::string_view bytes) noexcept;
    void add(std::uint64_t number) noexcept;

    transport::runtime const& clock_;
    std::ostream* trace_;
    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::uint64_t events_ = 0;
};

}  // namespace trunkline::sim
