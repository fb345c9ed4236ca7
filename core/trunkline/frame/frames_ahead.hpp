// The frames of one stream that came before their turn.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/growing_buffer.hpp>
#include <trunkline/base/heap_cost.hpp>
#include <trunkline/frame/header.hpp>

#include <cstddef>
#include <cstdint>
#include <map>

namespace trunkline::frame {

/// A frame with as much of its payload as has come.
struct held_frame {
    header head;
    growing_buffer payload;
};

/// Ordered by sequence number. Whatever order a peer chooses, a frame costs a few comparisons (the
/// logarithm of their number) when it comes and a constant amount of work when it leaves, and it is
/// never moved in between. Knows no limits: its owner asks for the sums before it adds.
class frames_ahead {
public:
    [[nodiscard]] bool contains(std::uint32_t sequence) const { return frames_.contains(sequence); }

    /// Adds a frame without payload; there must be none with its number.
    void add(header const& head);

    /// Adds to the payload of a frame. False when memory is exhausted; the frame must be there.
    [[nodiscard]] bool append(std::uint32_t sequence, bytes_view bytes) noexcept;

    /// Whether the first frame has this number.
    [[nodiscard]] bool begins_with(std::uint64_t sequence) const noexcept;

    /// Removes the first frame and gives it; there must be one.
    [[nodiscard]] held_frame take_first();

    /// Drops every frame from this number on.
    void drop_from(std::uint64_t sequence);

    [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
    [[nodiscard]] std::size_t count() const noexcept { return frames_.size(); }

    /// Payload of all frames as their headers declare it, in bytes.
    [[nodiscard]] std::size_t declared_size() const noexcept { return declared_; }

    /// Memory taken by the frames and their payload, in bytes, as the allocator counts.
    [[nodiscard]] std::size_t memory_taken() const noexcept {
        return frames_.size() * frame_cost + payloads_;
    }

private:
    using frame_map = std::map<std::uint32_t, held_frame>;

    // A node of a tree is its value beside three links and a colour.
    static constexpr std::size_t frame_cost =
        heap_cost(4 * sizeof(void*) + sizeof(frame_map::value_type));

    void forget_sizes(held_frame const& of) noexcept;

    frame_map frames_;
    std::size_t declared_ = 0;
    std::size_t payloads_ = 0;  // memory of the payloads
};

}  // namespace trunkline::frame
