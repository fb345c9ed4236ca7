// Where we differ from the published programs on purpose. Each difference is a rule with its place
// in the protocol's pages; a model decides from the content of what was received whether it
// applies.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::replay {

enum class rule : std::uint8_t {
    layout_detected,
    first_duplicate_wins,
    end_payload_delivered,
    end_completes_header,
    error_costs_one_stream,
    stream_is_the_key,
    routed_by_type,
    declared_size_limited,
    many_faults_end,
    cancel_ends_answer,
    one_text_for_bad_arguments,
    absent_delete_writes_nothing,
};

struct rule_text {
    rule name;
    std::string_view
        section;  ///< as the table in conformance/README.md names it, such as "wire 3.3"
    std::string_view says;
};

[[nodiscard]] rule_text const& text_of(rule name) noexcept;

/// In the order of README.md.
[[nodiscard]] std::span<rule_text const> all_rules() noexcept;

/// A set of rules, as a value.
class rule_set {
public:
    constexpr rule_set() = default;
    constexpr rule_set(std::initializer_list<rule> rules) {
        for (rule const each : rules) {
            add(each);
        }
    }

    constexpr void add(rule name) { bits_ |= bit(name); }
    constexpr void remove(rule name) { bits_ &= ~bit(name); }
    [[nodiscard]] constexpr bool has(rule name) const { return (bits_ & bit(name)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    constexpr rule_set& operator|=(rule_set const& other) {
        bits_ |= other.bits_;
        return *this;
    }

    /// One line per rule: section and sentence.
    [[nodiscard]] std::string to_text() const;

private:
    static constexpr std::uint32_t bit(rule name) { return 1U << static_cast<unsigned>(name); }

    std::uint32_t bits_ = 0;
};

/// What Trunkline does: every rule.
[[nodiscard]] rule_set our_rules() noexcept;

}  // namespace trunkline::replay
