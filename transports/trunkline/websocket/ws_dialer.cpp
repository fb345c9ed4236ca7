#include <trunkline/websocket/ws_dialer.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/opener.hpp>

namespace trunkline::websocket {
namespace {

using transport::pending_connection;

result<std::unique_ptr<pending_connection>> open(context& shared, ws_url const& url,
                                                 ws_dialer::link link,
                                                 transport::dialer::dialed done) {
    auto const on_opened = [done = std::move(done)](result<std::unique_ptr<connection>> made) {
        if (made) {
            done(std::unique_ptr<transport::connection>(std::move(*made)));
        } else {
            done(made.error());
        }
    };
    return std::unique_ptr<pending_connection>(
        std::make_unique<opener>(shared, url, std::move(link), on_opened));
}

result<transport::dial_plan> plan(context& shared, ws_dialer::encryption const& encrypt,
                                  std::string_view text) {
    auto url = parse_ws_url(text);
    if (!url) {
        return url.error();
    }
    if (url->secure && !encrypt) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    auto addresses = transport::socket_address::resolve(url->host, url->port);
    if (!addresses) {
        return addresses.error();
    }
    auto begin =
        [&shared, encrypt, url = std::move(*url)](
            ws_dialer::link socket,
            transport::dialer::dialed done) -> result<std::unique_ptr<pending_connection>> {
        auto link = url.secure ? encrypt(std::move(socket), url.host) : std::move(socket);
        if (!link) {
            return link.error();
        }
        return open(shared, url, std::move(*link), std::move(done));
    };
    return transport::dial_plan{std::move(*addresses), std::move(begin)};
}

}  // namespace

ws_dialer::ws_dialer(context& shared, transport::asio_runtime& loop, encryption encrypt)
    : by_(
          loop,
          [&shared, encrypt = std::move(encrypt)](std::string_view url) {
              return plan(shared, encrypt, url);
          },
          shared.options().handshake_timeout) {}

}  // namespace trunkline::websocket
