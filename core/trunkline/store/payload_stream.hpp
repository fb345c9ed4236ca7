// Writes one entry whose payload comes in pieces.
#pragma once

#include <trunkline/store/writer.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trunkline::store {

/// Bytes asked of a source at once.
inline constexpr std::size_t stream_piece_size = 64 * 1024;

/// One entry on its way into a file. Zero bytes at its begin, the pad among them, are only counted
/// until another byte comes: a payload of zeros alone is refused and must not touch the file.
class payload_stream {
public:
    payload_stream(file& to, std::uint64_t tail, std::uint32_t alignment) noexcept;

    /// Reads `source` to its end and writes payload and trailer; gives the new tail.
    [[nodiscard]] result<std::uint64_t> write(std::uint64_t key_hash, payload_source const& source);

    /// True when bytes may be in the file behind the tail.
    [[nodiscard]] bool touched_file() const noexcept { return touched_file_; }

    /// True when the failure was one of the disk.
    [[nodiscard]] bool disk_failed() const noexcept { return disk_failed_; }

private:
    [[nodiscard]] result<void> take(bytes_view piece);
    [[nodiscard]] result<void> put(bytes_view bytes);
    [[nodiscard]] result<void> put_zeros(std::uint64_t count);

    file& file_;
    std::uint64_t begin_;
    std::uint64_t pad_;
    std::uint64_t written_to_;
    std::uint64_t size_ = 0;
    std::uint64_t leading_zeros_ = 0;
    std::uint32_t checksum_ = 0;
    bool touched_file_ = false;
    bool disk_failed_ = false;
};

}  // namespace trunkline::store
