// The half of a stream that comes from the peer: what has arrived and nobody has read yet.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/half_deadline.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/typed/record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace trunkline::peers {

enum class part_shape : std::uint8_t {
    records,  ///< messages with borders (typed/FORMAT.md)
    raw,      ///< bytes as they come
    whole,    ///< one message, all until the end
};

/// Somebody who wants the next message: told by exactly one call of these.
class reading {
public:
    virtual void on_message(std::vector<std::byte> bytes) = 0;
    virtual void on_end() = 0;
    virtual void on_read_failed(call_failure why) = 0;

protected:
    ~reading() = default;
};

/// Where the bytes of a stream come from, where they are under credit: what nobody has read then
/// holds up this stream alone.
class stream_source {
public:
    /// The same until nothing more comes.
    [[nodiscard]] virtual bool is_under_credit() const = 0;

    /// So many bytes wait for their reader.
    virtual void queue_for_reader(std::size_t bytes) = 0;
    /// The reader has taken so many of them.
    virtual void taken_by_reader(std::size_t bytes) = 0;

protected:
    ~stream_source() = default;
};

/// On the thread of its line. Counts what it holds among what its connection may hold, and stops
/// the reading of the connection as rpc::endpoint::queue_for_reader() says, unless its source does
/// that for this stream alone.
class stream_input {
public:
    /// `from` outlives it.
    stream_input(line& on, part_shape shape, stream_source& from) noexcept
        : line_(on), shape_(shape), source_(from) {}
    ~stream_input();
    stream_input(stream_input const&) = delete;
    stream_input& operator=(stream_input const&) = delete;

    // From the wire
    // --------------------------------------------------------------------------------------------

    /// The next bytes. Gives the reason when they cannot be taken: the stream is to be given up.
    [[nodiscard]] std::optional<call_failure> take(bytes_view part);

    /// No more will come. Fails as take() where something is missing.
    [[nodiscard]] std::optional<call_failure> finish();

    /// No more will come because of `why`, which who reads is told after what has arrived. Nothing
    /// after an end.
    void fail(call_failure why);

    // By who reads
    // --------------------------------------------------------------------------------------------

    /// Tells `who` of the next message as soon as there is one. One at a time: a second one fails
    /// with already_reading.
    void read(std::shared_ptr<reading> who);

    /// From then on reads fail with deadline_passed, one that waits, too; empty: never. What has
    /// arrived stays.
    void expire_after(std::optional<std::chrono::milliseconds> left);

    /// Forgets that `who` wants something; false when nobody of that name waits.
    [[nodiscard]] bool forget(reading const& who) noexcept;

    /// Nobody will read: what has arrived and what will is dropped, and who reads is told `why`.
    void abandon(call_failure why);

    /// Counts what the request of the call takes beside its parts; 0 lets it go. False when the
    /// connection may not hold so much.
    [[nodiscard]] bool hold_request(std::size_t size);

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Why it has ended, unless in order.
    [[nodiscard]] std::optional<call_failure> const& failure() const noexcept { return failed_; }

private:
    [[nodiscard]] std::optional<call_failure> take_records(bytes_view part);
    [[nodiscard]] std::optional<call_failure> take_record(typed::record next);
    [[nodiscard]] std::optional<call_failure> join(bytes_view part);
    void add(std::vector<std::byte> message);
    void tell();
    [[nodiscard]] bool count();
    void count_waiting(rpc::endpoint& at, std::size_t waiting);
    void end(std::optional<call_failure> why);

    line& line_;
    part_shape shape_;
    stream_source& source_;
    std::optional<bool> under_credit_;  // known with the first bytes
    std::optional<typed::record_reader> records_;
    std::vector<std::byte> joined_;
    std::deque<std::vector<std::byte>> messages_;
    std::size_t waiting_size_ = 0;  // of the messages
    std::size_t request_size_ = 0;
    std::size_t counted_waiting_ = 0;
    std::size_t counted_ = 0;
    std::uint64_t connection_ = 0;  // of the line, for which it is counted
    std::shared_ptr<reading> reader_;
    half_deadline deadline_;
    std::optional<call_failure> failed_;
    bool ended_ = false;
    bool abandoned_ = false;
};

}  // namespace trunkline::peers
