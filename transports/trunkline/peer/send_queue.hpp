// What a writer has sent to its stream without waiting, as any thread sees it.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>

namespace trunkline {

/// Bytes of sent parts that may wait in one stream before a further one is not taken.
inline constexpr std::size_t send_queue_size_mark = 256 * kib;

/// Bytes below which a queue that was above it has drained.
inline constexpr std::size_t send_queue_low_mark = 64 * kib;

/// What has become of a part.
enum class send_status : std::uint8_t {
    sent,     ///< taken, and on its way: nothing of the stream waits for room or credit
    queued,   ///< taken; it goes out behind what waits
    wait,     ///< not taken: too much waits. Send it again once the stream has drained
    refused,  ///< not taken, and `why` says why
};

/// A value.
struct send_outcome {
    send_status status = send_status::refused;  ///< what has become of it
    error_code why;  ///< of refused: message_too_large for this part alone; else of the stream

    /// Whether it was taken.
    [[nodiscard]] bool taken() const noexcept {
        return status == send_status::sent || status == send_status::queued;
    }
};

namespace peers {

/// From any thread. An episode begins when more than send_queue_low_mark waits, and ends when no
/// more than that does: then who asked is told, once.
class send_queue {
public:
    /// Takes so many bytes in, or says why not.
    [[nodiscard]] send_outcome enter(std::size_t bytes);

    /// So many of them wait no longer. May tell who waits for that, last.
    void leave(std::size_t bytes);

    /// Nothing is taken any more.
    void close(error_code why);

    /// Who is told of the end of each episode, on the thread of the line.
    void on_drained(std::function<void()> told);

private:
    std::mutex mutex_;
    std::function<void()> drained_;
    std::size_t size_ = 0;
    bool above_ = false;
    error_code closed_;
};

}  // namespace peers
}  // namespace trunkline
