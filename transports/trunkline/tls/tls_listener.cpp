#include <trunkline/tls/tls_listener.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <optional>
#include <utility>

namespace trunkline::tls {

// Somebody in the handshake.
class tls_listener::guest {
public:
    explicit guest(std::string name) : name_(std::move(name)) {}

    /// `self`: where the owner keeps it.
    void start(tls_listener& owner, std::list<guest>::iterator self,
               std::unique_ptr<tls_stream> stream) {
        deadline_ = owner.loop_.after(owner.options_.handshake_timeout, [&owner, self] {
            owner.end(self, make_error_code(transport::transport_error::handshake_timeout));
        });
        handshake_.emplace(std::move(stream),
                           [&owner, self](result<std::unique_ptr<transport::byte_stream>> made) {
                               owner.end(self, std::move(made));
                           });
    }

    [[nodiscard]] std::string const& name() const noexcept { return name_; }

private:
    std::string name_;
    std::unique_ptr<transport::timer> deadline_;
    std::optional<handshake> handshake_;
};

tls_listener::tls_listener(context shared, transport::asio_runtime& loop,
                           transport::listening_socket socket, std::string endpoint,
                           listen_options options)
    : shared_(std::move(shared)),
      loop_(loop),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      acceptor_(loop, std::move(socket)) {}

tls_listener::~tls_listener() = default;

void tls_listener::start(accepted sink) {
    sink_ = std::make_shared<accepted>(std::move(sink));
    acceptor_.start([this](std::unique_ptr<transport::byte_stream> link) {
        auto admitted = options_.admit ? options_.admit(std::move(link)) : std::move(link);
        if (admitted) {
            add(std::move(admitted));
        }
    });
}

void tls_listener::add(std::unique_ptr<transport::byte_stream> link) {
    std::string name = options_.on_failed ? link->peer() : std::string();
    auto stream = make_server_stream(loop_, std::move(link), shared_);
    if (stream) {
        auto const made = guests_.emplace(guests_.end(), std::move(name));
        made->start(*this, made, std::move(*stream));
    } else if (options_.on_failed) {
        options_.on_failed(name, stream.error());
    }
}

void tls_listener::end(std::list<guest>::iterator of,
                       result<std::unique_ptr<transport::byte_stream>> made) {
    std::string const name = of->name();
    guests_.erase(of);
    if (made) {
        auto const sink = sink_;
        (*sink)(std::make_unique<transport::stream_connection>(std::move(*made)));  // this may go
    } else if (options_.on_failed) {
        options_.on_failed(name, made.error());
    }
}

void tls_listener::close() {
    acceptor_.close();
    guests_.clear();
}

}  // namespace trunkline::tls
