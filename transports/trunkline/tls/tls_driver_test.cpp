// A driver over TLS: what waits in the stream is seen by it as output.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/test_far_caller.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::tls {
namespace {

using namespace std::chrono_literals;
using transport::io_status;
using transport::transport_error;

constexpr std::size_t answer_size = 60'000;  // a stream through TLS takes that in one write

/// A driver at the server's end of a link of 4 KiB, and a client that is only bytes.
struct tls_driver : ::testing::Test {
    tls_driver() {
        test_authority const authority(folder.path());
        auto const ours = context::for_server({.own = authority.issue("server")}).value();
        auto const theirs = context::for_client({.authorities = authority.file()}).value();
        auto pipe = transport::make_simulated_pipe(loop, {.capacity = 4 * kib});
        far = make_client_stream(loop, std::move(pipe.first), theirs, "server.test").value();
        near.start(std::make_unique<transport::stream_connection>(
            make_server_stream(loop, std::move(pipe.second), ours).value()));
        while (far->establish().status == io_status::would_block) {
            loop.run_until_idle();
        }
        std::string const calls =
            caller.calls(1, transport::testing::big, std::to_string(answer_size));
        std::array const piece{as_bytes(calls)};
        EXPECT_EQ(far->write(piece).size, calls.size());
        loop.run_until_idle();
        EXPECT_TRUE(near.link().peer().protocol().output().empty());
    }

    // What fits into the link, twice a second, to the end.
    void read_slowly() {
        std::vector<std::byte> room(4 * kib);
        do {
            loop.run_for(500ms);
            auto const got = far->read(room);
            caller.receive(bytes_view(room).first(got.size));
            status = got.status;
        } while (status == io_status::ok || (status == io_status::would_block && !near.over()));
    }

    scratch_folder folder;
    transport::simulated_runtime loop;
    transport::testing::peer near{loop, rpc::side::acceptor};
    transport::testing::far_caller caller;
    std::unique_ptr<tls_stream> far;
    io_status status = io_status::ok;
};

TEST_F(tls_driver, answers_reach_a_peer_that_has_ended_and_reads_slowly) {
    far->shutdown_write();
    read_slowly();
    EXPECT_EQ(caller.answer_bytes, answer_size);
    EXPECT_EQ(status, io_status::end);
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

TEST_F(tls_driver, a_peer_that_takes_nothing_of_what_waits_in_the_stream_is_a_stall) {
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, 1min));
    EXPECT_EQ(near.cause, transport_error::write_stalled);
}

}  // namespace
}  // namespace trunkline::tls
