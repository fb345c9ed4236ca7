#include <replay/served_connection.hpp>

#include <trunkline/rpc/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace trunkline::replay {
namespace {

/// A fixed time: answers must not depend on the clock.
std::uint64_t recorded_time(void*) noexcept {
    return 1'795'234'000'000'000;
}

}  // namespace

std::string_view name_of(feed_shape shape) noexcept {
    static constexpr std::array<std::string_view, 4> names{"as recorded", "byte by byte", "uneven",
                                                           "coalesced"};
    return names[static_cast<std::size_t>(shape)];
}

void stand_in::feed(bytes_view message) {
    switch (shape_) {
        case feed_shape::as_recorded:
            deliver(message, true);
            break;
        case feed_shape::byte_by_byte:
            for (std::size_t i = 0; i < message.size(); ++i) {
                deliver(message.subspan(i, 1), i + 1 == message.size());
            }
            break;
        case feed_shape::uneven:
        case feed_shape::coalesced:
            kept_.insert(kept_.end(), message.begin(), message.end());
            break;
    }
}

void stand_in::flush() {
    bytes_view rest(kept_);
    while (!rest.empty()) {
        // Sizes 1, 2, 4, ... 4096, 1, ...: below, at and above headers and frames.
        std::size_t const size = shape_ == feed_shape::coalesced
                                     ? rest.size()
                                     : std::min<std::size_t>(rest.size(), 1U << (pieces_++ % 13));
        deliver(rest.first(size), false);
        rest = rest.subspan(size);
    }
    kept_.clear();
}

served_connection::served_connection(rpc::dispatcher const& methods,
                                     rpc::session_options const& options, feed_shape shape)
    : stand_in(shape), peer_(options, methods, &recorded_time, nullptr) {}

void served_connection::deliver(bytes_view bytes, bool ends_message) {
    // In a buffer of its own size, so that reading past the end shows.
    byte_string const buffer(bytes.begin(), bytes.end());
    bytes_view rest(buffer);
    do {
        if (ended_) {
            return;
        }
        auto const taken = peer_.protocol().receive(rest, ends_message, peer_.now_us());
        drain();
        if (!taken) {
            ended_ = taken.error();
            return;
        }
        ASSERT_TRUE(*taken > 0 || rest.empty()) << "neither input is taken nor output is left";
        rest = rest.subspan(*taken);
    } while (!rest.empty());
    if (auto const settled = peer_.protocol().settle(); !settled) {
        ended_ = settled.error();
    }
}

byte_string const& served_connection::sent() {
    drain();
    return sent_;
}

void served_connection::end() {
    EXPECT_EQ(border_faults_, 0U);
    peer_.disconnect(make_error_code(rpc::rpc_error::connection_lost));
}

void served_connection::drain() {
    auto& output = peer_.protocol().output();
    std::array<out_segment, 16> segments;
    while (std::size_t const count = output.peek(segments)) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            out_segment const& segment = segments[i];
            bool const begins = segment.frame_size != 0;
            border_faults_ += begins != (message_left_ == 0) ? 1 : 0;
            message_left_ = begins ? segment.frame_size : message_left_;
            message_left_ -= std::min(message_left_, segment.bytes.size());
            sent_.insert(sent_.end(), segment.bytes.begin(), segment.bytes.end());
            size += segment.bytes.size();
        }
        output.consume(size);
    }
}

}  // namespace trunkline::replay
