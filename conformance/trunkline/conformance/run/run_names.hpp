// The words by which a run is chosen on a command line, and the line that repeats one.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/world.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trunkline::conformance {

/// "client", "server": who calls.
[[nodiscard]] char const* name_of(initiator role) noexcept;
/// "quick", "full".
[[nodiscard]] char const* name_of(volume size) noexcept;
/// "must", "should", "repeated".
[[nodiscard]] char const* name_of(level binding) noexcept;

/// The shape of this name, as transport::name_of() has it; none when there is none.
[[nodiscard]] std::optional<transport::delivery_shape> shape_named(std::string_view name);

/// The compiler, the version of Trunkline and how the kit was built.
[[nodiscard]] std::string build_text();

/// A word as a shell takes it: as it is where it has nothing that a shell reads otherwise.
[[nodiscard]] std::string shell_word(std::string_view word);

/// The flags that choose this run alone: "--transport tls --rule FLO-03 --shape one_byte ...".
[[nodiscard]] std::string flags_of(rule const& what, subject const& of, world_options const& how);

/// The program as a shell takes it, with those flags, and the build as a comment.
[[nodiscard]] std::string repeat_line(std::string_view program, std::string_view flags);

}  // namespace trunkline::conformance
