// What the service needs of a store: the seam for stores that are not one file of this machine.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/store/store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::store_service {

/// Called from the threads of many connections at once; does not block for long. Views are valid
/// during the call; values that are given live as long as their pins. Errors travel to callers as
/// their message.
class store_backend {
public:
    virtual ~store_backend() = default;

    /// All or nothing, in order, the last of equal keys wins. Gives the end of the file, in bytes.
    [[nodiscard]] virtual result<std::uint64_t> write(
        std::span<store::key_value const> entries) = 0;

    /// Gives the end of the file, in bytes. Unknown keys are no error.
    [[nodiscard]] virtual result<std::uint64_t> remove(bytes_view key) = 0;

    [[nodiscard]] virtual std::optional<slice> read(bytes_view key) = 0;

    /// One result per key, in order, all of one moment.
    [[nodiscard]] virtual std::vector<std::optional<slice>> batch_read(
        std::span<bytes_view const> keys) = 0;

    struct totals {
        std::uint64_t live_keys = 0;
        std::uint64_t file_size = 0;  ///< bytes
    };
    [[nodiscard]] virtual totals count() = 0;
};

/// One store file of this process; the store outlives the backend.
class embedded_backend final : public store_backend {
public:
    explicit embedded_backend(store::store& of) noexcept : store_(of) {}

    [[nodiscard]] result<std::uint64_t> write(std::span<store::key_value const> entries) override;
    [[nodiscard]] result<std::uint64_t> remove(bytes_view key) override;
    [[nodiscard]] std::optional<slice> read(bytes_view key) override;
    [[nodiscard]] std::vector<std::optional<slice>> batch_read(
        std::span<bytes_view const> keys) override;
    [[nodiscard]] totals count() override;

private:
    store::store& store_;
};

}  // namespace trunkline::store_service
