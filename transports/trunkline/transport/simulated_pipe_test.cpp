#include <trunkline/transport/simulated_pipe.hpp>

#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace trunkline::transport {
namespace {

using std::chrono::milliseconds;

// One end with a small program: writes `to_send` as fast as it is taken, keeps what it reads.
class talker final : private readiness_sink {
public:
    talker(byte_stream& stream, std::string to_send, bool end_after = true)
        : stream_(stream), rest_(std::move(to_send)), end_after_(end_after) {
        watch();
    }
    std::string received;
    std::vector<std::size_t> read_sizes;
    bool ended = false;
    error_code error;

private:
    void watch() { stream_.watch(this, !ended && !error, !error && !rest_.empty()); }

    void on_ready(bool readable, bool writable) override {
        if (writable && !rest_.empty()) {
            bytes_view const piece = as_bytes(rest_);
            auto const result = stream_.write({&piece, 1});
            error = result.error;
            rest_.erase(0, result.size);
            if (rest_.empty() && end_after_) {
                stream_.shutdown_write();
            }
        }
        if (readable) {
            std::array<std::byte, 1000> buffer;
            auto const result = stream_.read(buffer);
            received += as_text(bytes_view(buffer).first(result.size));
            ended = result.status == io_status::end;
            error = result.status == io_status::error ? result.error : error;
            if (result.status == io_status::ok) {
                read_sizes.push_back(result.size);
            }
        }
        watch();
    }

    byte_stream& stream_;
    std::string rest_;
    bool end_after_;
};

std::string letters(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t index = 0; index < size; ++index) {
        text[index] = static_cast<char>('a' + (index * 7 + index / 26) % 26);
    }
    return text;
}

class pipe_shapes : public ::testing::TestWithParam<delivery_shape> {};

TEST_P(pipe_shapes, carries_all_bytes_in_order_both_ways_and_then_the_end) {
    for (std::size_t const capacity : {std::size_t{1}, std::size_t{13}, 64 * kib}) {
        simulated_runtime loop;
        auto pipe = make_simulated_pipe(
            loop, {.shape = GetParam(), .capacity = capacity, .latency = milliseconds(3)});
        std::string const forth = letters(3000);
        std::string const back = letters(777);
        talker first(*pipe.first, forth);
        talker second(*pipe.second, back);
        ASSERT_TRUE(
            loop.run_until([&] { return first.ended && second.ended; }, std::chrono::hours(1)));
        EXPECT_EQ(second.received, forth);
        EXPECT_EQ(first.received, back);
        EXPECT_EQ(pipe.control->counters(pipe_end::first).write_size, forth.size());
        EXPECT_EQ(pipe.control->counters(pipe_end::second).read_size, forth.size());
        EXPECT_EQ(pipe.control->in_flight(pipe_end::first), 0U);
    }
}

TEST_P(pipe_shapes, gives_the_same_run_for_the_same_seed) {
    auto const run = [&](std::uint64_t seed) {
        simulated_runtime loop;
        auto pipe = make_simulated_pipe(loop, {.shape = GetParam(), .capacity = 100, .seed = seed});
        talker first(*pipe.first, letters(2000));
        talker second(*pipe.second, "");
        loop.run_for(std::chrono::hours(1));
        return second.read_sizes;
    };
    EXPECT_EQ(run(5), run(5));
    if (GetParam() == delivery_shape::random_split || GetParam() == delivery_shape::short_writes) {
        EXPECT_NE(run(5), run(6));
    }
}

TEST_P(pipe_shapes, breaks_at_the_asked_byte) {
    for (std::size_t const cut : {std::size_t{0}, std::size_t{1}, std::size_t{64}}) {
        simulated_runtime loop;
        auto pipe = make_simulated_pipe(loop, {.shape = GetParam()});
        pipe.control->cut_after(pipe_end::first, cut);
        std::string const text = letters(200);
        talker first(*pipe.first, text, false);
        talker second(*pipe.second, "");
        loop.run_for(std::chrono::seconds(10));
        EXPECT_EQ(second.received, text.substr(0, cut));
        EXPECT_EQ(second.error, boost::asio::error::connection_reset);
        EXPECT_EQ(first.error, boost::asio::error::connection_reset);
    }
}

INSTANTIATE_TEST_SUITE_P(all, pipe_shapes, ::testing::ValuesIn(all_delivery_shapes),
                         [](auto const& shape) { return std::string(name_of(shape.param)); });

struct pipe_fixture : ::testing::Test {
    io_result write(byte_stream& stream, std::string_view text) {
        bytes_view const piece = as_bytes(text);
        return stream.write({&piece, 1});
    }
    // What one read gives, or the name of what it gave instead.
    std::string read(byte_stream& stream) {
        std::array<std::byte, 4096> buffer;
        auto const result = stream.read(buffer);
        switch (result.status) {
            case io_status::ok:
                return std::string(as_text(bytes_view(buffer).first(result.size)));
            case io_status::would_block:
                return "(would block)";
            case io_status::end:
                return "(end)";
            case io_status::error:
                return "(" + result.error.message() + ")";
        }
        return {};
    }
    simulated_runtime loop;
};

TEST_F(pipe_fixture, direct_keeps_writes_apart_and_coalesced_joins_them) {
    auto direct = make_simulated_pipe(loop, {});
    auto joined = make_simulated_pipe(loop, {.shape = delivery_shape::coalesced});
    for (auto* pipe : {&direct, &joined}) {
        write(*pipe->first, "one");
        write(*pipe->first, "two");
    }
    loop.run_for(milliseconds(1));
    EXPECT_EQ(read(*direct.second), "one");
    EXPECT_EQ(read(*direct.second), "two");
    EXPECT_EQ(read(*direct.second), "(would block)");
    EXPECT_EQ(read(*joined.second), "onetwo");
}

TEST_F(pipe_fixture, what_is_written_while_held_back_arrives_as_one) {
    auto pipe = make_simulated_pipe(loop, {});
    pipe.first->hold_back(true);
    write(*pipe.first, "ab");
    write(*pipe.first, "cd");
    pipe.first->hold_back(false);
    write(*pipe.first, "ef");
    pipe.first->hold_back(true);
    write(*pipe.first, "gh");
    pipe.first->shutdown_write();
    EXPECT_EQ(read(*pipe.second), "abcd");
    EXPECT_EQ(read(*pipe.second), "ef");
    EXPECT_EQ(read(*pipe.second), "gh");
    EXPECT_EQ(read(*pipe.second), "(end)");
}

TEST_F(pipe_fixture, latency_is_exact) {
    auto pipe = make_simulated_pipe(loop, {.latency = milliseconds(50)});
    write(*pipe.first, "x");
    loop.run_for(milliseconds(50) - runtime::duration(1));
    EXPECT_EQ(read(*pipe.second), "(would block)");
    loop.run_for(runtime::duration(1));
    EXPECT_EQ(read(*pipe.second), "x");
}

TEST_F(pipe_fixture, capacity_bounds_what_is_in_flight) {
    auto pipe = make_simulated_pipe(loop, {.capacity = 4});
    EXPECT_EQ(write(*pipe.first, "abcdef").size, 4U);
    EXPECT_EQ(write(*pipe.first, "ef").status, io_status::would_block);
    EXPECT_EQ(read(*pipe.second), "abcd");
    EXPECT_EQ(write(*pipe.first, "ef").size, 2U);
}

TEST_F(pipe_fixture, gathers_pieces_into_one_write) {
    auto pipe = make_simulated_pipe(loop, {});
    std::array<bytes_view, 3> const pieces{as_bytes("a"), as_bytes(""), as_bytes("bc")};
    EXPECT_EQ(pipe.first->write(pieces).size, 3U);
    EXPECT_EQ(read(*pipe.second), "abc");
    EXPECT_EQ(pipe.control->counters(pipe_end::first).writes, 1U);
}

TEST_F(pipe_fixture, half_close_leaves_the_other_direction_open) {
    auto pipe = make_simulated_pipe(loop, {});
    write(*pipe.first, "last");
    pipe.first->shutdown_write();
    EXPECT_EQ(write(*pipe.first, "x").error, boost::asio::error::broken_pipe);
    EXPECT_EQ(read(*pipe.second), "last");
    EXPECT_EQ(read(*pipe.second), "(end)");
    EXPECT_EQ(write(*pipe.second, "answer").size, 6U);
    EXPECT_EQ(read(*pipe.first), "answer");
}

TEST_F(pipe_fixture, writing_to_a_closed_end_breaks_the_writer) {
    auto pipe = make_simulated_pipe(loop, {});
    write(*pipe.first, "bye");
    pipe.first.reset();
    EXPECT_TRUE(pipe.control->counters(pipe_end::first).closed);
    EXPECT_EQ(read(*pipe.second), "bye");
    EXPECT_EQ(read(*pipe.second), "(end)");
    EXPECT_EQ(write(*pipe.second, "lost").status, io_status::ok);
    EXPECT_EQ(write(*pipe.second, "lost").error, boost::asio::error::connection_reset);
}

TEST_F(pipe_fixture, abort_loses_what_is_on_its_way) {
    auto pipe = make_simulated_pipe(loop, {});
    write(*pipe.first, "lost");
    pipe.first->close(true);
    loop.run_until_idle();
    std::array<std::byte, 8> buffer;
    EXPECT_EQ(pipe.second->read(buffer).error, boost::asio::error::connection_reset);
}

TEST_F(pipe_fixture, a_stalled_link_is_silent_until_it_goes_on) {
    auto pipe = make_simulated_pipe(loop, {});
    talker second(*pipe.second, "");
    pipe.control->stall(pipe_end::first, true);
    write(*pipe.first, "late");
    pipe.first->shutdown_write();
    loop.run_for(std::chrono::hours(1));
    EXPECT_EQ(second.received, "");
    EXPECT_FALSE(second.ended);
    pipe.control->stall(pipe_end::first, false);
    loop.run_until_idle();
    EXPECT_EQ(second.received, "late");
    EXPECT_TRUE(second.ended);
}

TEST_F(pipe_fixture, an_end_may_be_destroyed_by_its_own_sink) {
    struct destroyer final : readiness_sink {
        void on_ready(bool, bool) override {
            ++calls;
            victim.reset();
        }
        std::unique_ptr<byte_stream> victim;
        int calls = 0;
    };
    auto pipe = make_simulated_pipe(loop, {});
    destroyer sink;
    sink.victim = std::move(pipe.second);
    sink.victim->watch(&sink, true, true);
    write(*pipe.first, "x");
    loop.run_until_idle();
    EXPECT_EQ(sink.calls, 1);
}

}  // namespace
}  // namespace trunkline::transport
