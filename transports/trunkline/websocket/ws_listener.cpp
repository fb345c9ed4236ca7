#include <trunkline/websocket/ws_listener.hpp>

#include <utility>

namespace trunkline::websocket {

namespace {

upgrade_options upgrade_options_of(listen_options const& options) {
    upgrade_options out;
    out.paths = {options.path};
    if (!options.echo_path.empty()) {
        out.paths.push_back(options.echo_path);
    }
    out.host_required = options.host_required;
    return out;
}

}  // namespace

ws_listener::ws_listener(context& shared, transport::asio_runtime& loop,
                         transport::listening_socket socket, listen_options options)
    : options_(std::move(options)),
      acceptor_(shared, upgrade_options_of(options_),
                [this](std::unique_ptr<connection> made, accepted_request const& asked) {
                    on_connection(std::move(made), asked.path_index);
                }),
      echo_(shared, options_.echo_limits),
      tcp_(loop, std::move(socket)) {}

void ws_listener::start(accepted sink) {
    sink_ = std::make_shared<accepted>(std::move(sink));
    tcp_.start([this](std::unique_ptr<transport::byte_stream> link) {
        auto admitted = options_.admit ? options_.admit(std::move(link)) : std::move(link);
        if (admitted) {
            acceptor_.add(std::move(admitted));
        }
    });
}

void ws_listener::on_connection(std::unique_ptr<connection> made, std::size_t path_index) {
    if (path_index > 0) {
        echo_.add(std::move(made));
        return;
    }
    auto const sink = sink_;
    (*sink)(std::move(made));
}

void ws_listener::close() {
    tcp_.close();
    acceptor_.close();
    echo_.close();
}

std::string ws_listener::endpoint() const {
    return options_.scheme + "://" + tcp_.address().text() + options_.path;
}

}  // namespace trunkline::websocket
