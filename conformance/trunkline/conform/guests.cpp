// The places of rules about clients: a door on sockets, and books that are written already.
#include <trunkline/conform/guests.hpp>

#include <trunkline/conform/client_rules.hpp>
#include <trunkline/conform/stranger.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace trunkline::conform {
namespace {

using conformance::place;
using listener_result = result<std::unique_ptr<transport::listener>>;
using stream_pointer = std::unique_ptr<transport::byte_stream>;

// Listens for bytes, below the handshake of the transport but above that of TLS.
class doors final : public transport::network {
public:
    doors(transport::asio_runtime& loop, std::optional<tls::context> shown)
        : loop_(loop), shown_(std::move(shown)) {}

    listener_result listen(transport::runtime&, std::string_view url) override {
        auto const parts = transport::parse_endpoint(url).value();
        bool const is_file = parts.scheme == "unix";
        bool const is_literal = parts.host.find(':') != parts.host.npos;
        bool const is_web = parts.scheme == "ws" || parts.scheme == "wss";
        auto group =
            is_file
                ? unix_socket::listen(url, 1)
                : tcp::listen("tcp://" + (is_literal ? "[" + parts.host + "]" : parts.host) + ":" +
                                  std::to_string(parts.port.value_or(is_secret() ? 443 : 80)),
                              1);
        if (!group) {
            return group.error();
        }
        std::string named = group->endpoint;
        if (!is_file) {
            named = parts.scheme + named.substr(named.find(':')) + parts.target;
        }
        transport::stream_filter const filter = [this, is_web](stream_pointer link) {
            auto made = tls::make_server_stream(loop_, std::move(link), *shown_,
                                                is_web ? tls::spoken::http : tls::spoken::frames);
            return made ? stream_pointer(std::move(*made)) : nullptr;
        };
        return std::unique_ptr<transport::listener>(std::make_unique<transport::socket_listener>(
            loop_, std::move(group->sockets.front()), std::move(named),
            is_secret() ? filter : transport::stream_filter()));
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime&) override {
        return nullptr;  // nobody is dialled
    }

private:
    [[nodiscard]] bool is_secret() const noexcept { return shown_.has_value(); }

    transport::asio_runtime& loop_;
    std::optional<tls::context> shown_;
};

class door final : public conformance::fixture {
public:
    door(transport::asio_runtime& loop, std::string url, std::optional<tls::context> shown)
        : url_(std::move(url)), doors_(loop, std::move(shown)) {}

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

result<conformance::subject> door_at(std::string url, std::optional<tls::context> shown) {
    auto const parts = transport::parse_endpoint(url);
    if (!parts) {
        return parts.error();
    }
    bool const is_secret = parts->scheme == "wss" || parts->scheme == "tls";
    bool const is_plain =
        parts->scheme == "ws" || parts->scheme == "tcp" || parts->scheme == "unix";
    if (!is_plain && !(is_secret && shown)) {
        return error_code(transport::transport_error::invalid_endpoint);
    }
    if (is_plain) {
        shown.reset();
    }
    return conformance::subject{parts->scheme, features_of(parts->scheme),
                                [url = std::move(url), shown](place const& where) {
                                    return std::make_unique<door>(*where.sockets, url, shown);
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
