// An echo server on Beast as its documentation has it: one read and one write at a time for each
// connection, on one thread; for ci/bench-echo.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdio>
#include <memory>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

class session : public std::enable_shared_from_this<session> {
public:
    explicit session(tcp::socket socket) : stream_(std::move(socket)) {
        stream_.next_layer().set_option(tcp::no_delay(true));
        stream_.auto_fragment(false);  // by default replies leave in pieces of 4 KiB
        stream_.binary(true);
    }

    void start() {
        stream_.async_accept([self = shared_from_this()](error_code fault) {
            if (!fault) {
                self->read();
            }
        });
    }

private:
    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](error_code fault, std::size_t) {
            if (!fault) {
                self->write();
            }
        });
    }

    void write() {
        stream_.async_write(buffer_.data(),
                            [self = shared_from_this()](error_code fault, std::size_t size) {
                                if (!fault) {
                                    self->buffer_.consume(size);
                                    self->read();
                                }
                            });
    }

    beast::websocket::stream<tcp::socket> stream_;
    beast::flat_buffer buffer_;
};

void accept(tcp::acceptor& from) {
    from.async_accept([&from](error_code fault, tcp::socket socket) {
        if (!fault) {
            std::make_shared<session>(std::move(socket))->start();
            accept(from);
        }
    });
}

}  // namespace

int main() {
    asio::io_context loop(1);
    tcp::acceptor listener(loop, {asio::ip::make_address("127.0.0.1"), 0});
    std::printf("Server running on 127.0.0.1:%d\n", int{listener.local_endpoint().port()});
    std::fflush(stdout);
    accept(listener);
    loop.run();
}
