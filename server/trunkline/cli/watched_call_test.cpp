#include <trunkline/cli/watched_call.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_client/store_client.hpp>
#include <trunkline/store_service/service.hpp>

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::cli {
namespace {

/// A served store whose loop runs only while the test says so.
class watched_calls : public ::testing::Test {
protected:
    watched_calls() {
        rpc_server::builder builder;
        builder.listen("ws://127.0.0.1:0/ws").run_on(loop_);
        EXPECT_TRUE(store_service::add_methods(builder.methods(), *data_));
        server_.emplace(builder.start().value());
        go_on();
        client_.emplace(rpc_client::builder(server_->endpoints().front()).connect().value());
        far_.emplace(*client_);
    }
    ~watched_calls() override {
        go_on();
        client_.reset();
        halt();
        server_.reset();
        loop_.restart();
        loop_.poll();
    }

    void halt() {
        loop_.stop();
        if (runs_.joinable()) {
            runs_.join();
        }
    }
    void go_on() {
        if (!runs_.joinable()) {
            loop_.restart();
            runs_ = std::thread([this] { loop_.run(); });
        }
    }

    scratch_folder folder_;
    std::unique_ptr<store::store> data_ = store::store::open(folder_ / "s.bin").value();
    boost::asio::io_context loop_;
    std::thread runs_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
    std::optional<store_client> far_;
};

TEST_F(watched_calls, show_what_waits_for_a_slow_peer) {
    auto const value = noise(15 * mib, 1);
    call_options const options;
    halt();
    auto written =
        far_->async_write(as_bytes("key"), as_bytes(value), options, boost::asio::use_future);
    std::vector<std::uint64_t> waiting;
    auto const done = watch(
        *client_, std::move(written),
        [&](traffic const& seen) {
            waiting.push_back(seen.to_send);
            go_on();
        },
        std::chrono::milliseconds(1));
    EXPECT_TRUE(done.has_value());
    ASSERT_FALSE(waiting.empty());
    EXPECT_GT(waiting.front(), 0U);
    EXPECT_LT(waiting.front(), value.size() + mib);
    EXPECT_TRUE(std::ranges::is_sorted(waiting, std::greater()));
    EXPECT_EQ(traffic_of(*client_)->to_send, 0U);
}

TEST_F(watched_calls, end_when_the_connection_does) {
    halt();
    call_options const options;
    auto asked = far_->async_read(as_bytes("key"), options, boost::asio::use_future);
    bool is_closed = false;
    auto const done = watch(
        *client_, std::move(asked),
        [&](traffic const&) {
            if (!std::exchange(is_closed, true)) {
                client_->close();
                go_on();
            }
        },
        std::chrono::milliseconds(1));
    EXPECT_FALSE(done.has_value());
}

}  // namespace
}  // namespace trunkline::cli
