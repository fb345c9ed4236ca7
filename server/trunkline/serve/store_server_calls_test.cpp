// The calls of the system that a server makes for its clients, counted where they are made: this
// program has functions of its own in place of those of the C library.
#include <trunkline/serve/store_server.hpp>

#include <trunkline/serve/test_one_thread_server.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/store_caller.hpp>

#include <gtest/gtest.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace trunkline::server {
namespace {

enum class kind { receive, send, option, wait, watch };
std::array<std::atomic<std::size_t>, 5> counts{};
thread_local bool counted = false;

long call(kind of, auto... with) {
    if (counted) {
        ++counts[static_cast<std::size_t>(of)];
    }
    return ::syscall(with...);
}

std::size_t made(kind of) {
    return counts[static_cast<std::size_t>(of)];
}

}  // namespace
}  // namespace trunkline::server

extern "C" {

ssize_t recv(int socket, void* into, std::size_t size, int flags) {
    using namespace trunkline::server;
    return call(kind::receive, SYS_recvfrom, socket, into, size, flags, nullptr, nullptr);
}

ssize_t sendmsg(int socket, msghdr const* message, int flags) {
    using namespace trunkline::server;
    return call(kind::send, SYS_sendmsg, socket, message, flags);
}

int setsockopt(int socket, int level, int name, void const* value, socklen_t size) noexcept {
    using namespace trunkline::server;
    return static_cast<int>(
        call(kind::option, SYS_setsockopt, socket, level, name, value, std::size_t{size}));
}

int epoll_wait(int set, epoll_event* events, int most, int timeout) {
    using namespace trunkline::server;
    return static_cast<int>(
        call(kind::wait, SYS_epoll_pwait, set, events, most, timeout, nullptr, std::size_t{0}));
}

int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
    using namespace trunkline::server;
    return static_cast<int>(call(kind::watch, SYS_epoll_ctl, set, operation, descriptor, event));
}

}  // extern "C"

namespace trunkline::server {
namespace {

using namespace store_service;

/// One thread serves; only its calls count.
class server_calls : public ::testing::TestWithParam<std::size_t> {
protected:
    server_calls() {
        server_.emplace([] { counted = true; });
        client_ = std::make_unique<test_support::store_caller>("127.0.0.1", server_->port());
    }

    /// As many calls as the parameter says, sent with one call of the system; waits for the
    /// answers.
    template <class Method>
    void call_together(Method const& method, std::string const& arguments) {
        std::string bytes;
        for (std::size_t i = 0; i < GetParam(); ++i) {
            bytes += client_->call_bytes(method.id, arguments);
        }
        std::size_t const due = client_->answers().size() + GetParam();
        client_->socket().send_raw(bytes);
        while (client_->answers().size() < due) {
            ASSERT_TRUE(client_->receive_one());
        }
        EXPECT_EQ(client_->answers().rbegin()->second.code, rpc::status::success);
    }

    std::optional<one_thread_server> server_;
    std::unique_ptr<test_support::store_caller> client_;
};
INSTANTIATE_TEST_SUITE_P(at_once, server_calls, ::testing::Values(1, 2, 64));

TEST_P(server_calls, are_one_to_receive_and_one_to_send_whatever_arrived_together) {
    std::string const value(100, 'v');
    auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value)});
    auto const key = arguments_of(key_request{as_bytes("a key")});
    call_together(write, entry);
    call_together(read, key);
    constexpr std::size_t rounds = 50;
    std::array<std::size_t, counts.size()> before{};
    for (std::size_t i = 0; i < before.size(); ++i) {
        before[i] = counts[i];
    }
    auto const since = [&](kind of) { return made(of) - before[static_cast<std::size_t>(of)]; };
    for (std::size_t round = 0; round < rounds; ++round) {
        call_together(read, key);
        ASSERT_EQ(since(kind::receive), round + 1);
        ASSERT_EQ(since(kind::send), round + 1);
    }
    // Beside them: two waits and one renewal of the outer one. A few more come with the time.
    EXPECT_EQ(since(kind::option), 0U);
    EXPECT_LE(since(kind::wait), 3 * rounds);
    EXPECT_LE(since(kind::watch), 2 * rounds);
    for (std::size_t round = 0; round < rounds; ++round) {
        call_together(write, entry);
        ASSERT_EQ(since(kind::receive), rounds + round + 1);
        ASSERT_EQ(since(kind::send), rounds + round + 1);
    }
}

}  // namespace
}  // namespace trunkline::server
