#include <trunkline/transport/socket_listener.hpp>

#include <trunkline/transport/stream_connection.hpp>

#include <utility>

namespace trunkline::transport {

socket_listener::socket_listener(asio_runtime& loop, listening_socket socket, std::string endpoint,
                                 stream_filter filter)
    : endpoint_(std::move(endpoint)),
      filter_(std::move(filter)),
      acceptor_(loop, std::move(socket)) {}

void socket_listener::start(accepted sink) {
    acceptor_.start([this, sink = std::move(sink)](std::unique_ptr<byte_stream> stream) {
        auto link = filter_ ? filter_(std::move(stream)) : std::move(stream);
        if (link != nullptr) {
            sink(std::make_unique<stream_connection>(std::move(link)));  // this may be gone then
        }
    });
}

}  // namespace trunkline::transport
