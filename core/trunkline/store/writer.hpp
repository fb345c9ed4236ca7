// The writing end of a store file: appends whole groups of entries or none, and stops for good
// after a failure of the disk.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/store/appender.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/file.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace trunkline::store {

/// Gives the next bytes of a payload: how many were put into the buffer, 0 at the end, or why there
/// are none.
using payload_source = std::function<result<std::size_t>(mutable_bytes)>;

/// What is certain of an append when it returns, and of one that was cut short.
enum class arrival : std::uint8_t {
    loose,   ///< in the file; when the process died, a run of the entries from their begin may be
    whole,   ///< in the file; when the process died, all of them or none
    synced,  ///< on the disk; when the power went, all of them or none
};

/// Owns the file. Calls take turns, by whoever owns the writer.
class writer {
public:
    writer(std::unique_ptr<file> owned, std::uint64_t tail, std::uint32_t alignment) noexcept
        : file_(std::move(owned)), tail_(tail), appender_(alignment), alignment_(alignment) {}

    /// The tail after `entries` would have been appended behind `tail`, or too_large.
    [[nodiscard]] result<std::uint64_t> tail_after(std::span<record const> entries,
                                                   std::uint64_t tail) const noexcept;

    /// Appends `entries`, at least one. When a write or a sync fails, the file is cut back to where
    /// it was, and from then on every append fails with read_only: what the disk did to the file is
    /// no longer known. When memory is missing (std::bad_alloc), the file is cut back, too.
    [[nodiscard]] result<void> append(std::span<record const> entries, arrival how);

    /// Writes one entry behind the tail, reading its payload from `source` in pieces, and gives the
    /// tail that keep_staged() would make the tail; with `synced` it is on the disk. Fails with
    /// empty_payload, null_stream (nothing but zero bytes), too_large or the error of the source,
    /// or ends with the exception of the source, and then leaves nothing behind; or as append does.
    [[nodiscard]] result<std::uint64_t> stage(std::uint64_t key_hash, payload_source const& source,
                                              bool synced);
    void keep_staged(std::uint64_t tail) noexcept { tail_ = tail; }
    void drop_staged() noexcept;

    /// Drops what is staged at its end, unless it is dismissed before.
    class undo {
    public:
        explicit undo(writer& of) noexcept : of_(&of) {}
        undo(undo const&) = delete;
        undo& operator=(undo const&) = delete;
        ~undo() {
            if (of_ != nullptr) {
                of_->drop_staged();
            }
        }
        void dismiss() noexcept { of_ = nullptr; }

    private:
        writer* of_;
    };

    /// Hands everything appended to the disk. A failure makes the writer read-only, too: the system
    /// may have dropped what it could not write.
    [[nodiscard]] result<void> sync();

    [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }
    /// False when everything before the tail is on the disk for certain.
    [[nodiscard]] bool unsynced() const noexcept { return unsynced_; }
    /// Nothing more is written.
    void stop() noexcept { failed_ = true; }

    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] file& target() noexcept { return *file_; }

private:
    [[nodiscard]] result<void> append_all(std::span<record const> entries, arrival how);
    [[nodiscard]] result<void> sync_file();

    std::unique_ptr<file> file_;
    std::uint64_t tail_;
    appender appender_;
    std::uint32_t alignment_;
    bool failed_ = false;
    bool unsynced_ = true;  // whoever had the file before may have left bytes with the system
};

}  // namespace trunkline::store
