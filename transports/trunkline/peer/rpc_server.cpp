#include <trunkline/peer/rpc_server.hpp>

#include <trunkline/peer/line_access.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace trunkline {
namespace {

/// One loop of a server, with its thread where it is ours.
struct place {
    std::optional<transport::asio_runtime> sockets;
    transport::runtime* loop = nullptr;
    std::unique_ptr<peers::server_loop> serving;  // gone before its loop
    std::thread thread;
};

/// The same bytes for many.
class shared_event final : public peers::task {
public:
    shared_event(std::uint64_t id, std::shared_ptr<std::vector<std::byte> const> message)
        : id_(id), message_(std::move(message)) {}

    void run(peers::line& on) override {
        if (rpc::endpoint* const endpoint = on.endpoint()) {
            using kept = std::shared_ptr<std::vector<std::byte> const>;
            slice piece{*message_, pin(new kept(message_), [](void* held) noexcept {
                            delete static_cast<kept*>(held);
                        })};
            static_cast<void>(endpoint->send(id_, {&piece, 1}));  // nobody is told
        }
    }
    void drop(error_code) override {}

private:
    std::uint64_t id_;
    std::shared_ptr<std::vector<std::byte> const> message_;
};

}  // namespace

class rpc_server::home {
public:
    explicit home(std::unique_ptr<peers::server_settings> settings)
        : settings_(std::move(settings)) {}
    ~home() { stop(); }

    /// Throws boost::system::system_error when the system has no descriptors left.
    void make_places(std::size_t threads, boost::asio::io_context* context,
                     transport::runtime* loop) {
        owns_threads_ = context == nullptr && loop == nullptr;
        places_.resize(owns_threads_ ? std::max<std::size_t>(threads, 1) : 1);
        for (auto& each : places_) {
            each = std::make_shared<place>();
            if (loop == nullptr) {
                context == nullptr ? each->sockets.emplace() : each->sockets.emplace(*context);
            }
            transport::asio_runtime* const sockets = each->sockets ? &*each->sockets : nullptr;
            each->loop = loop == nullptr ? sockets : loop;
            each->serving = std::make_unique<peers::server_loop>(*each->loop, sockets, *settings_);
        }
    }

    result<void> listen(std::string const& url, memory::hub* names) {
        auto const parts = transport::parse_endpoint(url);
        if (parts && parts->scheme == "ws" && places_.front()->sockets) {
            return listen_websocket(url);
        }
        if (parts && parts->scheme == "memory" && names != nullptr) {
            auto made = names->listen(*places_.front()->loop, url, {.message_borders = true});
            if (!made) {
                return made.error();
            }
            endpoints_.push_back((*made)->endpoint());
            places_.front()->serving->add_listener(std::move(*made));
            return {};
        }
        return make_error_code(transport::transport_error::invalid_endpoint);
    }

    void start() {
        for (auto const& each : places_) {
            if (owns_threads_) {
                each->thread = std::thread([&one = *each] {
                    one.serving->start();
                    one.sockets->run();
                    one.serving.reset();
                });
            } else {
                each->loop->post([weak = std::weak_ptr(each)] {
                    if (auto const one = weak.lock()) {
                        one->serving->start();
                    }
                });
            }
        }
    }

    void stop() {
        for (auto const& each : places_) {
            if (each != nullptr && each->thread.joinable()) {
                each->loop->post(
                    [&one = *each] { one.serving->stop([&one] { one.sockets->stop(); }); });
            }
        }
        for (auto const& each : places_) {
            if (each != nullptr && each->thread.joinable()) {
                each->thread.join();
            }
        }
    }

    void async_stop(std::function<void()> done) {
        places_.front()->loop->post(
            [weak = std::weak_ptr(places_.front()), done = std::move(done)] {
                if (auto const only = weak.lock()) {
                    only->serving->stop(done);
                }
            });
    }

    [[nodiscard]] peers::server_settings& settings() noexcept { return *settings_; }
    [[nodiscard]] std::vector<std::string> const& endpoints() const noexcept { return endpoints_; }

private:
    result<void> listen_websocket(std::string const& url) {
        auto const parts = websocket::parse_ws_url(url);
        if (!parts) {
            return parts.error();
        }
        auto const addresses = transport::socket_address::resolve(parts->host, parts->port);
        if (!addresses) {
            return addresses.error();
        }
        auto sockets = transport::listen_tcp(addresses->front(), places_.size());
        if (!sockets) {
            return sockets.error();
        }
        endpoints_.push_back("ws://" + sockets->front().address.text() + parts->target);
        for (std::size_t i = 0; i < places_.size(); ++i) {
            places_[i]->serving->add_websocket_listener(std::move((*sockets)[i]), parts->target);
        }
        return {};
    }

    std::unique_ptr<peers::server_settings> settings_;
    std::vector<std::string> endpoints_;
    std::vector<std::shared_ptr<place>> places_;
    bool owns_threads_ = true;
};

rpc_server::rpc_server(std::unique_ptr<home> where) : home_(std::move(where)) {}
rpc_server::rpc_server(rpc_server&&) noexcept = default;
rpc_server& rpc_server::operator=(rpc_server&&) noexcept = default;
rpc_server::~rpc_server() = default;

std::vector<std::string> const& rpc_server::endpoints() const noexcept {
    return home_->endpoints();
}

std::vector<peer> rpc_server::peers() const {
    std::vector<peer> found;
    for (auto& each : home_->settings().peers.all()) {
        found.push_back(
            peers::line_access::handle_of(std::move(each), home_->settings().default_timeout));
    }
    return found;
}

void rpc_server::send_to_all(std::uint64_t id, std::vector<std::byte> message) const {
    auto const shared = std::make_shared<std::vector<std::byte> const>(std::move(message));
    for (auto const& each : home_->settings().peers.all()) {
        each->submit(std::make_shared<shared_event>(id, shared));
    }
}

void rpc_server::stop() {
    home_->stop();
}

void rpc_server::async_stop(std::function<void()> done) {
    home_->async_stop(std::move(done));
}

rpc_server::builder::builder() : settings_(std::make_unique<peers::server_settings>()) {}
rpc_server::builder::~builder() = default;
rpc_server::builder::builder(builder&&) noexcept = default;
rpc_server::builder& rpc_server::builder::operator=(builder&&) noexcept = default;

rpc_server::builder& rpc_server::builder::listen(std::string url) {
    urls_.push_back(std::move(url));
    return *this;
}

rpc_server::builder& rpc_server::builder::threads(std::size_t count) {
    threads_ = count;
    return *this;
}

rpc_server::builder& rpc_server::builder::run_on(boost::asio::io_context& context) {
    context_ = &context;
    return *this;
}

rpc_server::builder& rpc_server::builder::run_on(transport::runtime& loop) {
    loop_ = &loop;
    return *this;
}

rpc_server::builder& rpc_server::builder::over(memory::hub& names) {
    names_ = &names;
    return *this;
}

rpc_server::builder& rpc_server::builder::connections_max(std::size_t count) {
    settings_->connections_max = count;
    return *this;
}

rpc_server::builder& rpc_server::builder::limits(session_limits const& limits) {
    settings_->connection.session.limits = limits;
    return *this;
}

rpc_server::builder& rpc_server::builder::limits(connection_limits const& limits) {
    settings_->connection.limits = limits;
    settings_->websockets.handshake_timeout = limits.handshake_timeout;
    return *this;
}

rpc_server::builder& rpc_server::builder::drain_timeout(std::chrono::milliseconds timeout) {
    settings_->drain_timeout = timeout;
    return *this;
}

rpc_server::builder& rpc_server::builder::default_timeout(std::chrono::milliseconds timeout) {
    settings_->default_timeout = timeout;
    return *this;
}

rpc_server::builder& rpc_server::builder::on_connected(std::function<void(peer)> told) {
    settings_->on_connected = std::move(told);
    return *this;
}

rpc_server::builder& rpc_server::builder::on_state(
    std::function<void(peer, transport::connection_state, error_code)> told) {
    settings_->on_state = std::move(told);
    return *this;
}

result<rpc_server> rpc_server::builder::start() {
    if (duplicate_) {
        return make_error_code(call_error::duplicate_method);
    }
    auto made = std::make_unique<home>(std::move(settings_));
    try {
        made->make_places(threads_, context_, loop_);
        for (auto const& url : urls_) {
            if (auto const listening = made->listen(url, names_); !listening) {
                return listening.error();
            }
        }
        made->start();
    } catch (boost::system::system_error const& fault) {
        return fault.code();
    } catch (std::system_error const& fault) {
        return error_code(fault.code().value(), boost::system::system_category());
    }
    return rpc_server(std::move(made));
}

}  // namespace trunkline
