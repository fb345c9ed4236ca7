// A world in which a server runs and peers connect to it: the same words for simulated pipes on
// virtual time and for sockets of the operating system.
#pragma once

#include <stage/staged_server.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <functional>
#include <memory>
#include <string>

namespace trunkline::stage {

class world {
public:
    using duration = transport::runtime::duration;

    virtual ~world() = default;

    [[nodiscard]] virtual transport::runtime& loop() = 0;
    [[nodiscard]] virtual staged_server& server() = 0;

    /// A link that the server has accepted, or will.
    [[nodiscard]] virtual std::unique_ptr<transport::byte_stream> connect() = 0;

    /// Runs until `done()`, but not beyond `at_most`. Returns done().
    virtual bool run_until(std::function<bool()> const& done, duration at_most) = 0;

    void run_for(duration span) {
        run_until([] { return false; }, span);
    }
};

/// Pipes and virtual time: hours pass in no time, and every run is the same.
class simulated_world final : public world {
public:
    explicit simulated_world(server_settings const& settings,
                             transport::pipe_options const& pipes = {});

    [[nodiscard]] transport::runtime& loop() override { return loop_; }
    [[nodiscard]] staged_server& server() override { return server_; }
    [[nodiscard]] std::unique_ptr<transport::byte_stream> connect() override;
    bool run_until(std::function<bool()> const& done, duration at_most) override;

private:
    transport::simulated_runtime loop_;
    transport::pipe_options pipes_;
    staged_server server_;
};

/// Sockets on the loopback interface, server and peers on one thread.
class socket_world final : public world {
public:
    explicit socket_world(server_settings const& settings);

    [[nodiscard]] transport::runtime& loop() override { return loop_; }
    [[nodiscard]] staged_server& server() override { return server_; }
    [[nodiscard]] std::unique_ptr<transport::byte_stream> connect() override;
    bool run_until(std::function<bool()> const& done, duration at_most) override;

private:
    transport::asio_runtime loop_;
    staged_server server_;
    transport::socket_address address_;
    std::unique_ptr<transport::socket_acceptor> acceptor_;
};

/// Runs the loop until `done()`, but not longer than `at_most`. Returns done().
bool run_until(transport::asio_runtime& loop, std::function<bool()> const& done,
               world::duration at_most);

/// Runs the loop until the address has accepted us. Throws when it does not.
[[nodiscard]] std::unique_ptr<transport::byte_stream> connect(
    transport::asio_runtime& loop, transport::socket_address const& address);

}  // namespace trunkline::stage
