#include <trunkline/load/socket_lines.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/websocket/opener.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::load {

std::size_t source_addresses_for(transport::socket_address const& target,
                                 std::size_t connections) noexcept {
    if (target.family() != AF_INET || !target.is_loopback()) {
        return 1;
    }
    std::size_t const wanted =
        (connections + connections_per_address - 1) / connections_per_address;
    return std::clamp<std::size_t>(wanted, 1, source_addresses_max);
}

/// From the connect to the end of the upgrade.
class socket_lines::attempt final : public transport::pending_connection {
public:
    attempt(socket_lines& owner, std::size_t number, opened done)
        : owner_(owner), url_(owner.url_), done_(std::move(done)) {
        if (owner.target_of_) {
            url_.target = owner.target_of_(number);
        }
        connect_ = transport::connect_socket(
            owner.loop_, owner.addresses_,
            [this](result<std::unique_ptr<transport::byte_stream>> made) {
                on_connected(std::move(made));
            },
            owner.source(number));
    }

private:
    void on_connected(result<std::unique_ptr<transport::byte_stream>> made) {
        auto link =
            made && url_.secure ? owner_.encrypt_(std::move(*made), url_.host) : std::move(made);
        if (!link) {
            auto const done = std::move(done_);
            done(link.error());  // and with it this object
            return;
        }
        opener_ = std::make_unique<websocket::opener>(
            owner_.shared_, url_, std::move(*link),
            [this](result<std::unique_ptr<websocket::connection>> opened) {
                auto const done = std::move(done_);
                // And with it this object.
                if (opened) {
                    done(std::move(*opened));
                } else {
                    done(opened.error());
                }
            });
    }

    socket_lines& owner_;
    websocket::ws_url url_;
    opened done_;
    std::unique_ptr<transport::pending_connect> connect_;
    std::unique_ptr<websocket::opener> opener_;
};

result<std::unique_ptr<socket_lines>> socket_lines::make(transport::asio_runtime& loop,
                                                         websocket::context& shared,
                                                         websocket::ws_url url,
                                                         std::size_t source_addresses,
                                                         websocket::ws_dialer::encryption encrypt) {
    if (url.secure && !encrypt) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    auto addresses = transport::socket_address::resolve(url.host, url.port);
    if (!addresses) {
        return addresses.error();
    }
    return std::unique_ptr<socket_lines>(new socket_lines(
        loop, shared, std::move(url), std::move(*addresses), source_addresses, std::move(encrypt)));
}

socket_lines::socket_lines(transport::asio_runtime& loop, websocket::context& shared,
                           websocket::ws_url url, std::vector<transport::socket_address> addresses,
                           std::size_t source_addresses, websocket::ws_dialer::encryption encrypt)
    : loop_(loop),
      shared_(shared),
      url_(std::move(url)),
      addresses_(std::move(addresses)),
      source_addresses_(source_addresses),
      encrypt_(std::move(encrypt)) {}

std::unique_ptr<transport::pending_connection> socket_lines::open(std::size_t number, opened done) {
    return std::make_unique<attempt>(*this, number, std::move(done));
}

// With a single one the system chooses.
transport::socket_address socket_lines::source(std::size_t number) const {
    if (source_addresses_ <= 1) {
        return {};
    }
    auto const host = "127.0.0." + std::to_string(1 + number % source_addresses_);
    return transport::socket_address::parse(host, 0).value();
}

}  // namespace trunkline::load
