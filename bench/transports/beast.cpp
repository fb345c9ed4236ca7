// WebSocket by Beast as its documentation has it: one read and one write for each message.
#include "echo_pair.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <openssl/ssl.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace trunkline::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

/// A caller's and a server's end.
std::pair<tcp::socket, tcp::socket> connected(asio::io_context& context) {
    tcp::acceptor listening(context, {asio::ip::address_v4::loopback(), 0});
    tcp::socket calling(context);
    calling.connect(listening.local_endpoint());
    tcp::socket serving = listening.accept();
    calling.set_option(tcp::no_delay(true));
    serving.set_option(tcp::no_delay(true));
    return {std::move(calling), std::move(serving)};
}

/// What Asio takes over is one owner more.
asio::ssl::context shared_with(tls::context const& ours) {
    auto const native = ours.native();
    SSL_CTX_up_ref(native.get());
    return asio::ssl::context(native.get());
}

template <class Stream>
void serve(Stream& stream) {
    beast::flat_buffer message;
    boost::system::error_code ended;
    for (;;) {
        stream.read(message, ended);
        if (!ended) {
            stream.write(message.data(), ended);
        }
        if (ended) {
            return;
        }
        message.consume(message.size());
    }
}

template <class Stream>
void call(Stream& stream, load_shape const& shape, meter& to) {
    std::string const said(shape.size, 'x');
    std::deque<clock::time_point> under_way;
    auto const send = [&] {
        under_way.push_back(clock::now());
        stream.write(asio::buffer(said));
    };
    while (under_way.size() < shape.depth) {
        send();
    }
    beast::flat_buffer answer;
    while (!under_way.empty()) {
        stream.read(answer);
        if (answer.size() != said.size()) {
            throw std::runtime_error("a wrong answer");
        }
        answer.consume(answer.size());
        to.answered(under_way.front());
        under_way.pop_front();
        if (to.goes_on()) {
            send();
        }
    }
}

/// `make` puts what a WebSocket runs over on a socket and `open` gets it ready, each for one side.
template <class Make, class Open>
figures measure(load_shape const& shape, Make const& make, Open const& open) {
    asio::io_context context;
    auto [calling, serving] = connected(context);
    auto const ready = [](auto& stream) {
        stream->auto_fragment(false);  // by default messages leave in pieces of 4 KiB
        stream->binary(true);
    };
    auto server = make(std::move(serving), true);
    serving_thread thread([&server, &open, &ready] {
        boost::system::error_code refused;
        open(server->next_layer(), true, refused);
        if (!refused) {
            server->accept(refused);
        }
        if (!refused) {
            ready(server);
            serve(*server);
        }
        beast::get_lowest_layer(*server).close(refused);
    });
    auto caller = make(std::move(calling), false);
    meter found(shape, thread.cpu_clock());
    boost::system::error_code refused;
    open(caller->next_layer(), false, refused);
    if (!refused) {
        caller->handshake("127.0.0.1", "/", refused);
    }
    if (refused) {
        throw std::runtime_error("no handshake: " + refused.message());
    }
    ready(caller);
    call(*caller, shape, found);
    return found.found();  // the caller goes first, and the server ends
}

}  // namespace

figures measure_beast(std::string_view transport, load_shape const& shape, parties const& who) {
    if (transport == "ws") {
        using stream = beast::websocket::stream<tcp::socket>;
        return measure(
            shape,
            [](tcp::socket socket, bool) { return std::make_unique<stream>(std::move(socket)); },
            [](tcp::socket&, bool, boost::system::error_code&) {});
    }
    using secured = asio::ssl::stream<tcp::socket>;
    auto asking = shared_with(who.asking);
    auto serving = shared_with(who.serving);
    return measure(
        shape,
        [&](tcp::socket socket, bool serves) {
            return std::make_unique<beast::websocket::stream<secured>>(std::move(socket),
                                                                       serves ? serving : asking);
        },
        [](secured& layer, bool serves, boost::system::error_code& refused) {
            layer.handshake(serves ? secured::server : secured::client, refused);
        });
}

}  // namespace trunkline::bench
