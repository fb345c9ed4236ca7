// Writes that wait for the disk, as their connection sees them.
#include <trunkline/serve/waiting_backend.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/rpc/testing.hpp>
#include <trunkline/serve/testing.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/transport/asio_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::server {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using rpc::testing::outcome;

/// One connection to a store whose disk stalls.
struct waiting_backends : ::testing::Test {
    scratch_folder folder;
    stalled_disk disk;
    counting_owner others;
    std::unique_ptr<store::store> data =
        store::store::open(folder / "s.bin", {.level = store::durability::group, .on = &disk})
            .value();
    transport::asio_runtime loop;
    value_loader loader;
    rpc::testing::two_peers wire;
    std::unique_ptr<disk_thread> writer = std::make_unique<disk_thread>(*data);

    waiting_backends() {
        auto const backend = std::make_shared<waiting_backend>(*data, loader, *writer, loop);
        EXPECT_TRUE(store_service::add_methods(wire.acceptor_methods, backend));
        disk.stall();
        EXPECT_EQ(writer->push(job_of("first", "v"), others, 0), disk_thread::room::enough);
        disk.wait_for_sync();
    }
    ~waiting_backends() override { disk.go_on(); }

    /// Pushes jobs of somebody else until there is `left` room.
    void fill(disk_thread::room left) {
        std::string const payload(1 * mib, 'x');
        while (writer->push(job_of("other", payload), others, 0) != left) {
        }
    }

    void write(std::string_view payload, outcome& into) {
        auto const arguments =
            bitcode::encode(store_service::write_request{as_bytes("k"), as_bytes(payload)})
                .to_vector();
        slice piece{arguments, {}};
        EXPECT_TRUE(
            wire.dialer->call(store_service::write.id, {&piece, 1}, rpc::testing::note(into)));
        wire.run();
    }

    /// The disk comes back; what was pushed is done and answered, and nothing more can be.
    void play_out() {
        disk.go_on();
        EXPECT_EQ(writer->finish(disk_thread::clock::now() + 1h), 0u);
        writer.reset();
        loop.post([this] { loop.stop(); });
        loop.run();
    }

    [[nodiscard]] rpc::session& session() const { return wire.acceptor->protocol(); }
};

TEST_F(waiting_backends, answer_when_it_is_done_and_count_it_until_then) {
    outcome got;
    auto const before = session().memory_left();
    write("v", got);
    EXPECT_FALSE(got.done);
    EXPECT_LT(session().memory_left() + 512, before);
    play_out();
    wire.run();
    EXPECT_TRUE(got.done);
    EXPECT_EQ(got.code, rpc::status::success);
    EXPECT_EQ(session().memory_left(), before);
    EXPECT_EQ(data->size(), 2u);
}

TEST_F(waiting_backends, refuse_at_once_what_the_store_would_refuse) {
    outcome got;
    write("", got);
    EXPECT_EQ(got.body, "Payload cannot be empty.");
    outcome null;
    write({"\0", 1}, null);
    EXPECT_EQ(null.code, rpc::status::system_error);
    EXPECT_EQ(null.body, "NULL-byte payloads cannot be written directly.");
    EXPECT_TRUE(session().wants_input());
}

TEST_F(waiting_backends, hold_a_connection_back_that_writes_faster_than_the_disk) {
    std::vector<outcome> got(20);
    for (outcome& each : got) {
        write(std::string(1 * mib, 'x'), each);
    }
    EXPECT_FALSE(session().wants_input());
    EXPECT_GT(session().memory_left(), 16 * mib);
    EXPECT_EQ(writer->push(job_of("k", "v"), others, 0), disk_thread::room::enough);
    EXPECT_EQ(session().unanswered_requests(), 4u);
    play_out();
    EXPECT_TRUE(session().wants_input());
    EXPECT_EQ(session().unanswered_requests(), 0u);
}

// A million of them would take hundreds of MiB.
TEST_F(waiting_backends, hold_events_back_too) {
    auto const key = bitcode::encode(store_service::key_request{}).to_vector();
    for (int i = 0; i < 10'000; ++i) {
        slice piece{key, {}};
        ASSERT_TRUE(wire.dialer->protocol().send_event(store_service::remove.id, {&piece, 1}, 0));
    }
    wire.run();
    EXPECT_FALSE(session().wants_input());
    EXPECT_GT(session().memory_left(), 16 * mib);
}

TEST_F(waiting_backends, take_one_write_at_a_time_while_much_waits) {
    fill(disk_thread::room::little);
    outcome got;
    write("v", got);
    EXPECT_FALSE(got.done);
    EXPECT_FALSE(session().wants_input());
    play_out();
    EXPECT_TRUE(session().wants_input());
    wire.run();
    EXPECT_TRUE(got.done);
    EXPECT_EQ(got.code, rpc::status::success);
}

TEST_F(waiting_backends, refuse_at_once_while_too_much_waits) {
    fill(disk_thread::room::none);
    outcome got;
    write(std::string(1 * mib, 'x'), got);
    ASSERT_TRUE(got.done);
    EXPECT_EQ(got.code, rpc::status::system_error);
    EXPECT_EQ(got.body, store_service::waiting_refusal_text);
    EXPECT_TRUE(session().wants_input());
}

}  // namespace
}  // namespace trunkline::server
