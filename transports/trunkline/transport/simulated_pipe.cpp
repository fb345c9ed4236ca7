#include <trunkline/transport/simulated_pipe.hpp>

#include <trunkline/base/assert.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace trunkline::transport {
namespace {

using duration = runtime::duration;
using time_point = runtime::time_point;

constexpr duration coalescing_wait = std::chrono::milliseconds(1);
constexpr std::uint64_t delay_max_us = 20'000;
constexpr std::uint64_t short_write_max = 16;

// One write on its way to the other end. An empty one is the end of the stream.
struct parcel {
    time_point arrives;
    std::vector<std::byte> bytes;
    std::size_t taken = 0;
};

// What one end sends.
struct direction {
    std::deque<parcel> parcels;
    std::size_t size = 0;
    bool ended = false;
    bool stalled = false;
    bool shortened = false;
    bool held_back = false;
    bool last_grows = false;  // written while held back: what follows joins it
    std::optional<std::size_t> cut_after;
    std::uint64_t write_calls = 0;
};

struct end_state {
    readiness_sink* sink = nullptr;
    bool read_interest = false;
    bool write_interest = false;
    bool event_queued = false;
    bool closed = false;
    std::unique_ptr<timer> arrival;  // waits for the next parcel
    time_point arrival_time;
    error_code error;
    time_point error_time;
    pipe_counters counters;
};

std::size_t index_of(pipe_end end) noexcept {
    return static_cast<std::size_t>(end);
}

pipe_end other(pipe_end end) noexcept {
    return end == pipe_end::first ? pipe_end::second : pipe_end::first;
}

io_result moved(std::size_t size) noexcept {
    return {.status = io_status::ok, .size = size, .error = {}};
}

io_result without_bytes(io_status status, error_code error = {}) noexcept {
    return {.status = status, .size = 0, .error = error};
}

}  // namespace

char const* name_of(delivery_shape shape) noexcept {
    switch (shape) {
        case delivery_shape::direct:
            return "direct";
        case delivery_shape::one_byte:
            return "one_byte";
        case delivery_shape::random_split:
            return "random_split";
        case delivery_shape::coalesced:
            return "coalesced";
        case delivery_shape::delayed:
            return "delayed";
        case delivery_shape::short_writes:
            return "short_writes";
    }
    return "unknown";
}

namespace {

class pipe_state final : public pipe_control, public std::enable_shared_from_this<pipe_state> {
public:
    pipe_state(runtime& loop, pipe_options const& options)
        : loop_(loop), options_(options), random_(options.seed) {
        TRUNKLINE_ASSERT(options.capacity > 0);
    }

    io_result read(pipe_end end, mutable_bytes into);
    io_result write(pipe_end end, std::span<bytes_view const> pieces);
    void shutdown_write(pipe_end end);
    void close(pipe_end end, bool abort);
    void watch(pipe_end end, readiness_sink* sink, bool read_interest, bool write_interest);
    void acknowledge(pipe_end end) { ++at(end).counters.acknowledgements; }
    void hold_back(pipe_end end, bool on);

    void cut() override;
    void cut_after(pipe_end from, std::size_t size) override;
    void stall(pipe_end from, bool stalled) override;
    void shorten(pipe_end from, bool on) override { sent_by(from).shortened = on; }
    std::size_t in_flight(pipe_end from) const override { return lanes_[index_of(from)].size; }
    pipe_counters const& counters(pipe_end of) const override {
        return ends_[index_of(of)].counters;
    }

private:
    end_state& at(pipe_end end) { return ends_[index_of(end)]; }
    direction& sent_by(pipe_end end) { return lanes_[index_of(end)]; }

    bool failed(end_state const& state) const {
        return state.error && state.error_time <= loop_.now();
    }
    bool arrived(direction const& lane) const {
        return !lane.stalled && !lane.parcels.empty() &&
               lane.parcels.front().arrives <= loop_.now();
    }
    bool readable(pipe_end end) { return failed(at(end)) || arrived(sent_by(other(end))); }
    bool writable(pipe_end end) {
        direction const& lane = sent_by(end);
        return failed(at(end)) || at(other(end)).closed || lane.ended ||
               lane.size < options_.capacity;
    }

    time_point arrival_of_next(direction const& lane);
    std::size_t read_size_max(std::size_t wanted);
    std::size_t write_size_max(direction& lane);
    void fail(pipe_end end, error_code error, duration after);
    void forget_sink(pipe_end end);
    void arm(pipe_end end);
    void fire(pipe_end end);

    runtime& loop_;
    pipe_options options_;
    std::mt19937_64 random_;
    std::array<end_state, 2> ends_;
    std::array<direction, 2> lanes_;
};

time_point pipe_state::arrival_of_next(direction const& lane) {
    time_point arrives = loop_.now() + options_.latency;
    if (options_.shape == delivery_shape::delayed) {
        arrives += duration(random_() % (delay_max_us + 1));
    }
    if (options_.shape == delivery_shape::coalesced) {
        arrives += coalescing_wait;
        if (!lane.parcels.empty() && lane.parcels.back().arrives > loop_.now()) {
            return lane.parcels.back().arrives;
        }
    }
    return lane.parcels.empty() ? arrives : std::max(arrives, lane.parcels.back().arrives);
}

std::size_t pipe_state::read_size_max(std::size_t wanted) {
    switch (options_.shape) {
        case delivery_shape::one_byte:
            return 1;
        case delivery_shape::random_split: {
            // Small and large pieces alike: first the order of magnitude, then the size.
            std::size_t const bound = std::size_t{1} << (random_() % 15);
            return std::min(wanted, 1 + random_() % bound);
        }
        default:
            return wanted;
    }
}

io_result pipe_state::read(pipe_end end, mutable_bytes into) {
    TRUNKLINE_ASSERT(!into.empty());
    end_state& reader = at(end);
    direction& lane = sent_by(other(end));
    if (reader.closed) {
        return without_bytes(io_status::error, boost::asio::error::bad_descriptor);
    }
    if (!arrived(lane)) {
        return failed(reader) ? without_bytes(io_status::error, reader.error)
                              : without_bytes(io_status::would_block);
    }
    if (lane.parcels.front().bytes.empty()) {
        return without_bytes(io_status::end);
    }
    std::size_t limit = read_size_max(into.size());
    limit = lane.cut_after ? std::min(limit, *lane.cut_after) : limit;
    std::size_t size = 0;
    while (size < limit && arrived(lane) && !lane.parcels.front().bytes.empty()) {
        parcel& front = lane.parcels.front();
        std::size_t const part = std::min(limit - size, front.bytes.size() - front.taken);
        std::memcpy(into.data() + size, front.bytes.data() + front.taken, part);
        size += part;
        front.taken += part;
        if (front.taken == front.bytes.size()) {
            lane.parcels.pop_front();
        }
        if (options_.shape == delivery_shape::direct || options_.shape == delivery_shape::delayed) {
            break;
        }
    }
    lane.size -= size;
    ++reader.counters.reads;
    reader.counters.read_size += size;
    if (lane.cut_after && (*lane.cut_after -= size) == 0) {
        cut();
    } else {
        arm(other(end));
    }
    return moved(size);
}

std::size_t pipe_state::write_size_max(direction& lane) {
    std::size_t const room = options_.capacity - lane.size;
    if (options_.shape != delivery_shape::short_writes && !lane.shortened) {
        return room;
    }
    if (++lane.write_calls % 3 == 0) {
        return 0;
    }
    return std::min<std::size_t>(room, 1 + random_() % short_write_max);
}

io_result pipe_state::write(pipe_end end, std::span<bytes_view const> pieces) {
    end_state& writer = at(end);
    direction& lane = sent_by(end);
    if (writer.closed) {
        return without_bytes(io_status::error, boost::asio::error::bad_descriptor);
    }
    if (failed(writer)) {
        return without_bytes(io_status::error, writer.error);
    }
    if (lane.ended) {
        return without_bytes(io_status::error, boost::asio::error::broken_pipe);
    }
    std::size_t const limit = write_size_max(lane);
    parcel next{.arrives = arrival_of_next(lane), .bytes = {}};
    for (bytes_view const piece : pieces) {
        bytes_view const part = piece.first(std::min(piece.size(), limit - next.bytes.size()));
        next.bytes.insert(next.bytes.end(), part.begin(), part.end());
    }
    std::size_t const size = next.bytes.size();
    if (size == 0) {
        ++writer.counters.refused_writes;
        return without_bytes(io_status::would_block);
    }
    ++writer.counters.writes;
    writer.counters.write_size += size;
    if (at(other(end)).closed) {
        // Nobody is there any more: what arrives there is answered by a reset.
        fail(end, boost::asio::error::connection_reset, 2 * options_.latency);
        return moved(size);
    }
    lane.size += size;
    if (lane.last_grows && !lane.parcels.empty()) {
        auto& last = lane.parcels.back().bytes;
        last.insert(last.end(), next.bytes.begin(), next.bytes.end());
    } else {
        lane.parcels.push_back(std::move(next));
    }
    lane.last_grows = lane.held_back;
    arm(other(end));
    return moved(size);
}

void pipe_state::hold_back(pipe_end end, bool on) {
    direction& lane = sent_by(end);
    lane.held_back = on;
    lane.last_grows = lane.last_grows && on;
}

void pipe_state::shutdown_write(pipe_end end) {
    direction& lane = sent_by(end);
    if (!lane.ended) {
        lane.ended = true;
        lane.last_grows = false;
        lane.parcels.push_back({.arrives = arrival_of_next(lane), .bytes = {}});
        arm(other(end));
    }
}

void pipe_state::close(pipe_end end, bool abort) {
    if (at(end).closed) {
        return;
    }
    if (abort) {
        sent_by(end) = {};
        sent_by(end).ended = true;
        fail(other(end), boost::asio::error::connection_reset, options_.latency);
    } else if (!failed(at(end))) {
        shutdown_write(end);
    }
    forget_sink(end);
    at(end).closed = true;
    at(end).counters.closed = true;
    sent_by(other(end)).parcels.clear();
    sent_by(other(end)).size = 0;
    arm(other(end));
}

void pipe_state::forget_sink(pipe_end end) {
    at(end).sink = nullptr;
    at(end).read_interest = false;
    at(end).write_interest = false;
    at(end).arrival.reset();
}

void pipe_state::watch(pipe_end end, readiness_sink* sink, bool read_interest,
                       bool write_interest) {
    TRUNKLINE_ASSERT(sink != nullptr || (!read_interest && !write_interest));
    end_state& state = at(end);
    if (!state.closed) {
        state.sink = sink;
        state.read_interest = read_interest;
        state.write_interest = write_interest;
        arm(end);
    }
}

void pipe_state::fail(pipe_end end, error_code error, duration after) {
    end_state& state = at(end);
    if (!state.error) {
        state.error = error;
        state.error_time = loop_.now() + after;
    }
    arm(end);
}

void pipe_state::cut() {
    for (auto& lane : lanes_) {
        lane.parcels.clear();
        lane.size = 0;
        lane.cut_after.reset();
    }
    for (auto const end : {pipe_end::first, pipe_end::second}) {
        fail(end, boost::asio::error::connection_reset, duration::zero());
    }
}

void pipe_state::cut_after(pipe_end from, std::size_t size) {
    if (size == 0) {
        cut();
        return;
    }
    sent_by(from).cut_after = size;
}

void pipe_state::stall(pipe_end from, bool stalled) {
    sent_by(from).stalled = stalled;
    arm(other(from));
}

// Makes sure that the sink of `end` is told: now when something holds now, else when the next
// parcel or error arrives.
void pipe_state::arm(pipe_end end) {
    end_state& state = at(end);
    if (state.sink == nullptr || state.event_queued) {
        return;
    }
    if ((state.read_interest && readable(end)) || (state.write_interest && writable(end))) {
        state.event_queued = true;
        loop_.post([self = shared_from_this(), end] { self->fire(end); });
        return;
    }
    time_point next = time_point::max();
    direction const& lane = sent_by(other(end));
    if (state.read_interest && !lane.stalled && !lane.parcels.empty()) {
        next = lane.parcels.front().arrives;
    }
    if (state.error && (state.read_interest || state.write_interest)) {
        next = std::min(next, state.error_time);
    }
    if (next == time_point::max()) {
        state.arrival.reset();
    } else if (!state.arrival || state.arrival_time != next) {
        state.arrival_time = next;
        state.arrival = loop_.after(next - loop_.now(), [self = weak_from_this(), end] {
            if (auto const pipe = self.lock()) {
                pipe->at(end).arrival.reset();
                pipe->arm(end);
            }
        });
    }
}

void pipe_state::fire(pipe_end end) {
    end_state& state = at(end);
    state.event_queued = false;
    if (state.sink == nullptr) {
        return;
    }
    bool const read_ready = state.read_interest && readable(end);
    bool const write_ready = state.write_interest && writable(end);
    if (read_ready || write_ready) {
        state.sink->on_ready(read_ready, write_ready);
    }
    arm(end);
}

class simulated_stream final : public byte_stream {
public:
    simulated_stream(std::shared_ptr<pipe_state> pipe, pipe_end end)
        : pipe_(std::move(pipe)), end_(end) {}
    ~simulated_stream() override { pipe_->close(end_, false); }

    io_result read(mutable_bytes into) override { return pipe_->read(end_, into); }
    io_result write(std::span<bytes_view const> pieces) override {
        return pipe_->write(end_, pieces);
    }
    bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override { pipe_->shutdown_write(end_); }
    void close(bool abort) override { pipe_->close(end_, abort); }
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        pipe_->watch(end_, sink, read_interest, write_interest);
    }
    void acknowledge_now() override { pipe_->acknowledge(end_); }
    void hold_back(bool on) override { pipe_->hold_back(end_, on); }
    std::string peer() const override {
        return end_ == pipe_end::first ? "simulated:second" : "simulated:first";
    }
    std::optional<peer_credentials> credentials() const override { return std::nullopt; }
    std::optional<peer_certificate> certificate() const override { return std::nullopt; }
    file_descriptor release() override { return {}; }

private:
    std::shared_ptr<pipe_state> pipe_;
    pipe_end end_;
};

}  // namespace

simulated_pipe make_simulated_pipe(runtime& loop, pipe_options const& options) {
    auto const state = std::make_shared<pipe_state>(loop, options);
    return {.first = std::make_unique<simulated_stream>(state, pipe_end::first),
            .second = std::make_unique<simulated_stream>(state, pipe_end::second),
            .control = state};
}

}  // namespace trunkline::transport
