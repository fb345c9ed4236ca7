// Limits that contain one another: raising one raises what contains it, lowering one lowers what it
// contains, and only two explicit values that contradict each other are refused.
#pragma once

#include <trunkline/config/setting.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trunkline::config {

/// `inner` fits into `outer`. The functions are plain arithmetic on the settings' numbers.
struct relation {
    std::string_view inner;
    std::string_view outer;
    std::uint64_t (*outer_least)(std::uint64_t inner);   ///< below it the two contradict each other
    std::uint64_t (*outer_wanted)(std::uint64_t inner);  ///< what a raised inner raises outer to
    std::uint64_t (*inner_wanted)(std::uint64_t outer);  ///< what a lowered outer lowers inner to
    std::string_view reason;                             ///< ends "...: REASON" of a refusal
};

/// Makes the settings that nobody gave agree with those that were given. Returns an empty text, or
/// one line that names the two given values that contradict each other and a value that would do.
[[nodiscard]] std::string reconcile(std::span<setting> settings,
                                    std::span<relation const> relations);

}  // namespace trunkline::config
