// One direction of a link: a queue of bytes in memory that two processes share.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ring {

/// Bytes of a queue; a power of two, so that counts may pass their largest value.
inline constexpr std::uint32_t capacity = 256 * 1024;

/// What a writer says about its end.
enum class writing : std::uint32_t {
    goes_on,
    has_ended,  ///< all was written
    is_broken,  ///< what has not been read is lost
};

/// What lies in the shared memory. Whoever has the other end may write anything into it at any
/// time: nothing of it is believed without a look.
struct lane {
    alignas(64) std::atomic<std::uint32_t> written;        // by the writer, as is `state`
    alignas(64) std::atomic<std::uint32_t> taken;          // by the reader, as is `reader_is_gone`
    alignas(64) std::atomic<std::uint32_t> reader_sleeps;  // it wants the bell when there is more
    alignas(64) std::atomic<std::uint32_t> writer_sleeps;  // it wants the bell when there is room
    alignas(64) std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> reader_is_gone;
    alignas(64) std::byte bytes[capacity];
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "no lock may lie in shared memory");

/// The end that puts bytes in.
class writer {
public:
    explicit writer(lane& shared) noexcept : lane_(shared), written_(shared.written) {}

    /// Bytes that can be written now; empty when the reader's count makes no sense.
    [[nodiscard]] std::optional<std::uint32_t> room() const noexcept;

    /// Puts in what there is room for, and gives its size; none when the count makes no sense.
    [[nodiscard]] std::size_t write(std::span<trunkline::bytes_view const> pieces) noexcept;

private:
    lane& lane_;
    std::uint32_t written_;  // the one in the memory is for the reader
};

/// The end that takes bytes out.
class reader {
public:
    explicit reader(lane& shared) noexcept : lane_(shared), taken_(shared.taken) {}

    /// Bytes that wait; empty when the writer's count makes no sense.
    [[nodiscard]] std::optional<std::uint32_t> size() const noexcept;

    /// Takes what there is, at most as much as `into` has room for, and gives its size.
    [[nodiscard]] std::size_t read(trunkline::mutable_bytes into) noexcept;

private:
    lane& lane_;
    std::uint32_t taken_;  // likewise
};

}  // namespace ring
