// A plain HTTP server of Beast with a page at / and typed calls at /ws, all on one loop.
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <iostream>
#include <string>
#include <thread>

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;
using namespace trunkline;

struct person {
    std::string name;
    static constexpr auto fields() { return std::tuple(&person::name); }
};
struct greeting {
    std::string text;
    static constexpr auto fields() { return std::tuple(&greeting::text); }
};
constexpr typed::method<person, greeting> hello{"hello"};

// One visitor: pages, until a request for /ws hands the socket over.
net::awaitable<void> serve(tcp::socket socket, rpc_server const& calls) {
    boost::beast::flat_buffer buffer;
    for (;;) {
        http::request<http::string_body> request;
        co_await http::async_read(socket, buffer, request, net::use_awaitable);
        http::response<http::string_body> response(http::status::ok, request.version());
        if (request.target() == "/ws") {
            if (calls.adopt(socket, request, buffer.data())) {
                co_return;  // the socket is theirs now
            }
            response.result(http::status::bad_request);
        } else if (request.target() == "/") {
            response.body() = "<h1>Calls go to /ws</h1>";
        } else {
            response.result(http::status::not_found);
        }
        response.prepare_payload();
        co_await http::async_write(socket, response, net::use_awaitable);
    }
}

net::awaitable<void> accept(tcp::acceptor& door, rpc_server const& calls) {
    for (;;) {
        tcp::socket socket = co_await door.async_accept(net::use_awaitable);
        net::co_spawn(door.get_executor(), serve(std::move(socket), calls), net::detached);
    }
}

std::string page_of(tcp::endpoint const& server) {
    net::io_context context;
    tcp::socket socket(context);
    socket.connect(server);
    http::request<http::empty_body> request(http::verb::get, "/", 11);
    request.set(http::field::host, "localhost");
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return response.body();
}

int main() {
    net::io_context loop;
    tcp::acceptor door(loop, {net::ip::address_v4::loopback(), 0});
    auto const calls =
        rpc_server::builder()
            .run_on(loop)
            .handle(hello, [](person const& who) { return greeting{"hello, " + who.name}; })
            .start()
            .value();
    net::co_spawn(loop, accept(door, calls), net::detached);
    std::thread runs([&] { loop.run(); });

    std::cout << "the page: " << page_of(door.local_endpoint()) << '\n';
    auto const url = "ws://127.0.0.1:" + std::to_string(door.local_endpoint().port()) + "/ws";
    auto const client = rpc_client::builder(url).connect().value();
    std::cout << "the call: " << client.call(hello, {"world"}).value()->text << '\n';

    loop.stop();
    runs.join();
}
