// An append-only, memory-mapped file of binary keys and values (FORMAT.md). One writer at a time,
// any number of reading threads, reads without a lock and without a copy.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/open_report.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace trunkline::store {

/// One value as it lies in the file. The bytes stay valid as long as `keep_alive`, also after
/// overwrites, deletes, growth of the file and destruction of the store.
using value = slice;

struct key_value {
    bytes_view key;
    bytes_view payload;
};

class disk;

struct open_options {
    std::uint32_t alignment = 64;  ///< 64, 16 or 1 bytes (FORMAT.md, "Alignment")
    bool create = true;       ///< make the file when it is absent (parent folders are never made)
    bool verify_all = false;  ///< check every checksum on open, not only the last
    disk* on = nullptr;  ///< where the file lives (file.hpp); null: the file system of this machine
};

/// Reads are safe from any thread at any time. Writes are safe from any thread; they take turns.
/// Every writing call returns the new tail offset in bytes (the size of the file), as FORMAT.md
/// "Tail" says.
class store {
public:
    /// Opens or creates. Takes the writer lock of the file: a second writer fails with locked.
    /// Recovers as FORMAT.md "Recovery" says; `report`, when given, is filled on success and on
    /// failure. A non-empty file without one valid entry fails with not_a_store and is not changed.
    [[nodiscard]] static result<std::unique_ptr<store>> open(std::filesystem::path const& path,
                                                             open_options const& options = {},
                                                             open_report* report = nullptr);

    ~store();
    store(store const&) = delete;
    store& operator=(store const&) = delete;

    /// Fails with empty_payload or null_payload (FORMAT.md, "Refusals"), or with an error of the
    /// system.
    [[nodiscard]] result<std::uint64_t> write(bytes_view key, bytes_view payload);

    /// All or nothing with respect to refusals; in order, the last of equal keys wins. Empty: the
    /// current tail.
    [[nodiscard]] result<std::uint64_t> batch_write(std::span<key_value const> entries);

    /// Appends a tombstone when the key is live; otherwise writes nothing and returns the current
    /// tail.
    [[nodiscard]] result<std::uint64_t> remove(bytes_view key);

    /// The newest value, or nothing when the key was never written or is deleted.
    [[nodiscard]] std::optional<value> read(bytes_view key) const;

    /// One result per key, in order, all from one snapshot.
    [[nodiscard]] std::vector<std::optional<value>> batch_read(
        std::span<bytes_view const> keys) const;

    [[nodiscard]] bool exists(bytes_view key) const;

    /// Live keys.
    [[nodiscard]] std::uint64_t size() const noexcept;
    [[nodiscard]] bool empty() const noexcept;

    /// Bytes of the file.
    [[nodiscard]] std::uint64_t file_size() const noexcept;

    /// Hands everything written to the disk (fdatasync).
    [[nodiscard]] result<void> sync();

    [[nodiscard]] std::filesystem::path const& path() const noexcept;

private:
    class implementation;
    explicit store(std::unique_ptr<implementation> made) noexcept;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace trunkline::store
