// TCP streams, listening sockets and connects, over real sockets of this machine.
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/test_descriptor_famine.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <set>
#include <string>
#include <thread>

namespace trunkline::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

socket_address loopback(std::uint16_t port = 0) {
    return socket_address::parse("127.0.0.1", port).value();
}

int socket_option(byte_stream const& of, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(dynamic_cast<socket_stream const&>(of).socket(), level, name, &value, &size);
    return value;
}

struct tcp_fixture : ::testing::Test {
    // Runs the loop until `done` holds; a lost event fails the test instead of hanging it.
    void run_until(std::function<bool()> const& done) {
        auto const deadline = loop.now() + seconds(30);
        while (!done()) {
            ASSERT_LT(loop.now(), deadline) << "nothing happened for too long";
            auto const tick = loop.after(milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
    }

    void listen(socket_address const& address) {
        auto group = listen_tcp(address, 1);
        ASSERT_TRUE(group.has_value()) << group.error().message();
        acceptor = std::make_unique<socket_acceptor>(loop, std::move(group->front()));
        acceptor->start(
            [this](std::unique_ptr<byte_stream> made) { accepted.push_back(std::move(made)); });
    }

    void connect() {
        auto const attempt = connect_socket(loop, {acceptor->address()},
                                            [this](auto made) { dialed = std::move(made); });
        run_until([this] { return dialed.has_value() && !accepted.empty(); });
        near = std::move(**dialed);
        far = std::move(accepted.front());
    }

    void connected_pair() {
        listen(loopback());
        connect();
    }

    io_result write(byte_stream& stream, std::string_view text) {
        bytes_view const piece = as_bytes(text);
        return stream.write({&piece, 1});
    }

    static int option_of(byte_stream& stream, int name) {
        int value = -1;
        socklen_t size = sizeof value;
        EXPECT_EQ(::getsockopt(dynamic_cast<socket_stream&>(stream).socket(), IPPROTO_TCP, name,
                               &value, &size),
                  0);
        return value;
    }

    // Reads until `size` bytes are there or the stream is over.
    std::string read(byte_stream& stream, std::size_t size) {
        struct woken final : readiness_sink {
            void on_ready(bool, bool) override { ready = true; }
            bool ready = false;
        } sink;
        std::string text;
        last = {};
        while (text.size() < size) {
            std::vector<std::byte> buffer(size - text.size());
            last = stream.read(buffer);
            text += as_text(bytes_view(buffer).first(last.size));
            if (last.status == io_status::would_block) {
                sink.ready = false;
                stream.watch(&sink, true, false);
                run_until([&] { return sink.ready; });
                stream.watch(nullptr, false, false);
                if (HasFatalFailure()) {
                    break;
                }
            } else if (last.status != io_status::ok) {
                break;
            }
        }
        return text;
    }

    asio_runtime loop;
    std::unique_ptr<socket_acceptor> acceptor;
    std::vector<std::unique_ptr<byte_stream>> accepted;
    std::optional<result<std::unique_ptr<byte_stream>>> dialed;
    std::unique_ptr<byte_stream> near;
    std::unique_ptr<byte_stream> far;
    io_result last;
};

TEST_F(tcp_fixture, carries_bytes_both_ways) {
    connected_pair();
    EXPECT_EQ(write(*near, "hello").size, 5U);
    EXPECT_EQ(read(*far, 5), "hello");
    std::array<bytes_view, 3> const pieces{as_bytes("a"), as_bytes(""), as_bytes("nswer")};
    EXPECT_EQ(far->write(pieces).size, 6U);
    EXPECT_EQ(read(*near, 6), "answer");
    EXPECT_EQ(far->peer().substr(0, 10), "127.0.0.1:");
    EXPECT_EQ(near->peer(), acceptor->address().text());
}

TEST_F(tcp_fixture, sends_small_writes_at_once) {
    connected_pair();
    EXPECT_NE(option_of(*near, TCP_NODELAY), 0);
    EXPECT_NE(option_of(*far, TCP_NODELAY), 0);
}

TEST_F(tcp_fixture, the_system_looks_after_a_silent_peer_on_both_sides) {
    connected_pair();
    for (byte_stream const* const each : {near.get(), far.get()}) {
        EXPECT_EQ(socket_option(*each, SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(seconds(socket_option(*each, IPPROTO_TCP, TCP_KEEPIDLE)), link_probe_after);
        EXPECT_EQ(seconds(socket_option(*each, IPPROTO_TCP, TCP_KEEPINTVL)), link_probe_interval);
        EXPECT_EQ(socket_option(*each, IPPROTO_TCP, TCP_KEEPCNT), link_probes);
    }
    EXPECT_EQ(link_probe_after + link_probes * link_probe_interval, seconds(120));
}

TEST_F(tcp_fixture, acknowledges_promptly_when_asked) {
    connected_pair();
    int const off = 0;
    ASSERT_EQ(::setsockopt(dynamic_cast<socket_stream&>(*far).socket(), IPPROTO_TCP, TCP_QUICKACK,
                           &off, sizeof off),
              0);
    ASSERT_EQ(option_of(*far, TCP_QUICKACK), 0);
    far->acknowledge_now();
    EXPECT_EQ(option_of(*far, TCP_QUICKACK), 1);
}

TEST_F(tcp_fixture, holds_back_small_writes_until_it_is_told_to_send) {
    connected_pair();
    far->hold_back(true);
    EXPECT_EQ(option_of(*far, TCP_CORK), 1);
    EXPECT_EQ(write(*far, "one ").size, 4U);
    EXPECT_EQ(write(*far, "piece").size, 5U);
    far->hold_back(false);
    EXPECT_EQ(option_of(*far, TCP_CORK), 0);
    EXPECT_EQ(read(*near, 9), "one piece");
}

TEST_F(tcp_fixture, a_full_link_blocks_and_goes_on) {
    connected_pair();
    std::string const block(256 * 1024, 'x');
    std::size_t sent = 0;
    io_result result;
    while ((result = write(*near, block)).status == io_status::ok) {
        sent += result.size;
    }
    EXPECT_EQ(result.status, io_status::would_block);
    struct woken final : readiness_sink {
        void on_ready(bool, bool writable) override { ready = writable; }
        bool ready = false;
    } sink;
    near->watch(&sink, false, true);
    EXPECT_EQ(read(*far, sent).size(), sent);
    run_until([&] { return sink.ready; });
    EXPECT_EQ(write(*near, "y").size, 1U);
    EXPECT_EQ(read(*far, 1), "y");
}

TEST_F(tcp_fixture, the_end_comes_after_the_bytes_and_half_close_leaves_reading_open) {
    connected_pair();
    write(*near, "last words");
    near->shutdown_write();
    EXPECT_EQ(read(*far, 100), "last words");
    EXPECT_EQ(last.status, io_status::end);
    write(*far, "heard");
    EXPECT_EQ(read(*near, 5), "heard");
    EXPECT_EQ(write(*near, "x").error, boost::asio::error::broken_pipe);
}

TEST_F(tcp_fixture, an_abort_is_a_reset_at_the_peer) {
    connected_pair();
    near->close(true);
    EXPECT_EQ(read(*far, 1), "");
    EXPECT_EQ(last.error, boost::asio::error::connection_reset);
    EXPECT_EQ(near->read(std::span(std::array<std::byte, 1>().data(), 1)).status, io_status::error);
    EXPECT_EQ(write(*near, "x").status, io_status::error);
    near->close(false);
}

TEST_F(tcp_fixture, nobody_listening_is_refused) {
    std::uint16_t free_port = 0;
    {
        auto const group = listen_tcp(loopback(), 1);
        free_port = group->front().address.port();
    }
    auto const attempt = connect_socket(loop, {loopback(free_port)},
                                        [this](auto made) { dialed = std::move(made); });
    EXPECT_FALSE(dialed.has_value());
    run_until([this] { return dialed.has_value(); });
    EXPECT_EQ(dialed->error(), boost::asio::error::connection_refused);
}

TEST_F(tcp_fixture, connects_from_the_address_it_is_told) {
    listen(loopback());
    auto const from = socket_address::parse("127.0.0.77", 0).value();
    auto const attempt = connect_socket(
        loop, {acceptor->address()}, [this](auto made) { dialed = std::move(made); }, from);
    run_until([this] { return dialed.has_value() && !accepted.empty(); });
    ASSERT_TRUE(dialed->has_value()) << dialed->error().message();
    EXPECT_TRUE(accepted.front()->peer().starts_with("127.0.0.77:")) << accepted.front()->peer();
}

TEST_F(tcp_fixture, does_not_connect_from_an_address_of_others) {
    listen(loopback());
    auto const from = socket_address::parse("192.0.2.1", 0).value();
    auto const attempt = connect_socket(
        loop, {acceptor->address()}, [this](auto made) { dialed = std::move(made); }, from);
    run_until([this] { return dialed.has_value(); });
    EXPECT_EQ(dialed->error(), error_code(EADDRNOTAVAIL, boost::system::system_category()));
}

TEST_F(tcp_fixture, tries_the_next_address_when_one_refuses) {
    listen(loopback());
    auto const refused = socket_address::parse("127.0.0.2", acceptor->address().port()).value();
    auto const attempt = connect_socket(loop, {refused, acceptor->address()},
                                        [this](auto made) { dialed = std::move(made); });
    run_until([this] { return dialed.has_value(); });
    EXPECT_TRUE(dialed->has_value());
}

TEST_F(tcp_fixture, a_connect_may_be_cancelled_at_any_point) {
    listen(loopback());
    bool called = false;
    auto attempt = connect_socket(loop, {acceptor->address()}, [&](auto) { called = true; });
    attempt.reset();
    // From inside the callback, which keeps what it captured.
    auto const token = std::make_shared<int>(3);
    int seen = 0;
    attempt = connect_socket(loop, {acceptor->address()}, [&, token](auto) {
        attempt.reset();
        seen = *token;
    });
    run_until([&] { return seen != 0; });
    EXPECT_EQ(seen, 3);
    EXPECT_FALSE(called);
}

TEST_F(tcp_fixture, a_port_in_use_is_refused_also_to_a_group) {
    for (std::size_t const size : {std::size_t{1}, std::size_t{3}}) {
        auto const group = listen_tcp(loopback(), size);
        ASSERT_TRUE(group.has_value());
        auto const address = group->front().address;
        for (std::size_t const rival : {std::size_t{1}, std::size_t{3}}) {
            auto const second = listen_tcp(address, rival);
            ASSERT_FALSE(second.has_value());
            EXPECT_EQ(second.error(), boost::asio::error::address_in_use);
        }
    }
}

TEST_F(tcp_fixture, a_port_is_free_again_at_once_after_use) {
    connected_pair();
    auto const address = acceptor->address();
    far.reset();  // this side closes first: its port stays in TIME_WAIT
    EXPECT_EQ(read(*near, 1), "");
    near.reset();
    acceptor.reset();
    auto const again = listen_tcp(address, 2);
    EXPECT_TRUE(again.has_value()) << again.error().message();
}

TEST_F(tcp_fixture, a_group_shares_one_port_and_all_members_accept) {
    constexpr std::size_t members = 3;
    auto group = listen_tcp(loopback(), members);
    ASSERT_TRUE(group.has_value());
    ASSERT_EQ(group->size(), members);
    std::vector<std::unique_ptr<socket_acceptor>> acceptors;
    std::set<std::size_t> busy;
    std::size_t total = 0;
    auto const address = group->front().address;
    EXPECT_NE(address.port(), 0);
    for (std::size_t member = 0; member < members; ++member) {
        EXPECT_EQ((*group)[member].address.text(), address.text());
        acceptors.push_back(std::make_unique<socket_acceptor>(loop, std::move((*group)[member])));
        acceptors.back()->start([&, member](auto stream) {
            busy.insert(member);
            ++total;
            accepted.push_back(std::move(stream));
        });
    }
    std::vector<std::unique_ptr<pending_connect>> attempts;
    std::vector<std::unique_ptr<byte_stream>> streams;
    constexpr std::size_t dials = 60;
    for (std::size_t dial = 0; dial < dials; ++dial) {
        attempts.push_back(connect_socket(
            loop, {address}, [&](auto made) { streams.push_back(std::move(made.value())); }));
    }
    run_until([&] { return total == dials && streams.size() == dials; });
    // 60 draws among 3 miss one of them with a chance below 1e-10.
    EXPECT_EQ(busy.size(), members);
}

TEST_F(tcp_fixture, ipv6_works) {
    auto const address = socket_address::parse("[::1]", 0).value();
    auto probe = listen_tcp(address, 1);
    if (!probe) {
        GTEST_SKIP() << "no IPv6 here: " << probe.error().message();
    }
    listen(address);
    connect();
    write(*near, "six");
    EXPECT_EQ(read(*far, 3), "six");
    EXPECT_EQ(near->peer(), "[::1]:" + std::to_string(acceptor->address().port()));
}

TEST_F(tcp_fixture, the_acceptor_may_be_destroyed_by_its_own_sink) {
    auto group = listen_tcp(loopback(), 1);
    acceptor = std::make_unique<socket_acceptor>(loop, std::move(group->front()));
    auto const address = acceptor->address();
    auto const token = std::make_shared<int>(5);
    int seen = 0;
    acceptor->start([&, token](std::unique_ptr<byte_stream>) {
        acceptor.reset();
        seen += *token;
    });
    auto const one = connect_socket(loop, {address}, [](auto) {});
    auto const two = connect_socket(loop, {address}, [](auto) {});
    run_until([&] { return seen != 0; });
    EXPECT_EQ(seen, 5);
}

TEST_F(tcp_fixture, running_out_of_descriptors_is_survived_without_spinning) {
    listen(loopback());
    file_descriptor dialer(::socket(AF_INET, SOCK_STREAM, 0));
    {
        testing::descriptor_famine famine;
        auto const address = acceptor->address();
        ASSERT_EQ(::connect(dialer.get(), address.data(), address.size()), 0);
        // Handlers run in 50 ms: the failed accept, and no other until the rest is over.
        auto const handlers = loop.context().run_for(milliseconds(50));
        EXPECT_LE(handlers, 3U);
        EXPECT_TRUE(accepted.empty());
    }
    run_until([&] { return accepted.size() == 1; });
}

TEST(socket_address, parses_literals_only) {
    for (char const* text :
         {"127.0.0.1", "::1", "[::1]", "0.0.0.0", "::", "fe80::1", "[::ffff:1.2.3.4]"}) {
        EXPECT_TRUE(socket_address::parse(text, 1).has_value()) << text;
    }
    for (char const* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[127.0.0.1]",
                             "[::1", "::1]", ":::", "127.0.0.1 ", "example.com"}) {
        auto const address = socket_address::parse(text, 1);
        ASSERT_FALSE(address.has_value()) << text;
        EXPECT_EQ(address.error(), transport_error::invalid_endpoint) << text;
    }
}

TEST(socket_address, says_what_it_is) {
    EXPECT_EQ(socket_address::parse("::1", 8080)->text(), "[::1]:8080");
    EXPECT_EQ(socket_address::parse("10.1.2.3", 65535)->text(), "10.1.2.3:65535");
    EXPECT_TRUE(socket_address::parse("127.9.9.9", 1)->is_loopback());
    EXPECT_TRUE(socket_address::parse("::1", 1)->is_loopback());
    EXPECT_TRUE(socket_address::parse("::ffff:127.0.0.1", 1)->is_loopback());
    EXPECT_FALSE(socket_address::parse("0.0.0.0", 1)->is_loopback());
    EXPECT_FALSE(socket_address::parse("::", 1)->is_loopback());
    EXPECT_FALSE(socket_address::parse("::ffff:10.0.0.1", 1)->is_loopback());
    EXPECT_EQ(socket_address().text(), "");
}

TEST(socket_address, resolves_localhost_without_asking_anybody) {
    auto const found = socket_address::resolve("localhost", 7);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(found->front().text(), "127.0.0.1:7");
    EXPECT_EQ(found->back().text(), "[::1]:7");
    EXPECT_EQ(socket_address::resolve("elsewhere", 7).error(), boost::asio::error::host_not_found);
}

}  // namespace
}  // namespace trunkline::transport
