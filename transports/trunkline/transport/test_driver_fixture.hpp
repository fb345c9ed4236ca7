// For tests of drivers: one driver on a plain stream, and a far side that is only bytes.
#pragma once

#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/test_far_caller.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// A driver at the second end of a pipe; at the first end the test reads and writes bytes itself,
/// with a session at hand to make and understand them.
struct driver_fixture : ::testing::Test {
    void open(pipe_options const& options = {}, capabilities abilities = {.half_close = true}) {
        pipe = make_simulated_pipe(loop, options);
        near.start(std::make_unique<noting_connection>(
            loop, std::make_unique<stream_connection>(std::move(pipe.second)), abilities, notes));
        loop.run_until_idle();
    }

    io_result far_write(std::string_view bytes) {
        bytes_view const piece = as_bytes(bytes);
        return pipe.first->write({&piece, 1});
    }

    // Takes what has arrived, at most `size` bytes, and understands it.
    std::size_t far_read(std::size_t size = 1'000'000) {
        std::vector<std::byte> buffer(size);
        std::size_t total = 0;
        while (total < size) {
            auto const got = pipe.first->read(mutable_bytes(buffer).subspan(total));
            far_status = got.status;
            if (got.status != io_status::ok) {
                break;
            }
            total += got.size;
        }
        far.receive(bytes_view(buffer).first(total));
        return total;
    }

    std::string calls(int count, std::uint64_t method_id, std::string_view arguments) {
        return far.calls(count, method_id, arguments);
    }

    pipe_counters const& near_did() { return pipe.control->counters(pipe_end::second); }

    simulated_runtime loop;
    simulated_pipe pipe;
    peer near{loop, rpc::side::acceptor};
    noting_connection::notes notes;
    far_caller far;
    io_status far_status = io_status::ok;
};

}  // namespace trunkline::transport::testing
