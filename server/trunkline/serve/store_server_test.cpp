// The server inside this process: its steps, its end, and many clients at once.
#include <trunkline/serve/store_server.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/forced_folding.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
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
        if (folding_is_forced()) {
            options.connection.fold_after = std::chrono::milliseconds(0);
        }
    }
};

/// Threads of this process.
std::size_t threads_here() {
    std::filesystem::directory_iterator const tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// Sockets of this process that listen on a port, and whether others may beside them.
std::vector<bool> listeners_at(std::uint16_t port) {
    std::vector<bool> found;
    for (auto const& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        int const descriptor = std::stoi(each.path().filename().string());
        auto const option = [descriptor](int name) {
            int value = 0;
            socklen_t size = sizeof value;
            return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 && value != 0;
        };
        if (option(SO_ACCEPTCONN) &&
            transport::socket_address::local_of(descriptor).port() == port) {
            found.push_back(option(SO_REUSEPORT));
        }
    }
    return found;
}

TEST_F(store_server_here, goes_from_start_to_end) {
    store_server server(options, log);
    ASSERT_TRUE(server.listen());
    ASSERT_TRUE(server.open(report));
    EXPECT_TRUE(report.created);
    EXPECT_EQ(server.endpoints().front(), "127.0.0.1:" + std::to_string(server.port()));
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

class store_server_threads : public store_server_here,
                             public ::testing::WithParamInterface<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(threads, store_server_threads, ::testing::Values(1, 2, 5));

// The calling thread is one of them: alone, it is all there is, and pinning it pins the server.
TEST_P(store_server_threads, begin_beside_the_calling_one_and_listen_each) {
    std::size_t const before = threads_here();
    options.threads = GetParam();
    store_server server(options, log);
    ASSERT_TRUE(server.listen());
    ASSERT_TRUE(server.open(report));
    EXPECT_EQ(threads_here(), before);
    EXPECT_EQ(listeners_at(server.port()), std::vector<bool>(GetParam(), GetParam() > 1));
    std::thread calling([&server] { EXPECT_TRUE(server.run()); });
    store_caller client("127.0.0.1", server.port());
    EXPECT_EQ(client.call(method_write, short_write("k", "v")).code, rpc::status::success);
    EXPECT_EQ(threads_here(), before + GetParam());
    server.request_stop();
    calling.join();
    EXPECT_EQ(threads_here(), before);
}

TEST_F(store_server_here, answers_connections_whose_sockets_it_folded) {
    options.connection.fold_after = std::chrono::milliseconds(0);
    store_server server(options, log);
    ASSERT_TRUE(server.listen());
    ASSERT_TRUE(server.open(report));
    std::thread running([&server] { EXPECT_TRUE(server.run()); });
    for (int round = 0; round < 3; ++round) {
        std::vector<std::unique_ptr<store_caller>> callers;
        for (int i = 0; i < 20; ++i) {
            callers.push_back(std::make_unique<store_caller>("127.0.0.1", server.port()));
            for (auto const& each : callers) {
                EXPECT_EQ(each->call(method_write, short_write("k", "v")).code,
                          rpc::status::success);
            }
        }
        callers.front()->socket().close(1000);
        callers.erase(callers.begin(), callers.begin() + 10);  // those go without a word
        for (auto const& each : callers) {
            EXPECT_EQ(each->call(method_read, short_read("k")).body, "\x01\x01v");
        }
    }
    server.request_stop();
    running.join();
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
