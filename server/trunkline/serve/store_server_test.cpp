// The server inside this process: its steps, its end, and many clients at once.
#include <trunkline/serve/store_server.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace trunkline::server {
namespace {

using namespace test_support;

struct store_server_here : ::testing::Test {
    scratch_folder folder;
    logging::journal log{logging::level_table(logging::level::error), logging::line_format::text};
    serve_options options;
    store::open_report report;

    store_server_here() {
        options.file = (folder / "s.bin").string();
        options.port = 0;
        options.threads = 1;
        auto settings = settings_of(options);
        EXPECT_EQ(settle(options, settings, {.cores = 1, .descriptors = 1024}), "");
    }
};

TEST_F(store_server_here, goes_from_start_to_end) {
    store_server server(options, log);
    ASSERT_TRUE(server.listen());
    ASSERT_TRUE(server.open(report));
    EXPECT_TRUE(report.created);
    EXPECT_EQ(server.address(), "127.0.0.1:" + std::to_string(server.port()));
    std::thread running([&server] { EXPECT_TRUE(server.run()); });
    store_caller client("127.0.0.1", server.port());
    EXPECT_EQ(client.call(method_write, short_write("k", "v")).code, rpc::status::success);
    server.request_stop();
    server.request_stop();
    EXPECT_FALSE(client.receive_one());
    EXPECT_EQ(client.last_frame().close_code(), 1001);
    running.join();
}

TEST_F(store_server_here, may_be_stopped_before_it_runs) {
    options.threads = 2;
    store_server server(options, log);
    server.request_stop();
    ASSERT_TRUE(server.listen());
    ASSERT_TRUE(server.open(report));
    EXPECT_TRUE(server.run());
}

TEST_F(store_server_here, takes_nothing_that_is_taken) {
    store_server first(options, log);
    ASSERT_TRUE(first.listen());
    ASSERT_TRUE(first.open(report));
    options.port = first.port();
    store_server second(options, log);
    EXPECT_EQ(second.listen().error(), boost::system::errc::address_in_use);
    EXPECT_EQ(second.open(report).error(), store::store_error::locked);
}

/// Writes keys of its own until the server says goodbye; counts how many were acknowledged.
void write_until_the_end(store_caller& client, char name, std::atomic<std::size_t>& count) {
    for (;; ++count) {
        std::size_t const i = count;
        std::string const key{name, static_cast<char>(i % 256)};
        client.socket().send_raw(client.call_bytes(method_write, short_write(key, "v")));
        while (client.answers().size() <= i) {
            if (!client.receive_one()) {
                EXPECT_EQ(client.last_frame().close_code(), 1001);
                return;
            }
        }
    }
}

class store_server_at : public store_server_here,
                        public ::testing::WithParamInterface<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(durability, store_server_at, ::testing::ValuesIn(store::durability_names),
                         [](auto const& at) { return std::string(at.param); });

TEST_P(store_server_at, keeps_what_it_acknowledged_to_many_clients) {
    options.threads = 3;
    options.durability = GetParam();
    auto server = std::make_unique<store_server>(options, log);
    ASSERT_TRUE(server->listen());
    ASSERT_TRUE(server->open(report));
    std::thread running([&server] { EXPECT_TRUE(server->run()); });
    std::map<char, std::atomic<std::size_t>> acknowledged;
    std::vector<std::unique_ptr<store_caller>> callers;
    for (char name = 'a'; name < 'a' + 8; ++name) {
        callers.push_back(std::make_unique<store_caller>("127.0.0.1", server->port()));
        acknowledged[name] = 0;
    }
    std::vector<std::thread> clients;
    for (auto& each : acknowledged) {
        clients.emplace_back([&client = *callers[clients.size()], &each] {
            write_until_the_end(client, each.first, each.second);
        });
    }
    for (auto const& [name, count] : acknowledged) {
        while (count < 50) {
            std::this_thread::yield();
        }
    }
    server->request_stop();
    for (std::thread& one : clients) {
        one.join();
    }
    running.join();
    server.reset();
    std::size_t keys = 0;
    for (auto const& [name, count] : acknowledged) {
        keys += std::min<std::size_t>(count, 256);
    }
    EXPECT_EQ(store::store::open(options.file).value()->size(), keys);
}

}  // namespace
}  // namespace trunkline::server
