#include <trunkline/transport/socket_acceptor.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace trunkline::transport {
namespace {

constexpr std::chrono::milliseconds rest_after_shortage{100};

// Connections taken in one turn, so that a flood of dialers does not starve those who are in.
constexpr int accepts_per_turn = 64;

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

socket_acceptor::socket_acceptor(asio_runtime& loop, listening_socket socket)
    : loop_(loop), socket_(std::move(socket)) {
    descriptor = socket_.socket.get();
}

socket_acceptor::~socket_acceptor() {
    close();
    if (gone_ != nullptr) {
        *gone_ = true;
    }
}

void socket_acceptor::start(accepted sink) {
    sink_ = std::make_shared<accepted>(std::move(sink));
    if (socket_.socket) {
        loop_.readiness().update(*this, true, false);
    }
}

void socket_acceptor::close() {
    if (socket_.socket) {
        loop_.readiness().remove(*this);
        socket_.held.reset();
        socket_.socket.reset();
    }
    resting_.reset();
}

void socket_acceptor::on_ready(bool /*readable*/, bool /*writable*/) {
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

void socket_acceptor::rest() {
    loop_.readiness().update(*this, false, false);
    resting_ =
        loop_.after(rest_after_shortage, [this] { loop_.readiness().update(*this, true, false); });
}

}  // namespace trunkline::transport
