// What readers see of a store: one mapping of the file and the index into it, published together.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/store/generation.hpp>
#include <trunkline/store/key_index.hpp>

#include <memory>
#include <optional>

namespace trunkline::store {

/// Published by one atomic pointer and replaced when the table or the mapping has to grow. A table
/// belongs to one mapping: it never leads beyond it. Successive snapshots may share a mapping.
struct snapshot {
    std::shared_ptr<generation> pages;
    std::shared_ptr<index_table> index;
    std::uint32_t alignment = alignment_max;

    /// The payload of the entry whose trailer lies at `trailer_offset`.
    [[nodiscard]] std::optional<payload_extent> payload_at(
        std::uint64_t trailer_offset) const noexcept {
        auto const* const file = pages->data();
        return find_payload(file, trailer_offset, load_le<std::uint64_t>(file + trailer_offset + 8),
                            alignment);
    }

    /// The payload of an entry that is found and is no tombstone; `trailer_offset` 0 is not found.
    [[nodiscard]] std::optional<payload_extent> live_payload_at(
        std::uint64_t trailer_offset) const noexcept {
        if (trailer_offset == 0) {
            return std::nullopt;
        }
        auto const payload = payload_at(trailer_offset);
        return payload && !is_tombstone(bytes(*payload)) ? payload : std::nullopt;
    }

    [[nodiscard]] bytes_view bytes(payload_extent const& payload) const noexcept {
        return {pages->data() + payload.start, payload.size()};
    }

    /// The payload, with the mapping held for as long as the slice lives.
    [[nodiscard]] slice borrow(payload_extent const& payload) const noexcept {
        return {bytes(payload), pages->hold()};
    }
};

}  // namespace trunkline::store
