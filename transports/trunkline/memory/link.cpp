#include <trunkline/memory/link.hpp>

#include <trunkline/base/assert.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace trunkline::memory {
namespace {

using transport::in_piece;
using transport::io_result;
using transport::io_status;
using transport::read_result;
using transport::readiness_sink;

// Where a parcel is full: what was read of one is given back only with the whole of it.
constexpr std::size_t parcel_size_max = 64 * kib;

// Bytes that lie together: never of two messages where borders are kept.
struct parcel {
    std::vector<std::byte> bytes;
    std::size_t read = 0;
    bool ends_message = false;
};

// What one side sends. Guarded by the mutex of its link.
struct lane {
    std::deque<parcel> parcels;
    std::size_t size = 0;
    std::size_t frame_left = 0;  // of the frame being written
    bool ended = false;
};

struct side {
    transport::runtime* loop = nullptr;
    readiness_sink* sink = nullptr;  // changed on the side's own thread only
    bool read_interest = false;
    bool write_interest = false;
    bool event_queued = false;
    bool gone = false;     // its connection has been destroyed or aborted
    bool aborted = false;  // by the other side
};

using side_index = std::size_t;
constexpr side_index other(side_index side) noexcept {
    return 1 - side;
}

class shared_link final : public std::enable_shared_from_this<shared_link> {
public:
    shared_link(transport::runtime& first, transport::runtime& second, link_options const& options)
        : options_(options) {
        TRUNKLINE_ASSERT(options.capacity > 0);
        sides_[0].loop = &first;
        sides_[1].loop = &second;
    }

    [[nodiscard]] bool message_borders() const noexcept { return options_.message_borders; }

    read_result read(side_index me, mutable_bytes buffer, std::span<in_piece> out) {
        std::lock_guard const lock(mutex_);
        read_result result;
        lane& from = lanes_[other(me)];
        if (sides_[me].aborted) {
            result.status = io_status::error;
            result.error = boost::asio::error::connection_reset;
            return result;
        }
        while (!from.parcels.empty() && result.pieces < out.size() &&
               result.wire_bytes < buffer.size()) {
            parcel& front = from.parcels.front();
            std::size_t const size =
                std::min(buffer.size() - result.wire_bytes, front.bytes.size() - front.read);
            mutable_bytes const into = buffer.subspan(result.wire_bytes, size);
            std::memcpy(into.data(), front.bytes.data() + front.read, size);
            front.read += size;
            result.wire_bytes += size;
            bool const whole = front.read == front.bytes.size();
            out[result.pieces++] = {.bytes = into, .ends_message = whole && front.ends_message};
            if (whole) {
                from.parcels.pop_front();
            }
        }
        from.size -= result.wire_bytes;
        if (result.pieces == 0) {
            result.status = from.ended ? io_status::end : io_status::would_block;
        } else {
            arm(other(me));
        }
        return result;
    }

    io_result write(side_index me, std::span<out_segment const> segments) {
        std::lock_guard const lock(mutex_);
        lane& into = lanes_[me];
        if (sides_[me].aborted || sides_[other(me)].gone || into.ended) {
            return {.status = io_status::error, .error = boost::asio::error::broken_pipe};
        }
        io_result result;
        for (out_segment const& segment : segments) {
            if (options_.message_borders && segment.frame_size != 0) {
                into.frame_left = segment.frame_size;
            }
            bytes_view const part =
                segment.bytes.first(std::min(segment.bytes.size(), options_.capacity - into.size));
            put(into, part);
            result.size += part.size();
            if (part.size() < segment.bytes.size()) {
                break;
            }
        }
        if (result.size == 0 && !segments.empty()) {
            result.status = io_status::would_block;
            return result;
        }
        arm(other(me));
        return result;
    }

    void end(side_index me) {
        std::lock_guard const lock(mutex_);
        lanes_[me].ended = true;
        arm(other(me));
    }

    void abort(side_index me) {
        std::lock_guard const lock(mutex_);
        sides_[other(me)].aborted = true;
        lanes_ = {};
        leave(me);
    }

    void destroyed(side_index me) {
        std::lock_guard const lock(mutex_);
        lanes_[other(me)] = {};
        leave(me);
    }

    void watch(side_index me, readiness_sink* sink, bool read_interest, bool write_interest) {
        std::lock_guard const lock(mutex_);
        side& mine = sides_[me];
        if (!mine.gone) {
            mine.sink = sink;
            mine.read_interest = read_interest;
            mine.write_interest = write_interest;
            arm(me);
        }
    }

private:
    // A segment without frame_size goes on with the frame before it.
    void put(lane& into, bytes_view bytes) {
        if (bytes.empty()) {
            return;
        }
        bool const joins = !into.parcels.empty() && !into.parcels.back().ends_message &&
                           into.parcels.back().bytes.size() < parcel_size_max;
        if (!joins) {
            into.parcels.emplace_back();
        }
        parcel& last = into.parcels.back();
        last.bytes.insert(last.bytes.end(), bytes.begin(), bytes.end());
        into.size += bytes.size();
        if (options_.message_borders) {
            TRUNKLINE_ASSERT(bytes.size() <= into.frame_left);
            into.frame_left -= bytes.size();
            last.ends_message = into.frame_left == 0;
        }
    }

    void leave(side_index me) {
        side& mine = sides_[me];
        mine.gone = true;
        mine.sink = nullptr;
        mine.read_interest = false;
        mine.write_interest = false;
        lanes_[me].ended = true;
        arm(other(me));
    }

    [[nodiscard]] bool readable(side_index of) const {
        lane const& from = lanes_[other(of)];
        return sides_[of].read_interest &&
               (sides_[of].aborted || from.ended || !from.parcels.empty());
    }
    [[nodiscard]] bool writable(side_index of) const {
        return sides_[of].write_interest && (sides_[of].aborted || sides_[other(of)].gone ||
                                             lanes_[of].size < options_.capacity);
    }

    // Under the lock. A side without a sink is never posted to: its runtime may be gone.
    void arm(side_index of) {
        side& told = sides_[of];
        if (told.sink != nullptr && !told.event_queued && (readable(of) || writable(of))) {
            told.event_queued = true;
            told.loop->post([self = shared_from_this(), of] { self->fire(of); });
        }
    }

    // On the thread of the side, which is the only one that changes its sink.
    void fire(side_index of) {
        std::unique_lock lock(mutex_);
        sides_[of].event_queued = false;
        readiness_sink* const sink = sides_[of].sink;
        bool const read_ready = readable(of);
        bool const write_ready = writable(of);
        lock.unlock();
        if (sink != nullptr && (read_ready || write_ready)) {
            sink->on_ready(read_ready, write_ready);
        }
        lock.lock();
        arm(of);
    }

    link_options const options_;
    std::mutex mutex_;
    std::array<side, 2> sides_;
    std::array<lane, 2> lanes_;
};

class memory_connection final : public transport::connection {
public:
    memory_connection(std::shared_ptr<shared_link> link, side_index me)
        : link_(std::move(link)), me_(me) {}
    ~memory_connection() override { link_->destroyed(me_); }

    transport::capabilities abilities() const noexcept override {
        return {.message_borders = link_->message_borders(), .half_close = true};
    }

    read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        auto result = link_->read(me_, buffer, out);
        if (closing_) {
            result.pieces = 0;
        }
        return result;
    }

    io_result write(std::span<out_segment const> segments) override {
        return segments.empty() ? io_result{} : link_->write(me_, segments);
    }

    void probe() override {}
    void shutdown_write() override { link_->end(me_); }
    void close(transport::close_code /*code*/, std::string_view /*reason*/) override {
        closing_ = true;
        link_->end(me_);
    }
    [[nodiscard]] std::optional<transport::close_reason> farewell() const override {
        return std::nullopt;
    }
    void abort() override { link_->abort(me_); }
    bool wants_write() const noexcept override { return false; }
    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        link_->watch(me_, sink, read_interest, write_interest);
    }
    void acknowledge_now() override {}
    void hold_back(bool /*on*/) override {}
    std::string peer() const override { return me_ == 0 ? "memory:acceptor" : "memory:dialer"; }
    std::optional<transport::peer_credentials> credentials() const override { return std::nullopt; }
    std::optional<transport::peer_certificate> certificate() const override { return std::nullopt; }
    std::unique_ptr<transport::byte_stream> fold() override { return nullptr; }

private:
    std::shared_ptr<shared_link> link_;
    side_index me_;
    bool closing_ = false;
};

}  // namespace

link_pair make_link(transport::runtime& dialer_loop, transport::runtime& acceptor_loop,
                    link_options const& options) {
    auto const link = std::make_shared<shared_link>(dialer_loop, acceptor_loop, options);
    return {.dialer = std::make_unique<memory_connection>(link, 0),
            .acceptor = std::make_unique<memory_connection>(link, 1)};
}

}  // namespace trunkline::memory
