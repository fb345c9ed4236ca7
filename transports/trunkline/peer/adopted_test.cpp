// Servers inside a program that has sockets, or an HTTP server, of its own.
#include <trunkline/peer/adopted.hpp>

#include <trunkline/peer/test_world.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <array>
#include <future>
#include <optional>
#include <thread>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;
namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;
using request = http::request<http::string_body>;

std::string const upgrade_request =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Somebody's program: a port and a loop with its thread. What it does with a socket that it has
/// accepted is said by the test, and runs on that thread.
class program {
public:
    using visit = std::function<net::awaitable<void>(tcp::socket)>;

    explicit program(visit each) {
        net::co_spawn(context_, accept(std::move(each)), net::detached);
    }
    ~program() {
        if (thread_.joinable()) {
            net::post(context_, [this] { door_.close(); });
            context_.stop();
            thread_.join();
        }
    }
    void start() {
        thread_ = std::thread([this] { context_.run(); });
    }
    /// Runs `work` on its thread and waits for that.
    void run(std::function<void()> work) {
        std::promise<void> done;
        net::post(context_, [&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    }

    [[nodiscard]] net::io_context& context() { return context_; }
    [[nodiscard]] std::uint16_t port() const { return door_.local_endpoint().port(); }
    [[nodiscard]] std::string url(std::string const& path = "/ws") const {
        return "ws://127.0.0.1:" + std::to_string(port()) + path;
    }

private:
    net::awaitable<void> accept(visit each) {
        for (;;) {
            auto socket = co_await door_.async_accept(net::use_awaitable);
            net::co_spawn(context_, each(std::move(socket)), net::detached);
        }
    }

    net::io_context context_;
    tcp::acceptor door_{context_, {net::ip::address_v4::loopback(), 0}};
    std::thread thread_;
};

/// What the test knows of a peer that speaks no RPC.
class visitor {
public:
    explicit visitor(std::uint16_t port) {
        socket_.connect({net::ip::address_v4::loopback(), port});
    }
    void say(std::string const& text) { net::write(socket_, net::buffer(text)); }
    [[nodiscard]] std::string hear(std::size_t size) {
        std::string heard(size, '\0');
        error_code failed;
        heard.resize(net::read(socket_, net::buffer(heard), failed));
        return heard;
    }
    [[nodiscard]] std::string hear_all() { return hear(100'000); }
    [[nodiscard]] std::string hear_head() {
        std::string heard;
        while (!heard.ends_with("\r\n\r\n")) {
            auto const next = hear(1);
            if (next.empty()) {
                break;
            }
            heard += next;
        }
        return heard;
    }

private:
    net::io_context context_;
    tcp::socket socket_{context_};
};

/// A server without a URL and a program that gives it what it accepts.
class adopting : public ::testing::Test {
protected:
    ~adopting() override {
        if (server_) {
            host_.run([this] { server_.reset(); });
        }
    }
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.run_on(host_.context()).handle(echo, echoed);
        return made;
    }
    void serve(rpc_server::builder builder) {
        server_.emplace(builder.start().value());
        host_.start();
    }

    /// A plain HTTP server: a page, and /ws for the other server.
    net::awaitable<void> answer(tcp::socket socket) {
        boost::beast::flat_buffer buffer;
        for (;;) {
            request asked;
            co_await http::async_read(socket, buffer, asked, net::use_awaitable);
            if (boost::beast::websocket::is_upgrade(asked)) {
                auto const taken = server_->adopt(socket, asked, buffer.data());
                outcomes_.add(taken ? error_code{} : taken.error());
                if (taken) {
                    co_return;
                }
            }
            http::response<http::string_body> page(http::status::ok, 11, "a page");
            page.prepare_payload();
            co_await http::async_write(socket, page, net::use_awaitable);
        }
    }

    /// Gives raw sockets away.
    net::awaitable<void> give(tcp::socket socket) {
        auto const taken = server_->adopt(socket);
        if (!taken) {
            still_open_ = socket.is_open();
        }
        outcomes_.add(taken ? error_code{} : taken.error());
        co_return;
    }

    seen<error_code> outcomes_;
    std::atomic<bool> still_open_ = false;
    bool raw_ = false;
    std::optional<rpc_server> server_;
    program host_{[this](tcp::socket socket) {
        return raw_ ? give(std::move(socket)) : answer(std::move(socket));
    }};
};

TEST_F(adopting, an_accepted_socket_is_served) {
    raw_ = true;
    serve(a_server());
    EXPECT_TRUE(server_->endpoints().empty());
    auto const client = rpc_client::builder(host_.url("/whatever")).connect().value();
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
    EXPECT_EQ(server_->peers().size(), 1U);
}

TEST_F(adopting, pages_and_calls_live_on_one_port) {
    serve(a_server());
    visitor reader(host_.port());
    reader.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(reader.hear_head().find(" 200 "), std::string::npos);
    EXPECT_EQ(reader.hear(6), "a page");
    auto const client = rpc_client::builder(host_.url()).connect().value();
    EXPECT_EQ(client.call(echo, {"hello"}).value()->value, "hello");
    reader.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(reader.hear_head().find(" 200 "), std::string::npos);
}

TEST_F(adopting, it_is_called_back_and_told_of_states) {
    seen<peer> joined;
    auto builder = a_server();
    builder.on_connected([&](peer one) { joined.add(one); });
    serve(std::move(builder));
    auto const client = rpc_client::builder(host_.url()).handle(echo, echoed).connect().value();
    auto const told = joined.wait_for(1);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].call(echo, {"you there"}).value()->value, "you there");
}

// A masked ping of "hi" that came in one piece with the request: the pong says that it was seen.
TEST_F(adopting, bytes_behind_the_request_are_handed_over) {
    serve(a_server());
    visitor eager(host_.port());
    eager.say(upgrade_request + std::string("\x89\x82\x01\x02\x03\x04\x69\x6b", 8));
    EXPECT_TRUE(eager.hear_head().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(eager.hear(4), "\x8a\x02hi");
}

TEST_F(adopting, a_request_that_is_no_upgrade_stays_with_the_program) {
    serve(a_server());
    visitor wrong(host_.port());
    auto without_key = upgrade_request;
    without_key.erase(without_key.find("Sec-WebSocket-Key"), 45);
    wrong.say(without_key);
    EXPECT_NE(wrong.hear_head().find(" 200 "), std::string::npos);
    EXPECT_EQ(wrong.hear(6), "a page");
    wrong.say(upgrade_request);  // the connection goes on
    EXPECT_TRUE(wrong.hear_head().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(outcomes_.wait_for(2),
              (std::vector<error_code>{transport::transport_error::handshake_refused, {}}));
}

TEST_F(adopting, only_the_path_that_was_named_is_served) {
    auto builder = a_server();
    builder.adopt_path("/calls");
    serve(std::move(builder));
    EXPECT_FALSE(rpc_client::builder(host_.url("/ws")).connect().has_value());
    EXPECT_TRUE(rpc_client::builder(host_.url("/calls?x=1")).connect().has_value());
    EXPECT_EQ(outcomes_.wait_for(2),
              (std::vector<error_code>{transport::transport_error::handshake_refused, {}}));
}

TEST_F(adopting, a_raw_socket_is_told_what_is_wrong_with_its_request) {
    raw_ = true;
    auto builder = a_server();
    builder.adopt_path("/calls");
    serve(std::move(builder));
    visitor lost(host_.port());
    lost.say(upgrade_request);
    EXPECT_TRUE(lost.hear_all().starts_with("HTTP/1.1 404 "));
}

TEST_F(adopting, connections_above_the_limit_stay_with_the_program) {
    raw_ = true;
    auto builder = a_server();
    builder.connections_max(1);
    serve(std::move(builder));
    auto const first = rpc_client::builder(host_.url()).connect().value();
    EXPECT_FALSE(rpc_client::builder(host_.url()).connect().has_value());
    EXPECT_EQ(outcomes_.wait_for(2),
              (std::vector<error_code>{{}, transport::transport_error::too_many_connections}));
    EXPECT_TRUE(still_open_);
    EXPECT_TRUE(first.call(echo, {"x"}).has_value());
}

TEST_F(adopting, a_handshake_that_takes_too_long_is_ended) {
    raw_ = true;
    connection_limits soon;
    soon.handshake_timeout = 20ms;
    auto builder = a_server();
    builder.limits(soon);
    serve(std::move(builder));
    visitor silent(host_.port());
    EXPECT_EQ(silent.hear_all(), "");
    visitor slow(host_.port());
    slow.say("GET /ws");
    EXPECT_TRUE(slow.hear_all().starts_with("HTTP/1.1 408 "));
}

TEST_F(adopting, a_server_that_stops_ends_handshakes_and_takes_no_more) {
    raw_ = true;
    serve(a_server());
    visitor waits(host_.port());
    waits.say("GET /ws");
    EXPECT_EQ(outcomes_.wait_for(1), std::vector<error_code>{{}});
    std::promise<void> stopped;
    server_->async_stop([&] { stopped.set_value(); });
    stopped.get_future().get();
    static_cast<void>(waits.hear_all());  // 503, or nothing where the stop came first
    visitor late(host_.port());
    EXPECT_EQ(outcomes_.wait_for(2).back(), transport::transport_error::closed);
    EXPECT_TRUE(still_open_);
}

TEST_F(adopting, what_is_adopted_goes_with_its_server) {
    raw_ = true;
    serve(a_server());
    visitor guest(host_.port());
    EXPECT_EQ(outcomes_.wait_for(1), std::vector<error_code>{{}});
    host_.run([this] { server_.reset(); });
    EXPECT_EQ(guest.hear_all(), "");
}

TEST_F(adopting, a_server_with_threads_takes_sockets_of_another_loop) {
    server_.emplace(rpc_server::builder().threads(2).handle(echo, echoed).start().value());
    host_.start();
    std::vector<rpc_client> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(rpc_client::builder(host_.url()).connect().value());
    }
    for (auto const& each : clients) {
        EXPECT_EQ(each.call(echo, {"hello"}).value()->value, "hello");
    }
}

TEST(adopted, streams_of_beast_and_closed_sockets) {
    net::io_context context;
    auto const server = rpc_server::builder().run_on(context).start().value();
    tcp::acceptor door(context, {net::ip::address_v4::loopback(), 0});
    tcp::socket near_end(context);
    EXPECT_EQ(server.adopt(near_end).error(), net::error::bad_descriptor);
    near_end.connect(door.local_endpoint());
    boost::beast::tcp_stream stream(std::move(near_end));
    EXPECT_TRUE(server.adopt(stream).has_value());
    EXPECT_FALSE(stream.socket().is_open());
}

TEST(adopted, a_loop_without_sockets_takes_none) {
    transport::simulated_runtime loop;
    net::io_context context;
    tcp::socket socket(context, tcp::v4());
    auto const server = rpc_server::builder().run_on(loop).start().value();
    EXPECT_EQ(server.adopt(socket).error(), transport::transport_error::invalid_endpoint);
    EXPECT_TRUE(socket.is_open());
}

TEST(adopted, the_head_of_a_request_is_as_it_was) {
    request asked(http::verb::get, "/ws?x=1", 11);
    asked.set("X-One", "1");
    asked.insert("x-one", "2");
    EXPECT_EQ(peers::head_of(asked), "GET /ws?x=1 HTTP/1.1\r\nX-One: 1\r\nx-one: 2\r\n\r\n");
}

}  // namespace
}  // namespace trunkline
