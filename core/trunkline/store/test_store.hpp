// For tests: what was read, in words.
#pragma once

#include <trunkline/store/store.hpp>

#include <optional>
#include <string>

namespace trunkline::store {

inline std::string text_of(std::optional<value> const& found) {
    return found ? std::string(as_text(found->bytes)) : "(absent)";
}

}  // namespace trunkline::store
