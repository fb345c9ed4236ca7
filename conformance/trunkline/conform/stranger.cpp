#include <trunkline/conform/stranger.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace trunkline::conform {
namespace {

using conformance::features;
using conformance::place;

// Whatever a URL can name, from here; nobody listens.
class sockets final : public transport::network {
public:
    sockets(transport::asio_runtime& loop, std::optional<tls::context> trust)
        : loop_(loop), trust_(std::move(trust)) {}

    result<std::unique_ptr<transport::listener>> listen(transport::runtime&,
                                                        std::string_view) override {
        return error_code(transport::transport_error::invalid_endpoint);
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime&) override {
        return std::make_unique<peers::url_dialer>(loop_, &loop_, nullptr,
                                                   websocket::context_options{}, trust_);
    }

private:
    transport::asio_runtime& loop_;
    std::optional<tls::context> trust_;
};

class socket_stranger final : public stranger {
public:
    socket_stranger(transport::asio_runtime& loop, server_facts about)
        : stranger(std::move(about)), sockets_(loop, this->about().trust), loop_(loop) {}

    transport::network& network() override { return sockets_; }
    std::unique_ptr<transport::dialer> raw_dialer() override { return sockets_.make_dialer(loop_); }

    // The bytes of WebSocket are those of TCP, or what TLS carries.
    std::string raw_url() const override {
        auto const parts = transport::parse_endpoint(about().url).value();
        bool const secure = parts.scheme == "wss";
        if (!secure && parts.scheme != "ws") {
            return about().url;
        }
        bool const is_literal = parts.host.find(':') != parts.host.npos;
        return (secure ? "tls://" : "tcp://") + (is_literal ? "[" + parts.host + "]" : parts.host) +
               ":" + std::to_string(parts.port.value_or(secure ? 443 : 80));
    }

private:
    sockets sockets_;
    transport::asio_runtime& loop_;
};

}  // namespace

stranger& stranger_of(conformance::world& at) {
    return dynamic_cast<stranger&>(at.place());
}

bool comes_true_within(conformance::world& at, transport::runtime::duration span,
                       std::function<bool()> const& done) {
    bool is_over = false;
    auto const timer = at.loop().after(span, [&] { is_over = true; });
    while (!done() && !is_over) {
        // As long as the kit waits for anything, and again.
        static_cast<void>(at.comes_true([&] { return is_over || done(); }));
        conformance::expect(at.broken_off().empty(), at.broken_off());
    }
    return done();
}

bool comes_true(conformance::world& at, std::function<bool()> const& done) {
    return at.options().virtual_time
               ? at.comes_true(done)
               : comes_true_within(at, stranger_of(at).about().patience, done);
}

features features_of(std::string_view scheme) {
    bool const speaks_messages = scheme == "ws" || scheme == "wss";
    return {.shapes = false,
            .virtual_time = false,
            .message_borders = speaks_messages,
            .half_close = !speaks_messages,
            .probe = speaks_messages,
            .close_reason = speaks_messages,
            .secure = scheme == "wss" || scheme == "tls"};
}

result<conformance::subject> server_at(server_facts about) {
    static constexpr std::array<std::string_view, 5> known{"ws", "wss", "tcp", "tls", "unix"};
    auto const parts = transport::parse_endpoint(about.url);
    if (!parts) {
        return parts.error();
    }
    if (std::ranges::find(known, parts->scheme) == known.end()) {
        return error_code(transport::transport_error::invalid_endpoint);
    }
    return conformance::subject{parts->scheme, features_of(parts->scheme),
                                [about = std::move(about)](place const& where) {
                                    return std::make_unique<socket_stranger>(*where.sockets, about);
                                }};
}

}  // namespace trunkline::conform
