#include <trunkline/transport/stream_connection.hpp>

#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <array>

namespace trunkline::transport {
namespace {

struct stream_connection_fixture : ::testing::Test {
    void SetUp() override { open({}); }

    void open(pipe_options const& options) {
        pipe = make_simulated_pipe(loop, options);
        link = std::make_unique<stream_connection>(std::move(pipe.first));
    }

    // What the other end reads at once.
    std::string far_read() {
        std::array<std::byte, 4096> room;
        auto const got = pipe.second->read(room);
        return std::string(as_text(bytes_view(room).first(got.size)));
    }

    io_result far_write(std::string_view text) {
        bytes_view const piece = as_bytes(text);
        return pipe.second->write({&piece, 1});
    }

    simulated_runtime loop;
    simulated_pipe pipe;
    std::unique_ptr<stream_connection> link;
    std::array<std::byte, 64> buffer{};
    std::array<in_piece, 4> pieces{};
};

TEST_F(stream_connection_fixture, declares_what_it_has) {
    EXPECT_FALSE(link->abilities().message_borders);
    EXPECT_TRUE(link->abilities().half_close);
    EXPECT_FALSE(link->abilities().probe);
    EXPECT_FALSE(link->abilities().close_reason);
}

TEST_F(stream_connection_fixture, a_read_is_one_piece_of_the_buffer) {
    far_write("hello");
    auto const got = link->read(buffer, pieces);
    EXPECT_EQ(got.status, io_status::ok);
    EXPECT_EQ(got.pieces, 1U);
    EXPECT_EQ(got.wire_bytes, 5U);
    EXPECT_EQ(as_text(pieces[0].bytes), "hello");
    EXPECT_EQ(pieces[0].bytes.data(), buffer.data());
    EXPECT_FALSE(pieces[0].ends_message);
    EXPECT_EQ(link->read(buffer, pieces).status, io_status::would_block);
}

TEST_F(stream_connection_fixture, segments_go_out_in_one_write_joined_where_they_touch) {
    std::string const text = "one frame, another frame";
    auto const bytes = as_bytes(text);
    std::array<out_segment, 3> const segments{out_segment{bytes.first(11), 11},
                                              out_segment{bytes.subspan(11, 8), 13},
                                              out_segment{bytes.subspan(19), 0}};
    EXPECT_EQ(link->write(segments).size, text.size());
    EXPECT_EQ(pipe.control->counters(pipe_end::first).writes, 1U);
    EXPECT_EQ(far_read(), text);
    EXPECT_EQ(link->write({}).size, 0U);
    EXPECT_FALSE(link->wants_write());
}

TEST_F(stream_connection_fixture, takes_any_number_of_scattered_segments) {
    std::string const text(2000, 'x');
    std::vector<out_segment> segments;
    for (std::size_t index = 0; index < text.size(); index += 2) {
        segments.push_back({as_bytes(text).subspan(index, 1), 1});
    }
    std::size_t sent = 0;
    while (sent < segments.size()) {
        auto const took = link->write(std::span(segments).subspan(sent));
        ASSERT_EQ(took.status, io_status::ok);
        sent += took.size;
    }
    EXPECT_EQ(pipe.control->in_flight(pipe_end::first), segments.size());
}

TEST_F(stream_connection_fixture, close_is_the_end_of_the_stream_and_drops_what_comes) {
    link->close(close_code::normal, "bye");
    link->close(close_code::normal, "bye");
    std::array<out_segment, 1> const late{out_segment{as_bytes("x"), 1}};
    EXPECT_EQ(link->write(late).status, io_status::error);
    std::array<std::byte, 8> far;
    EXPECT_EQ(pipe.second->read(far).status, io_status::end);
    far_write("too late");
    pipe.second->shutdown_write();
    auto const dropped = link->read(buffer, pieces);
    EXPECT_EQ(dropped.status, io_status::ok);
    EXPECT_EQ(dropped.pieces, 0U);
    EXPECT_EQ(dropped.wire_bytes, 8U);
    EXPECT_EQ(link->read(buffer, pieces).status, io_status::end);
}

TEST_F(stream_connection_fixture, abort_is_a_reset) {
    link->abort();
    loop.run_until_idle();
    std::array<std::byte, 8> far;
    EXPECT_EQ(pipe.second->read(far).error, boost::asio::error::connection_reset);
}

}  // namespace
}  // namespace trunkline::transport
