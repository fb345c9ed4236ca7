// A store as the command line names it: by its file, or by the URL of a server.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/peer/call_failure.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace trunkline::cli {

/// What the commands about keys need of a store. Errors have the words of whoever refused.
class named_store {
public:
    /// Takes a value; its bytes are valid until it returns.
    using value_sink = std::function<void(bytes_view)>;

    virtual ~named_store() = default;

    /// False when the key is not there; `take` is not called then.
    [[nodiscard]] virtual call_result<bool> get(bytes_view key, value_sink const& take) = 0;
    /// Gives the end of the store's file, in bytes, as put() and del() do.
    [[nodiscard]] virtual call_result<std::uint64_t> put(bytes_view key, bytes_view value) = 0;
    [[nodiscard]] virtual call_result<std::uint64_t> del(bytes_view key) = 0;
    [[nodiscard]] virtual call_result<bool> exists(bytes_view key) = 0;
    /// Live keys.
    [[nodiscard]] virtual call_result<std::uint64_t> len() = 0;
};

/// How a command uses a file.
enum class file_use : std::uint8_t { read, write };

/// Fails as store::open; with file_use::read the file must be there and is not changed.
[[nodiscard]] call_result<std::unique_ptr<named_store>> open_store_file(std::string const& file,
                                                                        file_use use);

/// Fails as the dialers of the transports do; every call ends within `timeout`.
[[nodiscard]] call_result<std::unique_ptr<named_store>> open_store_url(
    std::string const& url, std::chrono::milliseconds timeout);

}  // namespace trunkline::cli
