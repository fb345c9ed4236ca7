#include "ring_network.hpp"

#include "ring_stream.hpp"

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <string>
#include <utility>

namespace ring {
namespace {

namespace transport = trunkline::transport;
using trunkline::result;
using stream_pointer = std::unique_ptr<transport::byte_stream>;
using connection_pointer = std::unique_ptr<transport::connection>;

constexpr std::string_view scheme = "ring:";

// The Unix socket of an endpoint.
result<std::string> socket_of(std::string_view url) {
    if (!url.starts_with(scheme)) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    return "unix:" + std::string(url.substr(scheme.size()));
}

// The acceptor's end: makes the memory and sends it. Null, and the socket goes, where it cannot.
stream_pointer introduce(transport::asio_runtime& loop, stream_pointer socket) {
    auto bell = std::make_unique<transport::socket_stream>(loop, socket->release());
    transport::file_descriptor handle;
    auto memory = make_memory(handle);
    if (!memory || send_memory(bell->socket(), handle)) {
        return nullptr;
    }
    return std::make_unique<ring_stream>(loop, std::move(bell), std::move(*memory), side::acceptor);
}

// The dialler's end: waits for the memory. The dialer that has it has a deadline for it, too.
class joining final : public transport::pending_connection, private transport::readiness_sink {
public:
    joining(transport::asio_runtime& loop, stream_pointer socket, transport::dialer::dialed done)
        : loop_(loop),
          bell_(std::make_unique<transport::socket_stream>(loop, socket->release())),
          done_(std::move(done)) {
        bell_->watch(this, true, false);
    }

private:
    void on_ready(bool, bool) override {
        auto memory = receive_memory(bell_->socket());
        bell_->watch(nullptr, false, false);
        auto const done = std::move(done_);
        if (!memory) {
            done(memory.error());  // this is gone then
            return;
        }
        auto stream = std::make_unique<ring_stream>(loop_, std::move(bell_), std::move(*memory),
                                                    side::dialler);
        done(connection_pointer(std::make_unique<transport::stream_connection>(std::move(stream))));
    }

    transport::asio_runtime& loop_;
    std::unique_ptr<transport::socket_stream> bell_;
    transport::dialer::dialed done_;
};

}  // namespace

result<std::unique_ptr<transport::listener>> network::listen(transport::runtime&,
                                                             std::string_view url) {
    auto const socket = socket_of(url);
    if (!socket) {
        return socket.error();
    }
    auto group = trunkline::unix_socket::listen(*socket, 1);
    if (!group) {
        return group.error();
    }
    return std::unique_ptr<transport::listener>(std::make_unique<transport::socket_listener>(
        loop_, std::move(group->sockets.front()), std::string(url),
        [this](stream_pointer accepted) { return introduce(loop_, std::move(accepted)); }));
}

std::unique_ptr<transport::dialer> network::make_dialer(transport::runtime&) {
    auto const plan = [this](std::string_view url) -> result<transport::dial_plan> {
        auto const socket = socket_of(url);
        if (!socket) {
            return socket.error();
        }
        auto addresses = trunkline::unix_socket::resolve(*socket);
        if (!addresses) {
            return addresses.error();
        }
        return transport::dial_plan{
            std::move(*addresses), [this](stream_pointer link, transport::dialer::dialed done) {
                return result<std::unique_ptr<transport::pending_connection>>(
                    std::make_unique<joining>(loop_, std::move(link), std::move(done)));
            }};
    };
    return std::make_unique<transport::socket_dialer>(
        loop_, plan, trunkline::connection_limits{}.handshake_timeout);
}

}  // namespace ring
