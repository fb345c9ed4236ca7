// What answers cost on the way from the mapped file to the link: bytes that are copied, and calls
// of the system. Each call of a byte_stream is one call of the system where it is a socket
// (server/serve/store_server_calls_test.cpp counts those).
#include <stage/metered_stream.hpp>

#include <replay/published_names.hpp>
#include <stage/our_client.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/frame/borrowing.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/store_service/messages.hpp>
#include <trunkline/transport/driver_implementation.hpp>
#include <trunkline/websocket/send_batch.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;
using websocket::send_batch;

namespace method = replay::method;

std::size_t frame_header_size(frame::layout layout) {
    return layout == frame::layout::a ? 21 : 13;
}

/// Of a message from a server (RFC 6455, 5.2).
std::size_t websocket_header_size(std::size_t payload) {
    return payload < 126 ? 2 : payload < 65536 ? 4 : 10;
}

/// How a whole answer that ends in values goes out.
struct expected_answer {
    std::size_t frames = 0;   ///< with the End
    std::size_t headers = 0;  ///< bytes of WebSocket and frame headers
    std::size_t prefix = 0;   ///< bytes of the message before its values
    std::size_t copied = 0;   ///< bytes of values, where copying is cheaper
    std::size_t pieces = 0;   ///< parts of values that are sent from where they lie

    [[nodiscard]] std::size_t not_lent() const { return headers + prefix + copied; }
};

/// `body_size`: of the answer behind its status.
expected_answer expect(std::vector<std::size_t> const& values, std::size_t body_size,
                       frame::layout layout) {
    std::size_t const message = rpc::header_size + 1 + body_size;
    expected_answer made;
    made.prefix = message - std::accumulate(values.begin(), values.end(), std::size_t{0});
    std::size_t const full = message / chunk_size;
    auto const add_frames = [&](std::size_t count, std::size_t payload) {
        std::size_t const size = frame_header_size(layout) + payload;
        made.frames += count;
        made.headers += count * (websocket_header_size(size) + frame_header_size(layout));
    };
    add_frames(full, chunk_size);
    add_frames(message % chunk_size != 0 ? 1 : 0, message % chunk_size);
    add_frames(1, 0);
    std::size_t at = made.prefix;
    for (std::size_t const value : values) {
        for (std::size_t left = value; left > 0;) {
            std::size_t const part = std::min(left, chunk_size - at % chunk_size);
            bool const copied =
                value < frame::borrowed_size_min || part <= send_batch::copied_payload_max;
            (copied ? made.copied : made.pieces) += copied ? part : 1;
            at += part;
            left -= part;
        }
    }
    return made;
}

/// How the frames of several calls are put into WebSocket messages.
enum class grouping { message_per_frame, message_per_call, one_message };

std::string name_of(grouping how) {
    switch (how) {
        case grouping::message_per_frame:
            return "message_per_frame";
        case grouping::message_per_call:
            return "message_per_call";
        case grouping::one_message:
            return "one_message";
    }
    return {};
}

/// A server on virtual time behind one metered link.
class metered_server {
public:
    explicit metered_server(frame::layout layout, std::size_t capacity = 64 * mib)
        : layout_(layout), server_(loop_, {}) {
        auto pipe = transport::make_simulated_pipe(loop_, {.capacity = capacity});
        server_.accept(std::make_unique<metered_stream>(std::move(pipe.second), meter));
        peer_ = std::make_unique<rpc_peer>(std::move(pipe.first), layout);
        peer_->upgrade();
        run_until([&] { return peer_->status() == 101; });
        ask({{method::len, {}}}, grouping::message_per_frame);  // it knows the layout now
    }

    struct call {
        std::uint64_t method_id = 0;
        byte_string arguments;
    };

    /// Stores a value under each of the names 0, 1, 2...; from here on they are what is lent.
    void store(std::vector<byte_string> const& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::string const name = std::to_string(i);
            ASSERT_TRUE(server_.data().write(as_bytes(name), values[i]));
        }
        meter.lent.clear();
        held_.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
            held_.push_back(server_.data().read(as_bytes(std::to_string(i))).value());
            meter.lent.push_back(held_.back().bytes);
        }
    }

    /// Sends all the calls at once, counts from there, and gives the bodies of the answers.
    std::vector<byte_string> ask(std::vector<call> const& calls, grouping how) {
        byte_string wire;
        byte_string joined;
        std::vector<std::uint32_t> ids;
        for (call const& each : calls) {
            ids.push_back(next_id_++);
            byte_string frames;
            for (byte_string const& frame :
                 call_messages(ids.back(), ids.back(), each.method_id, each.arguments, layout_)) {
                append(how == grouping::message_per_frame ? wire : frames,
                       how == grouping::message_per_frame ? binary_message(frame) : frame);
            }
            append(how == grouping::message_per_call ? wire : joined,
                   how == grouping::message_per_call ? binary_message(frames) : frames);
        }
        if (how == grouping::one_message) {
            append(wire, binary_message(joined));
        }
        request_size = wire.size();
        meter.restart();
        peer_->link().send(wire);
        std::vector<byte_string> bodies;
        for (std::uint32_t const id : ids) {
            run_until([&] { return peer_->answer(id).has_value(); });
            bodies.push_back(peer_->answer(id).value().payload());
            EXPECT_EQ(peer_->answer(id)->status(), 0) << as_text(bodies.back());
            frames_of_last = peer_->answer(id)->frames.size();
        }
        EXPECT_EQ(peer_->faults(), 0U);
        return bodies;
    }

    stream_meter meter;
    std::size_t request_size = 0;
    std::size_t frames_of_last = 0;

private:
    static void append(byte_string& to, byte_string const& bytes) {
        to.insert(to.end(), bytes.begin(), bytes.end());
    }

    void run_until(std::function<bool()> const& done) {
        ASSERT_TRUE(loop_.run_until(done, std::chrono::seconds(10)));
    }

    frame::layout layout_;
    transport::simulated_runtime loop_;
    staged_server server_;
    std::vector<store::value> held_;
    std::unique_ptr<rpc_peer> peer_;
    std::uint32_t next_id_ = 1;
};

/// Bytes that bitcode does not pack.
byte_string noise(std::size_t size, std::uint32_t seed = 1) {
    std::mt19937 chance(seed);
    byte_string bytes(size);
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(chance()); });
    return bytes;
}

metered_server::call read_of(std::size_t name) {
    return {method::read, read_arguments(std::to_string(name))};
}

metered_server::call batch_read_of(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(std::to_string(i));
    }
    std::vector<bytes_view> names;
    for (std::string const& each : texts) {
        names.push_back(as_bytes(each));
    }
    return {method::batch_read,
            bitcode::encode(store_service::batch_read_request{{names.begin(), names.end()}})
                .to_vector()};
}

class copies : public ::testing::TestWithParam<frame::layout> {
protected:
    /// Of the body of a read, before the value.
    static std::size_t prefix_of_body(byte_string const& value) {
        return found_value(value).size() - value.size();
    }

    /// A value with which the last frame of an answer has `tail` bytes.
    static byte_string value_with_tail(std::size_t tail) {
        std::size_t const before =
            rpc::header_size + 1 + prefix_of_body(noise(chunk_size + tail)) - tail;
        return noise(2 * chunk_size - before);
    }

    static void expect_read(byte_string const& value) {
        SCOPED_TRACE(value.size());
        metered_server server(GetParam());
        server.store({value});
        auto const bodies = server.ask({read_of(0)}, grouping::message_per_frame);
        ASSERT_TRUE(bodies.front() == found_value(value));
        auto const expected = expect({value.size()}, bodies.front().size(), GetParam());
        EXPECT_EQ(server.frames_of_last, expected.frames);
        EXPECT_EQ(server.meter.lent_bytes, value.size() - expected.copied);
        EXPECT_EQ(server.meter.lent_pieces, expected.pieces);
        EXPECT_EQ(server.meter.written - server.meter.lent_bytes, expected.not_lent());
    }

    static void expect_batch_read(std::size_t count, std::size_t size) {
        SCOPED_TRACE(size);
        std::vector<byte_string> values;
        for (std::size_t i = 0; i < count; ++i) {
            values.push_back(noise(size, static_cast<std::uint32_t>(i)));
        }
        metered_server server(GetParam());
        server.store(values);
        auto const bodies = server.ask({batch_read_of(count)}, grouping::message_per_frame);
        store_service::batch_read_response<bytes_view> const found{{values.begin(), values.end()}};
        ASSERT_TRUE(bodies.front() == bitcode::encode(found).to_vector());
        auto const expected = expect(std::vector(count, size), bodies.front().size(), GetParam());
        EXPECT_EQ(server.frames_of_last, expected.frames);
        EXPECT_EQ(server.meter.lent_bytes, count * size - expected.copied);
        EXPECT_EQ(server.meter.lent_pieces, expected.pieces);
        EXPECT_EQ(server.meter.written - server.meter.lent_bytes, expected.not_lent());
    }
};
INSTANTIATE_TEST_SUITE_P(layout, copies, ::testing::Values(frame::layout::a, frame::layout::b),
                         [](auto const& each) {
                             return std::string(each.param == frame::layout::a ? "a" : "b");
                         });

TEST_P(copies, of_a_read_are_its_headers_alone) {
    for (std::size_t const size :
         {4 * kib, chunk_size - 1, chunk_size, 100 * kib, std::size_t{300'000}, mib, 8 * mib}) {
        expect_read(noise(size));
    }
}

TEST_P(copies, begin_at_a_size_that_has_a_name) {
    static_assert(frame::borrowed_size_min == send_batch::copied_payload_max);
    std::size_t const most = send_batch::copied_payload_max;
    for (std::size_t const size : {most - 1, most, most + 1}) {
        auto const expected = expect({size}, found_value(noise(size)).size(), GetParam());
        ASSERT_EQ(expected.copied, size > most ? 0 : size);
        expect_read(noise(size));
    }
}

// A frame's border leaves any number of bytes of a value to the next frame.
TEST_P(copies, of_the_end_of_a_value_are_few) {
    for (std::size_t const tail : {std::size_t{1}, send_batch::copied_payload_max,
                                   send_batch::copied_payload_max + 1, std::size_t{511}}) {
        byte_string const value = value_with_tail(tail);
        auto const expected = expect({value.size()}, found_value(value).size(), GetParam());
        ASSERT_EQ(expected.copied, tail <= send_batch::copied_payload_max ? tail : 0);
        expect_read(value);
    }
}

TEST_P(copies, of_a_batch_read_are_its_headers_alone) {
    expect_batch_read(100, 4 * kib);
    expect_batch_read(20, 100 * kib);
    expect_batch_read(1000, 600);
    expect_batch_read(1000, frame::borrowed_size_min - 1);
    EXPECT_GE(expect(std::vector(100, 4 * kib), 100 * 4 * kib + 200, GetParam()).pieces, 100U);
}

// Where the link takes a part, the rest is taken up where it lies; only what is left of a frame
// may have become small.
TEST_P(copies, are_as_few_where_the_link_is_slow) {
    for (std::size_t const capacity : {1000, 10'007, 70'001}) {
        byte_string const value = noise(mib);
        metered_server server(GetParam(), capacity);
        server.store({value});
        auto const bodies = server.ask({read_of(0)}, grouping::message_per_frame);
        ASSERT_TRUE(bodies.front() == found_value(value));
        auto const expected = expect({value.size()}, bodies.front().size(), GetParam());
        std::size_t const not_lent = server.meter.written - server.meter.lent_bytes;
        EXPECT_EQ(server.meter.written, value.size() - expected.copied + expected.not_lent());
        EXPECT_LE(not_lent, expected.not_lent() + expected.frames * send_batch::copied_payload_max);
    }
}

class calls_of_the_system : public ::testing::TestWithParam<grouping> {
protected:
    static std::vector<metered_server::call> reads(std::size_t count) {
        return std::vector(count, read_of(0));
    }

    /// Every write but the last is as large as it has to be, and no larger by more than an answer,
    /// of which WebSocket headers, 6 bytes each time, are added later.
    static void expect_early_flushes(stream_meter const& meter, std::size_t answers,
                                     std::size_t least) {
        std::size_t const answer = meter.written / answers;
        std::size_t const most = (least / (answer - 6) + 1) * answer;
        for (std::size_t i = 0; i + 1 < meter.writes.size(); ++i) {
            EXPECT_GE(meter.writes[i], least) << i;
            EXPECT_LE(meter.writes[i], most) << i;
        }
        EXPECT_LE(meter.writes.back(), most);
    }
};
INSTANTIATE_TEST_SUITE_P(grouping, calls_of_the_system,
                         ::testing::Values(grouping::message_per_frame, grouping::message_per_call,
                                           grouping::one_message),
                         [](auto const& each) { return name_of(each.param); });

TEST_P(calls_of_the_system, are_two_for_all_that_one_read_brings) {
    metered_server server(frame::layout::b);
    server.store({noise(100)});
    for (std::size_t const count : {1, 2, 64, 200}) {
        server.ask(reads(count), GetParam());
        EXPECT_EQ(server.meter.reads, 1U) << count;
        EXPECT_EQ(server.meter.writes.size(), 1U) << count;
        EXPECT_EQ(server.meter.calls(), 2U) << count;
    }
}

TEST_P(calls_of_the_system, are_two_for_writes_as_well) {
    metered_server server(frame::layout::b);
    byte_string const value = noise(100);
    server.ask(std::vector(64, metered_server::call{method::write, write_arguments("k", value)}),
               GetParam());
    EXPECT_EQ(server.meter.calls(), 2U);
}

TEST_P(calls_of_the_system, are_one_more_for_each_512_kib_of_lent_values) {
    metered_server server(frame::layout::b);
    server.store({noise(64 * kib)});
    server.ask(reads(64), GetParam());
    EXPECT_EQ(server.meter.reads, 1U);
    EXPECT_EQ(server.meter.writes.size(), 8U);
    EXPECT_EQ(server.meter.other_calls, 0U);
    expect_early_flushes(server.meter, 64, write_size);
}

TEST_P(calls_of_the_system, are_one_more_for_each_32_kib_of_small_answers) {
    metered_server server(frame::layout::b);
    server.store({noise(100)});
    server.ask(reads(2000), GetParam());
    EXPECT_GT(server.request_size, transport::read_buffer_size);
    EXPECT_EQ(server.meter.reads, server.request_size / transport::read_buffer_size + 1);
    EXPECT_LE(server.meter.writes.size(), server.meter.written / owned_write_size + 1);
    EXPECT_EQ(server.meter.other_calls, 0U);
    expect_early_flushes(server.meter, 2000, owned_write_size);
}

TEST(calls_for_one_answer, are_two_for_a_large_value) {
    metered_server server(frame::layout::b);
    server.store({noise(mib)});
    server.ask({read_of(0)}, grouping::message_per_frame);
    EXPECT_EQ(server.meter.calls(), 2U);
}

TEST(calls_for_one_answer, are_one_more_for_each_254_spans_of_a_batch) {
    metered_server server(frame::layout::b);
    std::vector<byte_string> const values(300, noise(4 * kib));
    server.store(values);
    server.ask({batch_read_of(values.size())}, grouping::message_per_frame);
    EXPECT_EQ(server.meter.reads, 1U);
    EXPECT_EQ(server.meter.writes.size(), 2U);
    EXPECT_EQ(server.meter.other_calls, 0U);
}

}  // namespace
}  // namespace trunkline::stage
