// Texts of transports and rules, made fit for a terminal, JSON, XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace trunkline::conformance {

/// UTF-8 without control characters: a line feed and a tab stay, any other control character and
/// any byte that is no part of a character becomes "\xNN". Every character is one of XML 1.0.
[[nodiscard]] std::string printable(std::string_view text);

/// printable(), with the five signs of XML and HTML as entities: for text and for values in quotes.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace trunkline::conformance
