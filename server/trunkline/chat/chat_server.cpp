#include <trunkline/chat/chat_server.hpp>

#include <trunkline/chat/worker.hpp>
#include <trunkline/serving/crew.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <boost/system/system_error.hpp>

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace trunkline::chat {
namespace {

using logging::area;
using logging::level;

/// The calling thread runs on the core of that index, of those it may run on, from then on. Nothing
/// where the system says no.
void pin_to_core(std::size_t index) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::pthread_getaffinity_np(::pthread_self(), sizeof allowed, &allowed) != 0) {
        return;
    }
    auto skip = index % static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &allowed) && skip-- == 0) {
            cpu_set_t own;
            CPU_ZERO(&own);
            CPU_SET(core, &own);
            ::pthread_setaffinity_np(::pthread_self(), sizeof own, &own);
            return;
        }
    }
}

}  // namespace

class chat_server::implementation {
public:
    implementation(chat_options const& settled, logging::journal const& log,
                   rooms::history* history)
        : options(settled),
          house_(options, log, history),
          gate_(options.connections_max, options.connections_per_peer_max) {}

    result<void> listen() {
        auto const addresses = transport::socket_address::resolve(options.host, options.port);
        if (!addresses) {
            endpoint = options.host;
            return addresses.error();
        }
        endpoint = addresses->front().text();
        auto sockets = transport::listen_tcp(addresses->front(), options.threads);
        if (!sockets) {
            return sockets.error();
        }
        endpoint = sockets->front().address.text();
        port = sockets->front().address.port();
        try {
            for (auto& each : *sockets) {
                workers_.push_back(std::make_unique<worker>(house_, gate_, std::move(each)));
            }
        } catch (boost::system::system_error const& fault) {
            workers_.clear();
            return fault.code();
        }
        return {};
    }

    result<void> run() {
        if (options.counts_every.count() > 0) {
            workers_.front()->repeat(options.counts_every, [this] { write_counts(); });
        }
        return crew_.run(
            workers_.size(), [this](std::size_t index) { run_worker(index); },
            [this] { stop_workers(); });
    }

    void request_stop() { crew_.request_stop(); }

    chat_options const options;
    std::string endpoint;
    std::uint16_t port = 0;

private:
    void run_worker(std::size_t index) {
        if (options.pin) {
            pin_to_core(index);
        }
        workers_[index]->run();
    }

    void stop_workers() {
        for (auto const& one : workers_) {
            one->stop();
        }
    }

    void write_counts() const {
        std::uint64_t deliveries = 0;
        for (auto const& one : workers_) {
            deliveries += one->deliveries();
        }
        house_.log.write(area::server, level::info, "counts",
                         {{"connections", house_.connections.load()},
                          {"rooms", house_.hall.rooms()},
                          {"messages", house_.messages.load()},
                          {"deliveries", deliveries}});
    }

    house house_;
    server::connection_gate gate_;
    server::crew crew_;
    std::vector<std::unique_ptr<worker>> workers_;  // gone before what they share
};

chat_server::chat_server(chat_options const& settled, logging::journal const& log,
                         rooms::history* history)
    : implementation_(std::make_unique<implementation>(settled, log, history)) {}

chat_server::~chat_server() = default;

result<void> chat_server::listen() {
    return implementation_->listen();
}

result<void> chat_server::run() {
    return implementation_->run();
}

void chat_server::request_stop() {
    implementation_->request_stop();
}

std::string const& chat_server::endpoint() const noexcept {
    return implementation_->endpoint;
}

std::uint16_t chat_server::port() const noexcept {
    return implementation_->port;
}

}  // namespace trunkline::chat
