#include <trunkline/transport/tcp_listen.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace trunkline::transport {
namespace {

constexpr std::chrono::milliseconds rest_after_shortage{100};

// Connections taken in one turn, so that a flood of dialers does not starve those who are in.
constexpr int accepts_per_turn = 64;

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

bool set_option(int descriptor, int level, int name) noexcept {
    int const on = 1;
    return ::setsockopt(descriptor, level, name, &on, sizeof on) == 0;
}

// The first of a group binds and starts to listen alone: that fails when anybody else, also
// another group, listens on the port, and nobody can slip in between. Only then does it allow
// others beside it, and they join with the flag set before they bind.
result<listening_socket> open_listening(socket_address const& address, bool first) {
    listening_socket made;
    made.socket = file_descriptor(
        ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    int const descriptor = made.socket.get();
    if (descriptor < 0 || !set_option(descriptor, SOL_SOCKET, SO_REUSEADDR) ||
        (address.family() == AF_INET6 && !set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY)) ||
        (!first && !set_option(descriptor, SOL_SOCKET, SO_REUSEPORT)) ||
        ::bind(descriptor, address.data(), address.size()) != 0 ||
        ::listen(descriptor, tcp_backlog) != 0) {
        return last_error();
    }
    made.address = socket_address::local_of(descriptor);
    return made;
}

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

result<std::vector<listening_socket>> listen_tcp(socket_address const& address, std::size_t count) {
    TRUNKLINE_ASSERT(count >= 1);
    std::vector<listening_socket> group;
    auto first = open_listening(address, true);
    if (!first) {
        return first.error();
    }
    group.push_back(std::move(*first));
    if (count > 1 && !set_option(group.front().socket.get(), SOL_SOCKET, SO_REUSEPORT)) {
        return last_error();
    }
    while (group.size() < count) {
        auto next = open_listening(group.front().address, false);
        if (!next) {
            return next.error();
        }
        group.push_back(std::move(*next));
    }
    return group;
}

tcp_acceptor::tcp_acceptor(asio_runtime& loop, listening_socket socket)
    : loop_(loop), socket_(std::move(socket)) {
    descriptor = socket_.socket.get();
}

tcp_acceptor::~tcp_acceptor() {
    close();
    if (gone_ != nullptr) {
        *gone_ = true;
    }
}

void tcp_acceptor::start(accepted sink) {
    sink_ = std::make_shared<accepted>(std::move(sink));
    if (socket_.socket) {
        loop_.readiness().update(*this, true, false);
    }
}

void tcp_acceptor::close() {
    if (socket_.socket) {
        loop_.readiness().remove(*this);
        socket_.socket.reset();
    }
    resting_.reset();
}

void tcp_acceptor::on_ready(bool /*readable*/, bool /*writable*/) {
    bool gone = false;
    gone_ = &gone;
    auto const sink = sink_;
    for (int taken = 0; taken < accepts_per_turn && socket_.socket; ++taken) {
        file_descriptor connected(
            ::accept4(socket_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!connected) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                break;
            }
            if (is_shortage(errno)) {
                rest();
                break;
            }
            continue;  // that one connection was lost on the way
        }
        disable_send_delay(connected.get());
        (*sink)(std::make_unique<socket_stream>(loop_, std::move(connected)));
        if (gone) {
            return;
        }
    }
    gone_ = nullptr;
}

void tcp_acceptor::rest() {
    loop_.readiness().update(*this, false, false);
    resting_ =
        loop_.after(rest_after_shortage, [this] { loop_.readiness().update(*this, true, false); });
}

}  // namespace trunkline::transport
