// A store as the command line names it: by its file, or by the URL of a server.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/cli/store_place.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/store/store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace trunkline::cli {

/// What a store tells of itself.
struct store_numbers {
    std::uint64_t live_keys = 0;
    std::uint64_t size = 0;  ///< of its file, in bytes
    bool is_empty = true;
};

/// What the commands need of a store. Errors have the words of whoever refused.
class named_store {
public:
    /// Takes the value of the key at `index`, nothing when the key is not there; the bytes are
    /// valid until it returns. False stops.
    using value_sink = std::function<bool(std::size_t index, std::optional<bytes_view> value)>;

    virtual ~named_store() = default;

    /// All values in the order of their keys. From a server many keys come in several calls, so
    /// that each answer fits into a message; then a value may be newer than one before it.
    [[nodiscard]] virtual call_result<void> get(std::span<bytes_view const> keys,
                                                value_sink const& take) = 0;
    /// All or nothing, in order. Gives the end of the store's file, in bytes, as del() does.
    [[nodiscard]] virtual call_result<std::uint64_t> put(
        std::span<store::key_value const> entries) = 0;
    [[nodiscard]] virtual call_result<std::uint64_t> del(bytes_view key) = 0;
    [[nodiscard]] virtual call_result<bool> exists(bytes_view key) = 0;
    /// Live keys.
    [[nodiscard]] virtual call_result<std::uint64_t> len() = 0;
    [[nodiscard]] virtual call_result<store_numbers> numbers() = 0;
};

/// How a command uses a file.
enum class file_use : std::uint8_t { read, write };

/// A file fails as store::open; with file_use::read it must be there and is not changed. A URL
/// fails as the dialers of the transports do, and every call on it ends within the timeout; what
/// is large is shown on the terminal as it travels, when that is wanted.
[[nodiscard]] call_result<std::unique_ptr<named_store>> open_store(store_place const& place,
                                                                   file_use use,
                                                                   bool shows_progress = false);

}  // namespace trunkline::cli
