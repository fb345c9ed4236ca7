#include <trunkline/transport/socket_connect.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace trunkline::transport {
namespace {

// How soon a listener that had no room is asked again.
constexpr std::chrono::milliseconds again_after{5};

class connect_attempt final : public pending_connect, private watched_handle {
public:
    connect_attempt(asio_runtime& loop, std::vector<socket_address> addresses,
                    socket_connected done, socket_address const& from)
        : loop_(loop), addresses_(std::move(addresses)), done_(std::move(done)), from_(from) {
        TRUNKLINE_ASSERT(!addresses_.empty());
        try_next();
    }

    ~connect_attempt() override { drop_socket(); }

private:
    // A connect that succeeds or fails at once is reported like one that takes its time: through
    // the loop.
    void try_next() {
        socket_address const& address = addresses_[next_++];
        socket_ = file_descriptor(
            ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket_) {
            finish_later(errno);
            return;
        }
        disable_send_delay(socket_.get());
        if (address.family() != AF_UNIX) {
            probe_link(socket_.get());
        }
        if (from_.size() != 0 && !bind_to(from_)) {
            finish_later(errno);
            return;
        }
        if (::connect(socket_.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
            errno == EAGAIN ? try_again_later() : finish_later(errno);
            return;
        }
        descriptor = socket_.get();
        loop_.readiness().update(*this, false, true);
    }

    // The port is chosen by the connect, which knows where to: as many connections as there are
    // ports go to each address of the other side.
    bool bind_to(socket_address const& from) const {
#ifdef IP_BIND_ADDRESS_NO_PORT
        int const on = 1;
        ::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
        return ::bind(socket_.get(), from.data(), from.size()) == 0;
    }

    void on_ready(bool /*readable*/, bool /*writable*/) override {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        finish(error);
    }

    // What a Unix socket says when the listener's queue is full; no readiness tells of its end.
    void try_again_later() {
        --next_;
        later_ = loop_.after(again_after, [this] { try_next(); });
    }

    void finish_later(int error) {
        if (error == ENOENT) {
            error = ECONNREFUSED;  // nobody has made the file of a Unix socket
        }
        later_ = loop_.after(std::chrono::microseconds(0), [this, error] { finish(error); });
    }

    void finish(int error) {
        loop_.readiness().remove(*this);
        later_.reset();
        if (error != 0 && next_ < addresses_.size()) {
            drop_socket();
            try_next();
            return;
        }
        // The callback may destroy this object.
        auto const done = std::exchange(done_, nullptr);
        if (error != 0) {
            done(error_code(error, boost::system::system_category()));
            return;
        }
        done(std::unique_ptr<byte_stream>(
            std::make_unique<socket_stream>(loop_, std::move(socket_))));
    }

    void drop_socket() {
        loop_.readiness().remove(*this);
        socket_.reset();
    }

    asio_runtime& loop_;
    std::vector<socket_address> addresses_;
    std::size_t next_ = 0;
    socket_connected done_;
    socket_address from_;
    file_descriptor socket_;
    std::unique_ptr<timer> later_;
};

}  // namespace

std::unique_ptr<pending_connect> connect_socket(asio_runtime& loop,
                                                std::vector<socket_address> addresses,
                                                socket_connected done, socket_address const& from) {
    return std::make_unique<connect_attempt>(loop, std::move(addresses), std::move(done), from);
}

}  // namespace trunkline::transport
