// Histories: calls on two stores, cut into parts between which the stores are closed. A script of
// them is text that the programs of both sides read (README.md).
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::interop {

using byte_string = std::vector<std::byte>;

enum class payload_kind : std::uint8_t {
    any,    ///< any bytes
    few,    ///< the bytes 0, 1 and 2
    late,   ///< the first half zeros, then none
    zeros,  ///< nothing but zeros
};

/// Bytes by their recipe, as `kind:size:seed` in a script.
struct payload {
    payload_kind kind = payload_kind::any;
    std::uint32_t size = 0;
    std::uint64_t seed = 0;

    [[nodiscard]] byte_string bytes() const;
    friend bool operator==(payload const&, payload const&) = default;
};

enum class call : std::uint8_t {
    write,
    batch,   ///< batch_write
    hashed,  ///< a batch by key hashes, in which a single zero byte deletes
    stream,
    remove,
    batch_remove,
    rename,
    copy,  ///< into the other store
    transfer,
    compact,  ///< the last call on its store in its part
};

struct entry {
    byte_string key;
    payload value;  ///< of calls that write
    friend bool operator==(entry const&, entry const&) = default;
};

struct step {
    std::size_t store = 0;  ///< 0 or 1
    call what = call::write;
    std::vector<entry> entries;  ///< of rename: the old key, the new key
    friend bool operator==(step const&, step const&) = default;
};

struct history {
    std::size_t number = 0;
    std::vector<std::vector<step>> parts;
    friend bool operator==(history const&, history const&) = default;
};

[[nodiscard]] std::string to_text(history const& one);

/// Throws std::invalid_argument with the line that makes no sense.
[[nodiscard]] std::vector<history> histories_of(std::string_view script);

[[nodiscard]] bool writes_values(call what) noexcept;

/// Exactly one zero byte.
[[nodiscard]] bool is_null(bytes_view bytes) noexcept;

[[nodiscard]] bool is_all_zero(bytes_view bytes) noexcept;

}  // namespace trunkline::interop
