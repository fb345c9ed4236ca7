#include "ring.hpp"

#include <algorithm>
#include <cstring>

namespace ring {

std::optional<std::uint32_t> writer::room() const noexcept {
    std::uint32_t const waiting = written_ - lane_.taken;
    return waiting <= capacity ? std::optional(capacity - waiting) : std::nullopt;
}

std::size_t writer::write(std::span<trunkline::bytes_view const> pieces) noexcept {
    std::size_t left = room().value_or(0);
    std::size_t done = 0;
    for (trunkline::bytes_view piece : pieces) {
        piece = piece.first(std::min(piece.size(), left));
        left -= piece.size();
        done += piece.size();
        while (!piece.empty()) {
            std::size_t const at = written_ % capacity;
            std::size_t const size = std::min(piece.size(), capacity - at);
            std::memcpy(lane_.bytes + at, piece.data(), size);
            written_ += static_cast<std::uint32_t>(size);
            piece = piece.subspan(size);
        }
    }
    lane_.written = written_;
    return done;
}

std::optional<std::uint32_t> reader::size() const noexcept {
    std::uint32_t const waiting = lane_.written - taken_;
    return waiting <= capacity ? std::optional(waiting) : std::nullopt;
}

std::size_t reader::read(trunkline::mutable_bytes into) noexcept {
    std::size_t const all = std::min<std::size_t>(into.size(), size().value_or(0));
    for (std::size_t done = 0; done < all;) {
        std::size_t const at = taken_ % capacity;
        std::size_t const size = std::min(all - done, capacity - at);
        std::memcpy(into.data() + done, lane_.bytes + at, size);
        taken_ += static_cast<std::uint32_t>(size);
        done += size;
    }
    lane_.taken = taken_;
    return all;
}

}  // namespace ring
