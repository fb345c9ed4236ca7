// From which size on bytes of a payload are sent from where they lie.
#pragma once

#include <cstddef>

namespace trunkline::frame {

/// Slices of fewer bytes are copied behind the header of their frame: that costs less than one more
/// entry in a gather write.
inline constexpr std::size_t borrowed_size_min = 512;

}  // namespace trunkline::frame
