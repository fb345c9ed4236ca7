// One log line: a sentence and named values, as text for people or as JSON for machines.
#pragma once

#include <trunkline/logging/levels.hpp>

#include <chrono>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::logging {

enum class line_format : std::uint8_t { text, json };

/// A named value beside the sentence. Numbers stay numbers in JSON.
struct field {
    std::string_view name;
    std::string value;
    bool is_number = false;

    field(std::string_view of, std::string_view text) : name(of), value(text) {}
    field(std::string_view of, std::integral auto count)
        : name(of), value(std::to_string(count)), is_number(true) {}
};

struct entry {
    std::chrono::system_clock::time_point time;
    level importance = level::info;
    area from = area::server;
    std::string_view sentence;
    std::span<field const> fields;
};

/// The line without its end. Text: "2025-01-31T09:05:07.123Z info  ws     connection closed
/// peer=127.0.0.1:4711". JSON: one object with time, level, module, text and a member per field.
/// Control characters and bytes that are not UTF-8 are escaped in both, so that whatever a peer
/// sends stays on one line.
[[nodiscard]] std::string format_line(entry const& of, line_format as);

}  // namespace trunkline::logging
