// Lays entries one behind the other and writes them with as few gather writes as possible.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/file.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace trunkline::store {

/// What one entry consists of. `payload` must stay valid until the appender is flushed.
struct record {
    std::uint64_t key_hash = 0;
    bytes_view payload;
    std::uint32_t checksum = 0;
    bool tombstone = false;  ///< then the payload is one zero byte and gets no pad
};

/// Appends entries behind a tail. Small payloads are copied together with pads and trailers, large
/// ones are written straight from where they lie. Not thread-safe; kept between appends, so that
/// its memory is reused.
class appender {
public:
    /// Payloads of at most this many bytes are copied.
    static constexpr std::size_t copied_payload_max = 4096;

    explicit appender(std::uint32_t alignment) : alignment_(alignment) {}

    /// Begins behind `tail` of `to`. Forgets what was not flushed. With `hold_back` the commit part
    /// of the first trailer is zero in the file until commit(), at the begin of a file all of that
    /// trailer: up to then no reader accepts any entry that was added.
    void begin(file& to, std::uint64_t tail, bool hold_back = false) noexcept;

    /// Adds one entry; may write earlier ones. On failure any part of what was added since begin
    /// may be in the file.
    [[nodiscard]] result<void> add(record const& entry);

    /// Writes the rest. Afterwards all that was added is in the file, up to tail(), but for what is
    /// held back.
    [[nodiscard]] result<void> flush();

    /// Writes what was held back, after flush().
    [[nodiscard]] result<void> commit();

    /// Where the next entry would begin.
    [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }

private:
    void note_small(std::byte const* end);
    void hold_back_commit_part(std::uint64_t begin, std::span<std::byte> trailer) noexcept;

    std::uint32_t alignment_;
    file* file_ = nullptr;
    std::uint64_t written_ = 0;  // offset where the pieces go
    std::uint64_t tail_ = 0;
    std::vector<std::byte> small_;
    std::size_t small_used_ = 0;
    std::vector<bytes_view> pieces_;
    bool last_is_small_ = false;
    bool holds_back_ = false;
    std::uint64_t held_at_ = 0;
    std::size_t held_size_ = 0;
    std::array<std::byte, trailer_size> held_{};
};

}  // namespace trunkline::store
