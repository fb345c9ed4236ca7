// What all connections of one thread share, so that an idle one needs none of it for itself.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/gather_queue.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/sweeper.hpp>
#include <trunkline/transport/turn_queue.hpp>

#include <memory>
#include <span>
#include <vector>

namespace trunkline::transport {

/// Size of the buffer that sockets are read into, in bytes.
inline constexpr std::size_t read_buffer_size = 64 * kib;

/// Pieces of input that one read of a connection gives.
inline constexpr std::size_t pieces_per_read = 256;

/// Pieces of output that go into one gather write; the most a system call takes on Linux.
inline constexpr std::size_t segments_per_write = 1024;

/// One per runtime, used on its thread.
class loop_commons {
public:
    explicit loop_commons(runtime& loop)
        : read_buffer_(std::make_unique_for_overwrite<std::byte[]>(read_buffer_size)),
          pieces_(pieces_per_read),
          segments_(segments_per_write),
          sweeper_(loop),
          turns_(loop) {}

    /// Whoever reads into it is done with it before returning to the loop.
    [[nodiscard]] mutable_bytes read_buffer() noexcept {
        return {read_buffer_.get(), read_buffer_size};
    }

    /// Room for the pieces of one read, used together with the read buffer.
    [[nodiscard]] std::span<in_piece> pieces() noexcept { return pieces_; }

    /// Room for what is about to be written; free again after the write.
    [[nodiscard]] std::span<out_segment> segments() noexcept { return segments_; }

    [[nodiscard]] sweeper& sweep() noexcept { return sweeper_; }
    [[nodiscard]] turn_queue& turns() noexcept { return turns_; }

private:
    std::unique_ptr<std::byte[]> read_buffer_;
    std::vector<in_piece> pieces_;
    std::vector<out_segment> segments_;
    sweeper sweeper_;
    turn_queue turns_;
};

}  // namespace trunkline::transport
