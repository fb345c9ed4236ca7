#include <stage/stage.hpp>
#include <trunkline/transport/socket_connect.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;

constexpr world::duration connect_patience = 10s;
constexpr world::duration look_again_after = 200us;

}  // namespace

simulated_world::simulated_world(server_settings const& settings,
                                 transport::pipe_options const& pipes)
    : pipes_(pipes), server_(loop_, settings) {}

std::unique_ptr<transport::byte_stream> simulated_world::connect() {
    ++pipes_.seed;
    auto pipe = transport::make_simulated_pipe(loop_, pipes_);
    server_.accept(std::move(pipe.second));
    return std::move(pipe.first);
}

bool simulated_world::run_until(std::function<bool()> const& done, duration at_most) {
    auto const deadline = loop_.now() + at_most;
    if (loop_.run_until(done, at_most)) {
        return true;
    }
    loop_.run_for(deadline - loop_.now());  // nothing is left to do, time passes all the same
    return done();
}

socket_world::socket_world(server_settings const& settings) : server_(loop_, settings) {
    auto const anywhere = transport::socket_address::parse("127.0.0.1", 0).value();
    auto sockets = transport::listen_tcp(anywhere, 1).value();
    address_ = sockets.front().address;
    acceptor_ = std::make_unique<transport::socket_acceptor>(loop_, std::move(sockets.front()));
    acceptor_->start(
        [this](std::unique_ptr<transport::byte_stream> link) { server_.accept(std::move(link)); });
}

std::unique_ptr<transport::byte_stream> socket_world::connect() {
    return stage::connect(loop_, address_);
}

bool socket_world::run_until(std::function<bool()> const& done, duration at_most) {
    return stage::run_until(loop_, done, at_most);
}

bool run_until(transport::asio_runtime& loop, std::function<bool()> const& done,
               world::duration at_most) {
    bool reached = done();
    auto const deadline = loop.now() + at_most;
    std::unique_ptr<transport::timer> next_look;
    std::function<void()> const look = [&] {
        reached = done();
        if (reached || loop.now() >= deadline) {
            loop.stop();
        } else {
            next_look = loop.after(look_again_after, look);
        }
    };
    if (!reached) {
        next_look = loop.after(look_again_after, look);
        loop.run();
    }
    return reached;
}

std::unique_ptr<transport::byte_stream> connect(transport::asio_runtime& loop,
                                                transport::socket_address const& address) {
    std::unique_ptr<transport::byte_stream> link;
    auto const pending = transport::connect_socket(
        loop, {address}, [&](result<std::unique_ptr<transport::byte_stream>> made) {
            link = std::move(made).value();
        });
    if (!run_until(loop, [&] { return link != nullptr; }, connect_patience)) {
        throw std::runtime_error("nobody accepts at " + address.text());
    }
    return link;
}

}  // namespace trunkline::stage
