// How much may be on its way in a stream, with unit and default (extension/FORMAT.md, "Credit").
#pragma once

#include <trunkline/base/limits.hpp>

#include <cstddef>
#include <cstdint>

namespace trunkline::flow {

/// Bytes that a stream may carry before its receiver has said anything. So many for each of the
/// requests that may be unfinished at once stay within what a connection may hold.
inline constexpr std::uint32_t first_credit = 16 * kib;

/// Bytes of one stream that may be on their way or unread, however long the path.
inline constexpr std::uint32_t window_size_max = 4 * mib;

/// Bytes by which all windows of a connection together may be above their first size.
inline constexpr std::size_t growth_size_max = 4 * mib;

/// Round trips in which a stream brings less than a quarter of its window, before that is halved:
/// enough for a stream that only takes breath.
inline constexpr std::uint32_t quiet_rounds_max = 8;

/// Bytes of our own streams that wait for the credit of one peer: a chunk for each of a thousand.
/// Above it a new request of that peer is refused.
inline constexpr std::size_t waiting_size_max = 64 * mib;

/// Bytes of credit that a sender may have at once; a grant beyond it is a fault.
inline constexpr std::uint64_t credit_max = 0xffff'ffff;

static_assert(session_limits{}.unfinished_requests_max * first_credit + growth_size_max <=
                  session_limits{}.held_size_max,
              "streams whose reader has stalled stay within what a connection may hold");

}  // namespace trunkline::flow
