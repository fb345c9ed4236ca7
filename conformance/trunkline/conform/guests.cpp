// The places of rules about clients: a door on sockets, and books that are written already.
#include <trunkline/conform/guests.hpp>

#include <trunkline/conform/client_rules.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <memory>
#include <utility>

namespace trunkline::conform {
namespace {

using conformance::place;
using listener_result = result<std::unique_ptr<transport::listener>>;

// Calls its endpoint as clients do, whatever is spoken below.
class named_listener final : public transport::listener {
public:
    named_listener(std::unique_ptr<transport::listener> below, std::string endpoint)
        : below_(std::move(below)), endpoint_(std::move(endpoint)) {}

    void start(accepted sink) override { below_->start(std::move(sink)); }
    void close() override { below_->close(); }
    std::string endpoint() const override { return endpoint_; }

private:
    std::unique_ptr<transport::listener> below_;
    std::string endpoint_;
};

// Listens for bytes, below the handshake of the transport.
class doors final : public transport::network {
public:
    explicit doors(transport::asio_runtime& loop) : loop_(loop) {}

    listener_result listen(transport::runtime&, std::string_view url) override {
        auto const parts = transport::parse_endpoint(url).value();
        bool const is_file = parts.scheme == "unix";
        bool const is_literal = parts.host.find(':') != parts.host.npos;
        auto group =
            is_file ? unix_socket::listen(url, 1)
                    : tcp::listen("tcp://" + (is_literal ? "[" + parts.host + "]" : parts.host) +
                                      ":" + std::to_string(parts.port.value_or(80)),
                                  1);
        if (!group) {
            return group.error();
        }
        std::string named = group->endpoint;
        if (parts.scheme == "ws") {
            named = "ws" + named.substr(named.find(':')) + parts.target;
        }
        return std::unique_ptr<transport::listener>(std::make_unique<named_listener>(
            std::make_unique<transport::socket_listener>(loop_, std::move(group->sockets.front()),
                                                         group->endpoint),
            std::move(named)));
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime&) override {
        return nullptr;  // nobody is dialled
    }

private:
    transport::asio_runtime& loop_;
};

class door final : public conformance::fixture {
public:
    door(transport::asio_runtime& loop, std::string url) : url_(std::move(url)), doors_(loop) {}

    transport::network& network() override { return doors_; }
    std::string url() override { return url_; }

private:
    std::string url_;
    doors doors_;
};

}  // namespace

guest_room& guests_of(conformance::world& at) {
    return dynamic_cast<guest_room&>(at.place());
}

result<conformance::subject> door_at(std::string url) {
    auto const parts = transport::parse_endpoint(url);
    if (!parts) {
        return parts.error();
    }
    if (parts->scheme != "ws" && parts->scheme != "tcp" && parts->scheme != "unix") {
        return error_code(transport::transport_error::invalid_endpoint);
    }
    return conformance::subject{parts->scheme, features_of(parts->scheme),
                                [url = std::move(url)](place const& where) {
                                    return std::make_unique<door>(*where.sockets, url);
                                }};
}

conformance::subject guests(std::string_view scheme, std::vector<guest_book> books) {
    auto has = features_of(scheme);
    has.virtual_time = true;  // nothing moves any more
    auto const all = std::make_shared<std::vector<guest_book> const>(std::move(books));
    return {std::string(scheme), has,
            [all](place const&) { return std::make_unique<guest_room>(all); }};
}

}  // namespace trunkline::conform
