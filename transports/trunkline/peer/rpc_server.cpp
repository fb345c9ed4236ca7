#include <trunkline/peer/rpc_server.hpp>

#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/call_span.hpp>
#include <trunkline/peer/handler_pool.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/own_thread.hpp>
#include <trunkline/peer/shared_event.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/tls/tls_endpoint.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/unix_socket/unix_endpoint.hpp>
#include <trunkline/websocket/upgrade.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace trunkline {

using peers::handler_pool;

namespace {

/// One loop of a server, with its thread where it is ours.
struct place {
    std::optional<transport::asio_runtime> sockets;
    transport::runtime* loop = nullptr;
    std::unique_ptr<peers::server_loop> serving;  // gone before its loop
    peers::own_thread thread;
};

}  // namespace

class rpc_server::home : public std::enable_shared_from_this<home> {
public:
    explicit home(std::unique_ptr<peers::server_settings> settings)
        : settings_(std::move(settings)) {}

    ~home() {
        places_.clear();  // who waits on a thread of the pool for a loop of ours is told so
        handler_pool::retire(std::move(pool_));
    }
    home(home const&) = delete;
    home& operator=(home const&) = delete;

    /// Throws as the next.
    void make_pool() {
        if (auto const& wanted = settings_->pool; wanted.wanted) {
            pool_ = std::make_shared<handler_pool>(wanted.threads, wanted.waiting_max);
            settings_->services->pool = pool_;
        }
    }

    /// Throws boost::system::system_error when the system has no descriptors left.
    void make_places(std::size_t threads, boost::asio::io_context* context,
                     transport::runtime* loop) {
        owns_threads_ = context == nullptr && loop == nullptr;
        auto const count = owns_threads_ ? std::max<std::size_t>(threads, 1) : 1;
        for (std::size_t i = 0; i < count; ++i) {
            auto const each = std::make_shared<place>();
            if (loop == nullptr) {
                context == nullptr ? each->sockets.emplace() : each->sockets.emplace(*context);
            }
            transport::asio_runtime* const sockets = each->sockets ? &*each->sockets : nullptr;
            each->loop = loop == nullptr ? sockets : loop;
            each->serving = std::make_unique<peers::server_loop>(*each->loop, sockets, *settings_);
            places_.push_back(each);
        }
    }

    result<void> listen(std::string const& url, transport::network* beside) {
        auto const parts = transport::parse_endpoint(url);
        bool const has_sockets = places_.front()->sockets.has_value();
        bool const is_secure = parts && (parts->scheme == "tls" || parts->scheme == "wss");
        if (is_secure && has_sockets && !settings_->certificates) {
            return make_error_code(transport::transport_error::no_certificate);
        }
        if (parts && (parts->scheme == "ws" || parts->scheme == "wss") && has_sockets) {
            return listen_websocket(url);
        }
        if (parts && parts->scheme == "tls" && has_sockets) {
            return listen_on(tls::listen(url, places_.size()),
                             &peers::server_loop::add_tls_listener);
        }
        if (parts && parts->scheme == "tcp" && has_sockets) {
            return listen_on(tcp::listen(url, places_.size()));
        }
        if (parts && parts->scheme == "unix" && has_sockets) {
            return listen_on(unix_socket::listen(url, places_.size(), settings_->unix_mode));
        }
        if (beside != nullptr) {
            auto made = beside->listen(*places_.front()->loop, url);
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
        if (settings_->certificates) {
            peers::own_thread::wait_before_tls_goes();
        }
        for (auto const& each : places_) {
            if (owns_threads_) {
                // The thread keeps what it runs, also when the server is destroyed on it.
                each->thread = peers::own_thread([self = shared_from_this(), &one = *each] {
                    peers::loop_thread const here;
                    one.serving->start();
                    one.sockets->run();
                    one.serving->end();
                    one.serving->shut();  // who calls from now on is not told here any more
                    // Those who wait for calls that have failed now are still to be told.
                    one.loop->post([&one] { one.sockets->stop(); });
                    one.sockets->run();
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

    result<void> may_adopt(std::string_view head) const {
        if (!places_.front()->sockets) {
            return make_error_code(transport::transport_error::invalid_endpoint);
        }
        if (stopping_) {
            return make_error_code(transport::transport_error::closed);
        }
        if (settings_->connections_max != 0 &&
            settings_->peers.size() >= settings_->connections_max) {
            return make_error_code(transport::transport_error::too_many_connections);
        }
        bytes_view input = as_bytes(head);
        websocket::server_upgrade upgrade(settings_->adopted);
        if (!head.empty() && upgrade.feed(input, settings_->websockets.limits, 0) !=
                                 websocket::upgrade_state::accepted) {
            return make_error_code(transport::transport_error::handshake_refused);
        }
        return {};
    }

    void adopt(transport::file_descriptor socket, std::string received) {
        struct handover {
            transport::file_descriptor socket;
            std::string received;
        };
        // Posted work must be copyable.
        auto const what =
            std::make_shared<handover>(handover{std::move(socket), std::move(received)});
        auto const& where = places_[next_place_++ % places_.size()];
        where->loop->post([weak = std::weak_ptr(where), what] {
            if (auto const one = weak.lock()) {
                one->serving->adopt(std::move(what->socket), as_bytes(what->received));
            }
        });
    }

    // Waits, but not for the thread that it is called on.
    void stop() {
        stopping_ = true;
        for (auto const& each : places_) {
            if (each->thread.is_running()) {
                each->loop->post([&one = *each, pool = std::weak_ptr(pool_)] {
                    one.serving->stop(handler_pool::then(pool, one.serving->handle(),
                                                         [&one] { one.sockets->stop(); }));
                });
            }
        }
        if (is_own_thread()) {
            return;
        }
        for (auto const& each : places_) {
            if (each->thread.is_running()) {
                each->thread.join();
            }
        }
    }

    void async_stop(std::function<void()> done) {
        stopping_ = true;
        auto const left = std::make_shared<std::atomic<std::size_t>>(places_.size());
        auto const one_less = [left, done = std::move(done)] {
            if (--*left == 0) {
                done();
            }
        };
        for (auto const& each : places_) {
            each->loop->post([weak = std::weak_ptr(each), pool = std::weak_ptr(pool_), one_less] {
                if (auto const one = weak.lock()) {
                    one->serving->stop(handler_pool::then(pool, one->serving->handle(), one_less));
                }
            });
        }
    }

    // The server goes.
    void leave() {
        stop();
        for (auto const& each : places_) {
            if (each->thread.is_running()) {
                each->thread.leave();
            }
            if (!owns_threads_) {
                each->serving->end();
                // The loop may be calling us right now, so the rest goes a turn later.
                auto kept = [self = shared_from_this()] {};
                each->sockets ? boost::asio::post(each->sockets->context(), std::move(kept))
                              : each->loop->post(std::move(kept));
            }
        }
    }

    [[nodiscard]] peers::server_settings& settings() noexcept { return *settings_; }
    [[nodiscard]] std::vector<std::string> const& endpoints() const noexcept { return endpoints_; }

private:
    [[nodiscard]] bool is_own_thread() const {
        return (pool_ != nullptr && pool_->is_here()) ||
               std::ranges::any_of(places_,
                                   [](auto const& each) { return each->thread.is_here(); });
    }

    using add_one = void (peers::server_loop::*)(transport::listening_socket, std::string);

    result<void> listen_on(result<transport::listening_group> group,
                           add_one add = &peers::server_loop::add_stream_listener) {
        if (!group) {
            return group.error();
        }
        for (std::size_t i = 0; i < places_.size(); ++i) {
            ((*places_[i]->serving).*add)(std::move(group->sockets[i]), group->endpoint);
        }
        endpoints_.push_back(std::move(group->endpoint));
        return {};
    }

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
        endpoints_.push_back((parts->secure ? "wss://" : "ws://") +
                             sockets->front().address.text() + parts->target);
        for (std::size_t i = 0; i < places_.size(); ++i) {
            places_[i]->serving->add_websocket_listener(std::move((*sockets)[i]), parts->target,
                                                        parts->secure);
        }
        return {};
    }

    std::unique_ptr<peers::server_settings> settings_;
    std::vector<std::string> endpoints_;
    std::vector<std::shared_ptr<place>> places_;
    std::shared_ptr<handler_pool> pool_;
    std::atomic<std::size_t> next_place_ = 0;
    std::atomic<bool> stopping_ = false;
    bool owns_threads_ = true;
};

rpc_server::rpc_server(std::shared_ptr<home> where) : home_(std::move(where)) {}
rpc_server::rpc_server(rpc_server&&) noexcept = default;

rpc_server& rpc_server::operator=(rpc_server&& other) noexcept {
    rpc_server taken(std::move(other));
    home_.swap(taken.home_);
    return *this;
}

rpc_server::~rpc_server() {
    if (home_ != nullptr) {
        home_->leave();
    }
}

std::vector<std::string> const& rpc_server::endpoints() const noexcept {
    return home_->endpoints();
}

std::vector<peer> rpc_server::peers() const {
    std::vector<peer> found;
    for (auto& each : home_->settings().peers.all()) {
        found.push_back(peers::line_access::handle_of(std::move(each)));
    }
    return found;
}

void rpc_server::send_to_all(peers::method_label of, std::vector<std::byte> message) const {
    auto const shared = std::make_shared<std::vector<std::byte> const>(std::move(message));
    for (auto const& each : home_->settings().peers.all()) {
        each->submit(std::make_shared<peers::shared_event>(of, shared));
    }
}

result<void> rpc_server::may_adopt(std::string_view head) const {
    return home_->may_adopt(head);
}

void rpc_server::adopt_descriptor(transport::file_descriptor socket, std::string received) const {
    home_->adopt(std::move(socket), std::move(received));
}

void rpc_server::stop() {
    home_->stop();
}

void rpc_server::async_stop(std::function<void()> done) {
    home_->async_stop(std::move(done));
}

rpc_server::builder::builder() : settings_(std::make_unique<peers::server_settings>()) {
    extension(true);
}
rpc_server::builder::~builder() = default;
rpc_server::builder::builder(builder&&) noexcept = default;
rpc_server::builder& rpc_server::builder::operator=(builder&&) noexcept = default;

rpc_server::builder& rpc_server::builder::listen(std::string url) {
    urls_.push_back(std::move(url));
    return *this;
}

rpc_server::builder& rpc_server::builder::certificates(tls::context from) {
    settings_->certificates = std::move(from);
    return *this;
}

rpc_server::builder& rpc_server::builder::unix_mode(std::uint32_t mode) {
    settings_->unix_mode = mode;
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

rpc_server::builder& rpc_server::builder::over(transport::network& beside) {
    beside_ = &beside;
    return *this;
}

rpc_server::builder& rpc_server::builder::adopt_path(std::string path) {
    settings_->adopted.paths = {std::move(path)};
    return *this;
}

rpc_server::builder& rpc_server::builder::connections_max(std::size_t count) {
    settings_->connections_max = count;
    return *this;
}

rpc_server::builder& rpc_server::builder::extension(bool agreed) {
    settings_->connection.session.extensible = agreed;
    settings_->websockets.subprotocol = agreed ? extension::subprotocol : std::string_view();
    return *this;
}

rpc_server::builder& rpc_server::builder::limits(session_limits const& limits) {
    settings_->connection.session.limits = limits;
    settings_->services->message_size_max = limits.message_size_max;
    return *this;
}

rpc_server::builder& rpc_server::builder::limits(connection_limits const& limits) {
    settings_->connection.limits = limits;
    settings_->websockets.handshake_timeout = limits.handshake_timeout;
    return *this;
}

rpc_server::builder& rpc_server::builder::deflate() {
    settings_->websockets.deflate = true;
    return *this;
}

rpc_server::builder& rpc_server::builder::allow_origins(std::vector<std::string> const& origins) {
    auto made = websocket::parse_origins(origins);
    if (made) {
        settings_->adopted.origins = *made;
        settings_->websockets.origins = std::move(*made);
    } else {
        refused_ = made.error();
    }
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

rpc_server::builder& rpc_server::builder::running_handlers(std::size_t most) {
    settings_->services->running_max = most;
    return *this;
}

rpc_server::builder& rpc_server::builder::request_timeout(std::chrono::milliseconds timeout) {
    settings_->services->request_timeout = timeout;
    return *this;
}

rpc_server::builder& rpc_server::builder::intercept(std::shared_ptr<interceptor> by) {
    if (settings_->interceptors == nullptr) {
        settings_->interceptors = std::make_shared<peers::interceptor_list>();
        settings_->services->interceptors = settings_->interceptors;
    }
    settings_->interceptors->push_back(std::move(by));
    return *this;
}

rpc_server::builder& rpc_server::builder::pool_threads(std::size_t count, std::size_t waiting_max) {
    settings_->pool.threads = count;
    settings_->pool.waiting_max = waiting_max;
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

std::weak_ptr<void const> rpc_server::builder::remains() const noexcept {
    return settings_->services;
}

result<rpc_server> rpc_server::builder::start() {
    if (refused_) {
        return refused_;
    }
    peers::intercept_handlers(settings_->methods, *settings_->services);
    auto made = std::make_shared<home>(std::move(settings_));
    rpc_server server(made);  // stops what has begun when the rest fails
    try {
        made->make_pool();
        made->make_places(threads_, context_, loop_);
        for (auto const& url : urls_) {
            if (auto const listening = made->listen(url, beside_); !listening) {
                return listening.error();
            }
        }
        made->start();
    } catch (boost::system::system_error const& fault) {
        return fault.code();
    } catch (std::system_error const& fault) {
        return error_code(fault.code().value(), boost::system::system_category());
    }
    return server;
}

}  // namespace trunkline
