#include <trunkline/websocket/beast_peer.hpp>

#include <trunkline/websocket/upgrade.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/zlib/error.hpp>

#include <array>
#include <optional>

namespace trunkline::websocket::testing {

namespace {

namespace beast = boost::beast;
namespace net = boost::asio;
using beast::websocket::error;

std::array<std::byte, 16> constexpr key{};

/// Input from memory, output forgotten but for the handshake: our code is its other side.
class memory_stream {
public:
    using executor_type = net::io_context::executor_type;

    memory_stream(net::io_context& context, std::string_view input, bool compressing)
        : context_(context), input_(input), client_(*parse_ws_url("ws://test/"), key, compressing) {
        options_.paths = {};
        options_.deflate = compressing;
    }

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
        bytes_view bytes = as_bytes(text);
        if (text.starts_with("GET ")) {
            server_upgrade server(options_);
            if (server.feed(bytes, {}, 0) == upgrade_state::accepted) {
                agreed_ = server.deflate();
                response_ = server.response();
            }
        } else if (text.starts_with("HTTP/") &&
                   client_.feed(bytes, {}) == upgrade_state::accepted) {
            agreed_ = client_.deflate();
        }
        failed = {};
        return text.size();
    }

    [[nodiscard]] std::string const& request() const { return client_.request(); }
    [[nodiscard]] std::optional<deflate_agreement> agreed() const { return agreed_; }

private:
    net::io_context& context_;
    std::string input_;
    std::string response_;
    upgrade_options options_;
    client_upgrade client_;
    std::optional<deflate_agreement> agreed_;
};

void teardown(beast::role_type, memory_stream&, beast::error_code& failed) {
    failed = {};
}

using beast_stream = beast::websocket::stream<memory_stream, true>;

bool open(beast_stream& stream, role us, bool compressing) {
    beast::websocket::permessage_deflate wanted;
    wanted.server_enable = wanted.client_enable = compressing;
    wanted.server_no_context_takeover = wanted.client_no_context_takeover = true;
    stream.set_option(wanted);
    beast::error_code failed;
    if (us == role::client) {
        stream.handshake("test", "/", failed);
    } else {
        stream.accept(net::buffer(stream.next_layer().request()), failed);
    }
    return !failed && stream.next_layer().agreed();
}

unsigned code_of(beast::error_code failed) {
    bool const inflating = failed.category() == make_error_code(beast::zlib::error()).category();
    if (failed == error::bad_frame_payload || failed == error::bad_close_payload || inflating) {
        return 1007;
    }
    return failed == error::message_too_big ? 1009 : 1002;
}

}  // namespace

outcome beast_outcome(role us, std::string_view bytes, std::uint64_t message_size_max,
                      bool compressing) {
    static net::io_context context;
    outcome out;
    beast_stream stream(context, bytes, compressing);
    if (!open(stream, us, compressing)) {
        out.lines.emplace_back("no handshake");
        return out;
    }
    out.agreed = *stream.next_layer().agreed();
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
