// The number by which a method is called on the wire, made from its name.
#pragma once

#include <trunkline/rpc/xxh3.hpp>

#include <cstdint>
#include <string_view>

namespace trunkline::rpc {

/// XXH3-64 (seed 0) of the UTF-8 bytes of `name` (FORMAT.md, "Head"). A constant expression;
/// names that are known only at run time cost about as much as their length.
[[nodiscard]] constexpr std::uint64_t method_id(std::string_view name) noexcept {
    return detail::xxh3(name);
}

}  // namespace trunkline::rpc
