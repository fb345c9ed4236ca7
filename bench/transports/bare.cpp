// Blocking sockets, with OpenSSL on them or without: what goes in comes back.
#include "echo_pair.hpp"

#include <trunkline/base/limits.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::bench {
namespace {

/// One end of a socket. Reading gives 0 at its end.
class plain_end {
public:
    explicit plain_end(int socket) : socket_(socket) {}
    plain_end(plain_end const&) = delete;
    plain_end& operator=(plain_end const&) = delete;
    virtual ~plain_end() { ::close(socket_); }

    [[nodiscard]] virtual std::size_t read(mutable_bytes into) {
        ssize_t const size = ::recv(socket_, into.data(), into.size(), 0);
        return size < 0 ? 0 : static_cast<std::size_t>(size);
    }

    /// All of it; false when the other end has gone.
    virtual bool write(bytes_view bytes) {
        while (!bytes.empty()) {
            ssize_t const size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size < 0) {
                return false;
            }
            bytes = bytes.subspan(static_cast<std::size_t>(size));
        }
        return true;
    }

private:
    int socket_;
};

/// The same through OpenSSL, which works on the socket itself.
class openssl_end final : public plain_end {
public:
    openssl_end(int socket, tls::context const& shared, bool serving)
        : plain_end(socket), ssl_(SSL_new(shared.native().get())), serving_(serving) {
        SSL_set_fd(ssl_.get(), socket);
    }

    [[nodiscard]] bool shake_hands() {
        return (serving_ ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) == 1;
    }

    [[nodiscard]] std::size_t read(mutable_bytes into) override {
        std::size_t size = 0;
        return SSL_read_ex(ssl_.get(), into.data(), into.size(), &size) == 1 ? size : 0;
    }

    bool write(bytes_view bytes) override {
        std::size_t size = 0;
        return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size) == 1;
    }

private:
    struct deleter {
        void operator()(SSL* what) const noexcept { SSL_free(what); }
    };

    std::unique_ptr<SSL, deleter> ssl_;
    bool serving_;
};

void check(bool done, char const* what) {
    if (!done) {
        throw std::runtime_error(std::string("cannot ") + what);
    }
}

/// A caller's and a server's end.
std::pair<int, int> connected_tcp() {
    int const listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    check(::bind(listening, address, size) == 0 && ::listen(listening, 1) == 0 &&
              ::getsockname(listening, address, &size) == 0,
          "listen");
    int const calling = ::socket(AF_INET, SOCK_STREAM, 0);
    check(::connect(calling, address, size) == 0, "connect");
    int const serving = ::accept(listening, nullptr, nullptr);
    check(serving >= 0, "accept");
    ::close(listening);
    int const on = 1;
    for (int const each : {calling, serving}) {
        ::setsockopt(each, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return {calling, serving};
}

std::pair<int, int> connected_unix() {
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "make a pair of sockets");
    return {ends[0], ends[1]};
}

void serve(plain_end& end) {
    std::vector<std::byte> room(64 * kib);
    std::size_t size = 0;
    do {
        size = end.read(room);
    } while (size > 0 && end.write(bytes_view(room).first(size)));
}

/// As many messages as the shape wants are under way; those that come back together are followed by
/// as many in one write.
void call(plain_end& end, load_shape const& shape, meter& to) {
    std::vector<std::byte> const said(shape.size * shape.depth);
    std::vector<std::byte> room(64 * kib);
    std::deque<clock::time_point> under_way(shape.depth, clock::now());
    check(end.write(said), "write");
    std::size_t received = 0;  // of a message
    while (!under_way.empty()) {
        std::size_t const size = end.read(room);
        check(size > 0, "read");
        received += size;
        std::size_t follow = 0;
        for (; received >= shape.size; received -= shape.size) {
            to.answered(under_way.front());
            under_way.pop_front();
            follow += to.goes_on() ? 1 : 0;
        }
        under_way.insert(under_way.end(), follow, clock::now());
        if (follow > 0) {
            check(end.write(bytes_view(said).first(follow * shape.size)), "write");
        }
    }
}

}  // namespace

figures measure_bare(std::string_view transport, load_shape const& shape, parties const& who) {
    auto const [calling, serving] = transport == "unix" ? connected_unix() : connected_tcp();
    bool const secure = transport == "tls";
    auto const made = [&](int socket, bool serves) -> std::unique_ptr<plain_end> {
        if (secure) {
            return std::make_unique<openssl_end>(socket, serves ? who.serving : who.asking, serves);
        }
        return std::make_unique<plain_end>(socket);
    };
    auto server = made(serving, true);
    serving_thread thread([end = server.get(), secure] {
        if (!secure || static_cast<openssl_end*>(end)->shake_hands()) {
            serve(*end);
        }
    });
    auto caller = made(calling, false);
    check(!secure || static_cast<openssl_end*>(caller.get())->shake_hands(), "shake hands");
    meter found(shape, thread.cpu_clock());
    call(*caller, shape, found);
    caller.reset();  // and the server ends
    return found.found();
}

}  // namespace trunkline::bench
