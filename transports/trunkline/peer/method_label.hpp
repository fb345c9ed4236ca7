// A method as a call needs it: the number for the wire, the name for those who watch.
#pragma once

#include <cstdint>
#include <string_view>

namespace trunkline::peers {

struct method_label {
    std::uint64_t id = 0;
    std::string_view name;
};

/// Of anything described in typed/method.hpp.
template <class Described>
[[nodiscard]] method_label label_of(Described const& of) noexcept {
    return {of.id, of.name};
}

}  // namespace trunkline::peers
