// What readers see of a store: one mapping of the file, the index into it and the tail, published
// together.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/store/generation.hpp>
#include <trunkline/store/key_index.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::store {

/// Published by one atomic pointer and replaced when the table or the mapping has to be; then it is
/// never changed again. A table belongs to one mapping: it never leads beyond it. Successive
/// snapshots may share a mapping.
class snapshot {
public:
    snapshot(std::shared_ptr<generation> pages, std::shared_ptr<index_table> index,
             std::uint64_t tail, std::uint32_t alignment) noexcept
        : pages_(std::move(pages)),
          index_(std::move(index)),
          file_(pages_->data()),
          alignment_(alignment),
          tail_(tail) {
        auto const newest = tail < entry_size_min ? std::nullopt : payload_at(tail - trailer_size);
        newest_size_.store(newest ? newest->size() : 0, std::memory_order_relaxed);
    }

    [[nodiscard]] std::shared_ptr<generation> const& pages() const noexcept { return pages_; }
    [[nodiscard]] std::shared_ptr<index_table> const& index() const noexcept { return index_; }
    [[nodiscard]] std::uint32_t alignment() const noexcept { return alignment_; }
    [[nodiscard]] std::byte const* file() const noexcept { return file_; }

    /// Everything below is in the file, the mapping and the index.
    [[nodiscard]] std::uint64_t tail() const noexcept {
        return tail_.load(std::memory_order_acquire);
    }

    /// By the writer, after the entries up to `tail` have been entered in the index. The payload of
    /// the last one has `newest_size` bytes.
    void publish_tail(std::uint64_t tail, std::uint64_t newest_size) noexcept {
        newest_size_.store(newest_size, std::memory_order_relaxed);
        tail_.store(tail, std::memory_order_release);
    }

    /// Offset of the trailer of the newest entry with this hash, tombstones included; 0 for none.
    [[nodiscard]] std::uint64_t find(std::uint64_t key_hash) const noexcept {
        return index_->find(key_hash, file());
    }

    /// The payload of the entry whose trailer lies at `trailer_offset`.
    [[nodiscard]] std::optional<payload_extent> payload_at(
        std::uint64_t trailer_offset) const noexcept {
        return find_payload(file(), trailer_offset,
                            load_le<std::uint64_t>(file() + trailer_offset + 8), alignment_);
    }

    /// The payload of an entry that is found and is no tombstone; `trailer_offset` 0 is not found.
    [[nodiscard]] std::optional<payload_extent> live_payload_at(
        std::uint64_t trailer_offset) const noexcept {
        auto const payload = find_live_payload(file(), trailer_offset, alignment_);
        return payload.empty() ? std::nullopt : std::optional(payload);
    }

    /// The payload of the newest entry with this hash; empty when there is none or it is deleted.
    /// For who reads it: where payloads are of one size, as they often are, it begins as far before
    /// its trailer as that of the newest entry, and is fetched together with the trailer that tells
    /// where it begins.
    [[nodiscard]] payload_extent find_live(std::uint64_t key_hash) const noexcept {
        auto const ahead = newest_size_.load(std::memory_order_relaxed);
        return find_live_payload(file(), index_->find(key_hash, file(), ahead), alignment_);
    }

    [[nodiscard]] bytes_view bytes(payload_extent const& payload) const noexcept {
        return {file() + payload.start, payload.size()};
    }

    /// The payload, with the mapping held for as long as the slice lives.
    [[nodiscard]] slice borrow(payload_extent const& payload) const noexcept {
        return {bytes(payload), pages_->hold()};
    }

private:
    std::shared_ptr<generation> pages_;
    std::shared_ptr<index_table> index_;
    std::byte const* file_;
    std::uint32_t alignment_;
    std::atomic<std::uint64_t> tail_;
    std::atomic<std::uint64_t> newest_size_{0};
};

}  // namespace trunkline::store
