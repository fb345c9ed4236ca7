// A driver and a dispatcher at each end of one of our transports.
#include "echo_pair.hpp"

#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/server_loop.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_endpoint.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace trunkline::bench {
namespace {

constexpr std::uint64_t echo = 1;

/// The server: a loop on a thread of its own, and where it can be reached.
class our_server {
public:
    our_server(std::string_view transport, memory::hub& names, parties const& who)
        : serving_(loop_, &loop_, with_echo(who)) {
        if (transport == "memory") {
            url_ = "memory:bench";
            serving_.add_listener(names.listen(loop_, url_, {}).value());
        } else if (transport == "ws" || transport == "wss") {
            auto sockets =
                transport::listen_tcp(*transport::socket_address::parse("127.0.0.1", 0), 1).value();
            url_ = std::string(transport) + "://" + sockets.front().address.text() + "/ws";
            serving_.add_websocket_listener(std::move(sockets.front()), "/ws", transport == "wss");
        } else {
            listen(transport);
        }
        serving_.start();
        thread_.emplace([this] { loop_.run(); });
    }

    ~our_server() {
        loop_.stop();
        thread_.reset();
    }
    our_server(our_server const&) = delete;
    our_server& operator=(our_server const&) = delete;

    [[nodiscard]] std::string const& url() const { return url_; }
    [[nodiscard]] clockid_t cpu_clock() { return thread_->cpu_clock(); }

private:
    void listen(std::string_view transport) {
        bool const secure = transport == "tls";
        auto group =
            secure ? tls::listen("tls://127.0.0.1:0", 1)
            : transport == "tcp"
                ? tcp::listen("tcp://127.0.0.1:0", 1)
                : unix_socket::listen("unix:@trunkline-bench-" + std::to_string(::getpid()), 1);
        url_ = group.value().endpoint;
        auto socket = std::move(group.value().sockets.front());
        secure ? serving_.add_tls_listener(std::move(socket), url_)
               : serving_.add_stream_listener(std::move(socket), url_);
    }

    peers::server_settings& with_echo(parties const& who) {
        settings_.certificates = who.serving;
        static_cast<void>(
            settings_.methods.add(echo, [](rpc::request const& asked, rpc::responder to) {
                to.success({asked.arguments, {}});
            }));
        return settings_;
    }

    transport::asio_runtime loop_;
    peers::server_settings settings_;
    peers::server_loop serving_;
    std::string url_;
    std::optional<serving_thread> thread_;
};

/// The client: calls again with each answer, on the loop of the thread that runs it.
class our_caller {
public:
    our_caller(our_server const& server, memory::hub& names, load_shape const& shape,
               parties const& who)
        : depth_(shape.depth),
          said_(shape.size, 'x'),
          dialer_(loop_, &loop_, &names, {}, who.asking) {
        dialer_.dial(server.url(), [this](result<std::unique_ptr<transport::connection>> made) {
            if (made) {
                driver_.emplace(loop_, std::move(*made), none_, as_dialer(),
                                [](transport::connection_state, error_code) {});
                driver_->start();
            }
            loop_.stop();
        });
        loop_.run();
        if (!driver_) {
            throw std::runtime_error("cannot connect to " + server.url());
        }
    }
    ~our_caller() { driver_.reset(); }
    our_caller(our_caller const&) = delete;
    our_caller& operator=(our_caller const&) = delete;

    void run(meter& to) {
        meter_ = &to;
        for (std::size_t i = 0; i < depth_; ++i) {
            call();
        }
        loop_.run();
        if (wrong_) {
            throw std::runtime_error("a wrong answer");
        }
    }

private:
    static transport::driver::options as_dialer() {
        transport::driver::options made;
        made.session.local_side = rpc::side::dialer;
        made.session.layout = frame::layout::b;
        return made;
    }

    void call() {
        slice arguments{as_bytes(said_), {}};
        ++under_way_;
        auto const sent = driver_->peer().call(
            echo, {&arguments, 1},
            [this, begun = clock::now()](rpc::response const& answer) { take(answer, begun); });
        wrong_ = wrong_ || !sent;
    }

    void take(rpc::response const& answer, clock::time_point begun) {
        --under_way_;
        wrong_ = wrong_ || answer.error || answer.body.size() != said_.size();
        meter_->answered(begun);
        if (meter_->goes_on() && !wrong_) {
            call();
        } else if (under_way_ == 0 || wrong_) {
            loop_.stop();
        }
    }

    std::size_t depth_;
    std::string said_;
    transport::asio_runtime loop_;
    rpc::dispatcher none_;
    peers::url_dialer dialer_;
    std::optional<transport::driver> driver_;
    meter* meter_ = nullptr;
    std::size_t under_way_ = 0;
    bool wrong_ = false;
};

}  // namespace

figures measure_ours(std::string_view transport, load_shape const& shape, parties const& who) {
    memory::hub names;
    our_server server(transport, names, who);
    our_caller caller(server, names, shape, who);
    meter found(shape, server.cpu_clock());
    caller.run(found);
    return found.found();
}

}  // namespace trunkline::bench
