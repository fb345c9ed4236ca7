// What the holders of a stream ask of it, as any thread sees it: in one order, and what of it are
// sends is counted.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace trunkline {

/// Bytes of sent parts, with send_part_cost for each, that may wait in one stream before a further
/// one is not taken.
inline constexpr std::size_t send_queue_size_mark = 256 * kib;

/// Bytes, counted so, below which a queue that was above it has drained.
inline constexpr std::size_t send_queue_low_mark = 64 * kib;

/// What a part that waits is taken for beside its bytes, in bytes: parts without any take memory,
/// too.
inline constexpr std::size_t send_part_cost = 1 * kib;

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

class task;

/// From any thread, but for what says otherwise. An episode begins when more than
/// send_queue_low_mark waits, and ends when no more than that does: then who asked is told, once.
class send_queue {
public:
    /// Puts `what` behind what has been put before.
    void put(std::shared_ptr<task> what);

    /// The same with a part that costs so much, or says why not.
    [[nodiscard]] send_outcome enter(std::size_t cost, std::shared_ptr<task> part);

    /// Whether the thread of the line has to be told of what has been put; it is told once.
    [[nodiscard]] bool needs_turn();

    /// On the thread of the line, which has been told.
    void turn_came();

    /// On the thread of the line: the next that was put, null when there is none.
    [[nodiscard]] std::shared_ptr<task> next();

    /// The line's thread has gone: all that was put is dropped, nothing is taken any more, and
    /// nobody is told of that.
    void drop(error_code why);

    /// So much of what has entered waits no longer. May tell who waits for that, last.
    void leave(std::size_t cost);

    /// No part is taken any more.
    void close(error_code why);

    /// Who is told of the end of each episode, on the thread of the line; null for nobody.
    void on_drained(std::function<void()> told);

private:
    std::mutex mutex_;
    std::deque<std::shared_ptr<task>> put_;
    std::function<void()> drained_;
    std::size_t size_ = 0;
    bool above_ = false;
    bool turn_due_ = false;
    error_code closed_;
};

}  // namespace peers
}  // namespace trunkline
