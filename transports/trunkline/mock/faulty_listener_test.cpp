#include <trunkline/mock/faulty_listener.hpp>

#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace trunkline::mocks {
namespace {

using transport::io_status;

/// Watches one end and remembers what it was told.
struct watcher final : transport::readiness_sink {
    void on_ready(bool readable, bool writable) override {
        reads += readable ? 1 : 0;
        writes += writable ? 1 : 0;
        if (of != nullptr && readable) {
            std::array<std::byte, 100> buffer;
            std::array<transport::in_piece, 4> pieces;
            last = of->read(buffer, pieces);
        }
    }
    transport::connection* of = nullptr;
    int reads = 0;
    int writes = 0;
    transport::read_result last;
};

struct faulty : ::testing::Test {
    faulty() {
        listener.start([this](auto made) { accepted = std::move(made); });
        dial();
    }
    void dial() {
        dialer->dial("memory:here", [this](auto made) {
            outcome = made ? error_code{} : made.error();
            if (made) {
                client = std::move(*made);
            }
        });
        loop.run_until_idle();
    }
    io_status send(transport::connection& from) {
        out_segment const segment{as_bytes("hello"), 5};
        return from.write({&segment, 1}).status;
    }
    io_status hear(transport::connection& at) {
        std::array<std::byte, 100> buffer;
        std::array<transport::in_piece, 4> pieces;
        return at.read(buffer, pieces).status;
    }

    transport::simulated_runtime loop;
    memory::hub names;
    fault_panel faults;
    faulty_listener listener{loop, names, "memory:here", faults};
    std::unique_ptr<transport::dialer> dialer = names.make_dialer(loop);
    std::optional<error_code> outcome;
    std::unique_ptr<transport::connection> client;
    std::unique_ptr<transport::connection> accepted;
};

TEST_F(faulty, without_faults_bytes_pass) {
    EXPECT_EQ(send(*client), io_status::ok);
    EXPECT_EQ(hear(*accepted), io_status::ok);
    EXPECT_EQ(send(*accepted), io_status::ok);
    EXPECT_EQ(hear(*client), io_status::ok);
    EXPECT_TRUE(accepted->abilities().message_borders);
}

TEST_F(faulty, a_cut_is_an_error_on_both_sides_and_loses_what_was_on_its_way) {
    watcher seen;
    seen.of = accepted.get();
    accepted->watch(&seen, true, false);
    EXPECT_EQ(send(*accepted), io_status::ok);
    faults.cut();
    faults.cut();
    EXPECT_EQ(seen.reads, 0);  // never inside
    loop.run_until_idle();
    EXPECT_EQ(seen.last.status, io_status::error);
    EXPECT_EQ(hear(*client), io_status::error);
    EXPECT_EQ(send(*client), io_status::error);
    EXPECT_EQ(send(*accepted), io_status::error);
}

TEST_F(faulty, a_link_may_go_after_a_cut) {
    watcher seen;
    accepted->watch(&seen, true, false);
    faults.cut();
    accepted.reset();
    loop.run_until_idle();
    EXPECT_EQ(seen.reads, 0);
}

TEST_F(faulty, nothing_moves_while_it_stalls_and_nothing_is_lost) {
    watcher seen;
    seen.of = accepted.get();
    accepted->watch(&seen, true, false);
    faults.stall(true);
    EXPECT_EQ(send(*client), io_status::ok);
    loop.run_until_idle();
    EXPECT_EQ(seen.reads, 0);
    EXPECT_EQ(hear(*accepted), io_status::would_block);
    EXPECT_EQ(send(*accepted), io_status::would_block);
    faults.stall(false);
    loop.run_until_idle();
    EXPECT_EQ(seen.reads, 1);
    EXPECT_EQ(seen.last.status, io_status::ok);
    EXPECT_EQ(send(*accepted), io_status::ok);
}

TEST_F(faulty, dials_are_refused_while_it_is_not_reachable) {
    listener.set_reachable(false);
    dial();
    EXPECT_EQ(outcome, boost::system::errc::connection_refused);
    EXPECT_EQ(send(*client), io_status::ok);  // the one from before
    listener.set_reachable(true);
    listener.set_reachable(true);
    dial();
    EXPECT_EQ(outcome, error_code{});
}

TEST_F(faulty, a_closed_one_stays_closed) {
    listener.close();
    listener.set_reachable(true);
    dial();
    EXPECT_EQ(outcome, boost::system::errc::connection_refused);
}

}  // namespace
}  // namespace trunkline::mocks
