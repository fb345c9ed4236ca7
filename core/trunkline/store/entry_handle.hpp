// One entry in the hand: its payload where it lies, its place and its trailer.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/generation.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace trunkline::store {

/// Holds the mapping it points into: the bytes stay valid after overwriting, deleting, compacting
/// and closing the store. Copies share the mapping. Safe to use from any thread, one at a time.
class entry_handle {
public:
    /// Made by the store.
    entry_handle(std::shared_ptr<generation> pages, payload_extent const& payload,
                 trailer const& metadata) noexcept
        : pages_(std::move(pages)), payload_(payload), metadata_(metadata) {}

    /// An entry of its own with a copy of `payload`, which may be empty; it begins at 0 and has the
    /// checksum of the bytes. Fails with not_enough_memory.
    [[nodiscard]] static result<entry_handle> copy_of(bytes_view payload, std::uint64_t key_hash);

    /// The value, valid as long as this handle or a copy of it.
    [[nodiscard]] bytes_view bytes() const noexcept {
        return {pages_->data() + payload_.start, payload_.size()};
    }
    /// Bytes of the value.
    [[nodiscard]] std::uint64_t size() const noexcept { return payload_.size(); }

    /// Payload and trailer, in bytes, without the pad.
    [[nodiscard]] std::uint64_t size_in_file() const noexcept { return size() + trailer_size; }

    /// Where the value begins in the file, in bytes.
    [[nodiscard]] std::uint64_t start_offset() const noexcept { return payload_.start; }
    /// Where it ends.
    [[nodiscard]] std::uint64_t end_offset() const noexcept { return payload_.end; }

    /// What stands behind the value in the file.
    [[nodiscard]] trailer const& metadata() const noexcept { return metadata_; }
    /// XXH3 of the key.
    [[nodiscard]] std::uint64_t key_hash() const noexcept { return metadata_.key_hash; }
    /// Of the value, as the file has it; not computed anew.
    [[nodiscard]] std::uint32_t checksum() const noexcept { return metadata_.checksum; }

    /// The checksum as it lies in the file.
    [[nodiscard]] std::array<std::byte, 4> raw_checksum() const noexcept;

    /// Reads the whole payload and compares.
    [[nodiscard]] bool has_right_checksum() const noexcept;

    /// The payload with a hold of its own, for sending.
    [[nodiscard]] slice borrow() const noexcept { return {bytes(), pages_->hold()}; }

    /// Whether the value is these bytes.
    [[nodiscard]] friend bool operator==(entry_handle const& entry, bytes_view bytes) noexcept {
        return std::ranges::equal(entry.bytes(), bytes);
    }

private:
    std::shared_ptr<generation> pages_;
    payload_extent payload_;
    trailer metadata_;
};

/// Reads the payload of an entry from its begin to its end, by copying.
class entry_reader {
public:
    /// Begins at the first byte; keeps the entry.
    explicit entry_reader(entry_handle entry) noexcept : entry_(std::move(entry)) {}

    /// Copies the next bytes, as many as fit; 0 at the end.
    [[nodiscard]] std::size_t read(mutable_bytes into) noexcept;

private:
    entry_handle entry_;
    std::size_t done_ = 0;
};

}  // namespace trunkline::store
