// All that the store sees of a file system: one open file, and the disk that opens files. Small on
// purpose, so that tests can put a disk that fails in the place of the real one.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/mapping.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace trunkline::store {

/// One open file. Closing it (destruction) gives its lock back; mappings stay valid. Calls for one
/// file take turns, by whoever owns it.
class file {
public:
    virtual ~file() = default;

    /// Size in bytes.
    [[nodiscard]] virtual result<std::uint64_t> size() = 0;

    /// One attempt to write `pieces`, in order, at `offset`. May write only a part, at least one
    /// byte; fails with operation_interrupted when nothing was written because of a signal.
    [[nodiscard]] virtual result<std::uint64_t> write_some(std::uint64_t offset,
                                                           std::span<bytes_view const> pieces) = 0;

    /// Cuts the file, or extends it with zero bytes.
    [[nodiscard]] virtual result<void> resize(std::uint64_t size) = 0;

    /// Hands everything written to the disk and waits for it.
    [[nodiscard]] virtual result<void> sync() = 0;

    /// Maps the file from its begin: at least `needed` bytes, and room to grow.
    [[nodiscard]] virtual result<mapping> map(std::uint64_t needed) = 0;
};

enum class open_mode : std::uint8_t {
    existing,     ///< for writing, with the writer lock
    create_new,   ///< for writing, with the writer lock; fails with file_exists
    create_side,  ///< as create_new, for the eyes of the owner alone until it replaces another file
    inspect,      ///< for reading, with the shared lock; never changes the file
};

/// Where files live.
class disk {
public:
    virtual ~disk() = default;

    /// Opens a regular file. Fails with locked when the lock is taken, with not_a_file for anything
    /// but a regular file, else with an error of the system.
    [[nodiscard]] virtual result<std::unique_ptr<file>> open(std::filesystem::path const& path,
                                                             open_mode mode) = 0;

    /// Gives the file `from` the name, owner and permissions of the file `to`, in its place.
    [[nodiscard]] virtual result<void> replace(std::filesystem::path const& from,
                                               std::filesystem::path const& to) = 0;

    /// Removes the name of a file.
    [[nodiscard]] virtual result<void> remove(std::filesystem::path const& path) = 0;

    /// Makes the names in the folder of `path` durable.
    [[nodiscard]] virtual result<void> sync_folder_of(std::filesystem::path const& path) = 0;
};

/// The disk of this machine. Lives as long as the program; safe from any thread.
[[nodiscard]] disk& system_disk() noexcept;

/// A file without a name that lives in memory, with the given content; for tests and tools.
[[nodiscard]] result<std::unique_ptr<file>> make_memory_file(bytes_view content);

/// Writes all of `pieces` at `offset`, over short writes and interruptions. On failure any part may
/// have been written.
[[nodiscard]] result<void> write_all(file& to, std::uint64_t offset,
                                     std::span<bytes_view const> pieces);

}  // namespace trunkline::store
