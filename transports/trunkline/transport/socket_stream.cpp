#include <trunkline/transport/socket_stream.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/last_error.hpp>
#include <trunkline/transport/socket_address.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace trunkline::transport {
namespace {

// Pieces taken by one gather write, as many as Linux allows; the caller comes back with the rest.
constexpr std::size_t pieces_per_write = 1024;

io_result failed_call() noexcept {
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return {.status = io_status::would_block, .size = 0, .error = {}};
    }
    return {.status = io_status::error, .size = 0, .error = last_error()};
}

io_result closed_stream() noexcept {
    errno = EBADF;
    return failed_call();
}

}  // namespace

socket_stream::socket_stream(asio_runtime& loop, file_descriptor socket)
    : loop_(loop), socket_(std::move(socket)) {
    descriptor = socket_.get();
}

socket_stream::~socket_stream() {
    close(false);
}

io_result socket_stream::read(mutable_bytes into) {
    TRUNKLINE_ASSERT(!into.empty());
    if (!socket_) {
        return closed_stream();
    }
    ssize_t size = 0;
    do {
        size = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return failed_call();
    }
    return {.status = size == 0 ? io_status::end : io_status::ok,
            .size = static_cast<std::size_t>(size),
            .error = {}};
}

io_result socket_stream::write(std::span<bytes_view const> pieces) {
    return socket_ ? write_socket(socket_.get(), pieces) : closed_stream();
}

io_result write_socket(int descriptor, std::span<bytes_view const> pieces) {
    std::array<iovec, pieces_per_write> vectors;
    std::size_t count = 0;
    for (bytes_view const piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
        // The kernel only reads through this pointer.
        vectors[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    ssize_t size = 0;
    do {
        size = ::sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return failed_call();
    }
    return {.status = io_status::ok, .size = static_cast<std::size_t>(size), .error = {}};
}

void socket_stream::shutdown_write() {
    if (socket_) {
        ::shutdown(socket_.get(), SHUT_WR);
    }
}

void socket_stream::close(bool abort) {
    if (!socket_) {
        return;
    }
    loop_.readiness().remove(*this);
    if (abort) {
        linger const at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    socket_.reset();
}

void socket_stream::watch(readiness_sink* sink, bool read_interest, bool write_interest) {
    if (socket_) {
        sink_ = sink;
        loop_.readiness().update(*this, read_interest, write_interest);
    }
}

file_descriptor socket_stream::release() {
    if (socket_) {
        loop_.readiness().remove(*this);
    }
    return std::move(socket_);
}

void socket_stream::acknowledge_now() {
    // Fails without harm on sockets that are not TCP.
    int const on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void socket_stream::hold_back(bool on) {
    // Fails without harm on sockets that are not TCP.
    int const cork = on ? 1 : 0;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
}

std::string socket_stream::peer() const {
    if (auto const who = credentials()) {
        return "unix:uid=" + std::to_string(who->uid) + ":pid=" + std::to_string(who->pid);
    }
    return socket_address::remote_of(socket_.get()).text();
}

std::optional<peer_credentials> socket_stream::credentials() const {
    if (socket_address::local_of(socket_.get()).family() != AF_UNIX) {
        return std::nullopt;
    }
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return std::nullopt;
    }
    return peer_credentials{who.pid, who.uid, who.gid};
}

std::optional<peer_certificate> socket_stream::certificate() const {
    return std::nullopt;
}

void probe_link(int descriptor) noexcept {
    auto const set = [descriptor](int level, int name, auto value) {
        auto const number = static_cast<int>(value);
        ::setsockopt(descriptor, level, name, &number, sizeof number);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, link_probe_after.count());
    set(IPPROTO_TCP, TCP_KEEPINTVL, link_probe_interval.count());
    set(IPPROTO_TCP, TCP_KEEPCNT, link_probes);
}

void disable_send_delay(int descriptor) noexcept {
    int const on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace trunkline::transport
