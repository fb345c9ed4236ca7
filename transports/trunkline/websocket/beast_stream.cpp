#include <trunkline/websocket/beast_peer.hpp>

#include <trunkline/websocket/upgrade_key.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace trunkline::websocket::testing {

namespace {

namespace beast = boost::beast;
namespace net = boost::asio;
using beast::websocket::error;

/// Input from memory, output forgotten; answers a client's upgrade by itself.
class memory_stream {
public:
    using executor_type = net::io_context::executor_type;

    memory_stream(net::io_context& context, std::string_view input)
        : context_(context), input_(input) {}

    executor_type get_executor() { return context_.get_executor(); }

    template <class Buffers>
    std::size_t read_some(Buffers const& buffers, beast::error_code& failed) {
        std::string& from = response_.empty() ? input_ : response_;
        std::size_t const size = net::buffer_copy(buffers, net::buffer(from));
        from.erase(0, size);
        failed = size == 0 ? net::error::eof : beast::error_code();
        return size;
    }

    // Beast asks for the throwing forms too, and does not call them.
    template <class Buffers>
    std::size_t read_some(Buffers const& buffers) {
        beast::error_code failed;
        return read_some(buffers, failed);
    }

    template <class Buffers>
    std::size_t write_some(Buffers const& buffers) {
        beast::error_code failed;
        return write_some(buffers, failed);
    }

    template <class Buffers>
    std::size_t write_some(Buffers const& buffers, beast::error_code& failed) {
        std::string const text = beast::buffers_to_string(buffers);
        constexpr std::string_view name = "Sec-WebSocket-Key: ";
        if (auto const at = text.find(name); at != std::string::npos) {
            response_ =
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Accept: " +
                accept_key_for(text.substr(at + name.size(), 24)) + "\r\n\r\n";
        }
        failed = {};
        return text.size();
    }

private:
    net::io_context& context_;
    std::string input_;
    std::string response_;
};

void teardown(beast::role_type, memory_stream&, beast::error_code& failed) {
    failed = {};
}

using beast_stream = beast::websocket::stream<memory_stream, false>;

bool open(beast_stream& stream, role us) {
    beast::error_code failed;
    if (us == role::client) {
        stream.handshake("test", "/", failed);
        return !failed;
    }
    beast::http::request<beast::http::empty_body> request;
    request.method(beast::http::verb::get);
    request.target("/");
    request.version(11);
    request.set(beast::http::field::host, "test");
    request.set(beast::http::field::connection, "upgrade");
    request.set(beast::http::field::upgrade, "websocket");
    request.set(beast::http::field::sec_websocket_version, "13");
    request.set(beast::http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
    stream.accept(request, failed);
    return !failed;
}

unsigned code_of(beast::error_code failed) {
    if (failed == error::bad_frame_payload || failed == error::bad_close_payload) {
        return 1007;
    }
    return failed == error::message_too_big ? 1009 : 1002;
}

}  // namespace

outcome beast_outcome(role us, std::string_view bytes, std::uint64_t message_size_max) {
    static net::io_context context;
    outcome out;
    beast_stream stream(context, bytes);
    if (!open(stream, us)) {
        out.lines.emplace_back("no handshake");
        return out;
    }
    stream.read_message_max(static_cast<std::size_t>(message_size_max));
    stream.control_callback([&out](beast::websocket::frame_type kind, beast::string_view payload) {
        if (kind != beast::websocket::frame_type::close) {
            bool const ping = kind == beast::websocket::frame_type::ping;
            out.lines.push_back((ping ? "ping " : "pong ") + std::string(payload));
        }
    });
    for (;;) {
        beast::flat_buffer message;
        beast::error_code failed;
        stream.read(message, failed);
        if (!failed) {
            out.lines.push_back((stream.got_text() ? "text " : "binary ") +
                                beast::buffers_to_string(message.data()));
        } else if (failed == net::error::eof) {
            return out;
        } else if (failed == error::closed) {
            auto const& reason = stream.reason();
            unsigned const code = reason.code == 0 ? 1005U : unsigned{reason.code};
            out.lines.push_back("close " + std::to_string(code) + " " +
                                std::string(reason.reason.c_str(), reason.reason.size()));
            out.end = verdict::closed;
            return out;
        } else {
            out.end = verdict::refused;
            out.refused_with = code_of(failed);
            return out;
        }
    }
}

}  // namespace trunkline::websocket::testing
