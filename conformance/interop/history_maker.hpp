// Random histories, the same ones for the same seed.
#pragma once

#include <interop/history.hpp>

namespace trunkline::interop {

/// `count` histories numbered from 0. They hold every call, refused ones among them, but not what
/// the published store answers by damaging its file or by forgetting what it has written: streams,
/// renames, copies and compactions of values that are all zero (file 21.2, 21.7), empty streams
/// (file 21.2), and a key that is deleted and written in one batch of hashes (file 21.9).
[[nodiscard]] std::vector<history> make_histories(std::uint64_t seed, std::size_t count);

}  // namespace trunkline::interop
