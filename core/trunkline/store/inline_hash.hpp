// The hash of a key without a call, for where it is the beginning of a read. Needs the library, so
// it is not for users of the store: they have digest.hpp.
#pragma once

#include <trunkline/base/bytes.hpp>

// The hash of a short key takes less than a call into a library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

namespace trunkline::store {

/// As hash_key().
[[nodiscard]] inline std::uint64_t inline_hash_key(bytes_view key) noexcept {
    return XXH3_64bits(key.data(), key.size());
}

}  // namespace trunkline::store
