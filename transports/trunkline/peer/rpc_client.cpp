#include <trunkline/peer/rpc_client.hpp>

#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_span.hpp>
#include <trunkline/peer/handler_pool.hpp>
#include <trunkline/peer/own_thread.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

namespace trunkline {

using peers::client_core;
using peers::handler_pool;

// Where the connection lives: a loop, ours or not, and the core on it.
class rpc_client::home : public std::enable_shared_from_this<home> {
public:
    home(transport::runtime* loop, boost::asio::io_context* context, bool duplicate,
         peers::client_settings settings)
        : duplicate_(duplicate) {
        if (auto const& wanted = settings.pool; wanted.wanted) {
            pool_ = std::make_shared<handler_pool>(wanted.threads, wanted.waiting_max);
            settings.services->pool = pool_;
        }
        if (loop != nullptr) {
            core_ = std::make_shared<client_core>(*loop, nullptr, std::move(settings));
            loop_ = loop;
            return;
        }
        owns_thread_ = context == nullptr;
        if (owns_thread_) {
            sockets_.emplace();
        } else {
            sockets_.emplace(*context);
        }
        loop_ = &*sockets_;
        core_ = std::make_shared<client_core>(*loop_, &*sockets_, std::move(settings));
    }

    ~home() {
        core_->shut();
        handler_pool::retire(std::move(pool_));
    }
    home(home const&) = delete;
    home& operator=(home const&) = delete;

    void start(client_core::dialed done) {
        if (owns_thread_) {
            // The thread keeps what it runs, also when the client is destroyed on it.
            thread_ = peers::own_thread([self = shared_from_this()] {
                peers::loop_thread const here;
                self->sockets_->run();
                self->core_->end();
                self->core_->shut();  // who calls from now on is not told here any more
                // Those who wait for calls that have failed now are still to be told.
                self->loop_->post([&loop = *self->sockets_] { loop.stop(); });
                self->sockets_->run();
            });
        }
        loop_->post([self = shared_from_this(), done = std::move(done)] {
            if (self->duplicate_) {
                done(call_error::duplicate_method);
            } else if (self->given_up_) {
                done(call_error::cancelled);
            } else {
                self->core_->dial(done);
            }
        });
    }

    // Nobody waits for the connect any more.
    void give_up() {
        given_up_ = true;
        static_cast<void>(core_->handle()->post([weak = weak_from_this()] {
            if (auto const self = weak.lock()) {
                self->core_->cancel_dial();
            }
        }));
    }

    // The client goes.
    void leave() {
        if (!owns_thread_ || !thread_.is_running()) {
            bool const inside = sockets_ && core_->peer()->where().is_here();
            core_->end();
            if (!owns_thread_ && inside) {
                // The loop may be calling us right now, so it goes a turn later.
                boost::asio::post(sockets_->context(), [self = shared_from_this()] {});
            }
        } else if (thread_.is_here()) {
            core_->end();
            sockets_->stop();
            thread_.leave();
        } else {
            loop_->post([this] {
                core_->hush();
                core_->close(
                    handler_pool::then(pool_, core_->handle(), [this] { sockets_->stop(); }));
            });
            pool_ != nullptr && pool_->is_here() ? thread_.leave() : thread_.join();
        }
    }

    /// Null where the loop is its own, or not one of Asio.
    [[nodiscard]] boost::asio::io_context* given_context() noexcept {
        return owns_thread_ || !sockets_ ? nullptr : &sockets_->context();
    }

    /// Null where the loop is its own, or one of Asio.
    [[nodiscard]] transport::runtime* given_loop() noexcept { return sockets_ ? nullptr : loop_; }

    [[nodiscard]] std::shared_ptr<peers::line> const& line() const noexcept {
        return core_->peer();
    }

    // Who waits for a connect takes a client that has failed away, so that its thread has ended
    // when the wait has.
    using place = std::shared_ptr<std::optional<rpc_client>>;
    void leave_failed_in(place where) noexcept { failed_ = std::move(where); }
    [[nodiscard]] place take_place() noexcept {
        return owns_thread_ ? std::exchange(failed_, nullptr) : nullptr;
    }

private:
    place failed_;
    bool duplicate_;
    bool owns_thread_ = false;
    std::atomic<bool> given_up_ = false;  // set on any thread
    std::shared_ptr<handler_pool> pool_;
    std::optional<transport::asio_runtime> sockets_;
    transport::runtime* loop_ = nullptr;
    std::shared_ptr<client_core> core_;  // gone before its loop
    peers::own_thread thread_;
};

rpc_client::rpc_client(std::shared_ptr<home> where)
    : peer(where->line()), home_(std::move(where)) {}

rpc_client::rpc_client(rpc_client&&) noexcept = default;

rpc_client& rpc_client::operator=(rpc_client&& other) noexcept {
    rpc_client taken(std::move(other));
    std::swap(static_cast<peer&>(*this), static_cast<peer&>(taken));
    home_.swap(taken.home_);
    return *this;
}

rpc_client::~rpc_client() {
    if (home_ != nullptr) {
        home_->leave();
    }
}

rpc_client::builder::builder(std::string url)
    : settings_(std::make_unique<peers::client_settings>()) {
    settings_->url = std::move(url);
    settings_->connection.session.local_side = rpc::side::dialer;
}

rpc_client::builder::~builder() = default;
rpc_client::builder::builder(builder&&) noexcept = default;
rpc_client::builder& rpc_client::builder::operator=(builder&&) noexcept = default;

rpc_client::builder& rpc_client::builder::default_timeout(std::chrono::milliseconds timeout) {
    settings_->default_timeout = timeout;
    return *this;
}

rpc_client::builder& rpc_client::builder::reconnect(reconnect_options const& options) {
    settings_->reconnect = options;
    return *this;
}

rpc_client::builder& rpc_client::builder::retries(retry_options const& options) {
    settings_->retries = options;
    return *this;
}

rpc_client::builder& rpc_client::builder::connect_timeout(std::chrono::milliseconds timeout) {
    settings_->websockets.handshake_timeout = timeout;
    return *this;
}

rpc_client::builder& rpc_client::builder::running_handlers(std::size_t most) {
    settings_->services->running_max = most;
    return *this;
}

rpc_client::builder& rpc_client::builder::request_timeout(std::chrono::milliseconds timeout) {
    settings_->services->request_timeout = timeout;
    return *this;
}

rpc_client::builder& rpc_client::builder::intercept(std::shared_ptr<interceptor> by) {
    if (settings_->interceptors == nullptr) {
        settings_->interceptors = std::make_shared<peers::interceptor_list>();
        settings_->services->interceptors = settings_->interceptors;
    }
    settings_->interceptors->push_back(std::move(by));
    return *this;
}

rpc_client::builder& rpc_client::builder::pool_threads(std::size_t count, std::size_t waiting_max) {
    settings_->pool.threads = count;
    settings_->pool.waiting_max = waiting_max;
    return *this;
}

rpc_client::builder& rpc_client::builder::trust(tls::context by) {
    settings_->trust = std::move(by);
    return *this;
}

rpc_client::builder& rpc_client::builder::layout(frame::layout which) {
    settings_->connection.session.layout = which;
    return *this;
}

rpc_client::builder& rpc_client::builder::extension(bool wanted) {
    settings_->extension = wanted;
    settings_->websockets.subprotocol = wanted ? extension::subprotocol : std::string_view();
    return *this;
}

rpc_client::builder& rpc_client::builder::checked_frames() {
    settings_->checked = true;
    return extension();
}

rpc_client::builder& rpc_client::builder::detect_layout() {
    settings_->detect_layout = true;
    return *this;
}

rpc_client::builder& rpc_client::builder::limits(session_limits const& limits) {
    settings_->connection.session.limits = limits;
    settings_->services->message_size_max = limits.message_size_max;
    return *this;
}

rpc_client::builder& rpc_client::builder::limits(connection_limits const& limits) {
    settings_->connection.limits = limits;
    return *this;
}

rpc_client::builder& rpc_client::builder::deflate() {
    settings_->websockets.deflate = true;
    return *this;
}

rpc_client::builder& rpc_client::builder::on_state(
    std::function<void(transport::connection_state, error_code)> told) {
    settings_->on_state = std::move(told);
    return *this;
}

rpc_client::builder& rpc_client::builder::url(std::string dialled) {
    settings_->url = std::move(dialled);
    return *this;
}

rpc_client::builder& rpc_client::builder::over(transport::network& beside) {
    settings_->beside = &beside;
    return *this;
}

rpc_client::builder& rpc_client::builder::run_on(boost::asio::io_context& context) {
    context_ = &context;
    return *this;
}

rpc_client::builder& rpc_client::builder::run_on(transport::runtime& loop) {
    loop_ = &loop;
    return *this;
}

std::weak_ptr<void const> rpc_client::builder::remains() const noexcept {
    return settings_->services;
}

std::shared_ptr<rpc_client::home> rpc_client::builder::make() {
    peers::intercept_handlers(settings_->methods, *settings_->services);
    return std::make_shared<home>(loop_, context_, duplicate_, std::move(*settings_));
}

std::shared_ptr<peers::line> const& rpc_client::builder::line_of(
    std::shared_ptr<home> const& made) noexcept {
    return made->line();
}

// A client before anybody has it.
struct rpc_client::builder::unborn {
    explicit unborn(std::shared_ptr<home> where) : client(rpc_client(std::move(where))) {}

    rpc_client client;
    std::optional<boost::asio::steady_timer> kept;  // never expires
    std::shared_ptr<void> ticket;
};

void rpc_client::builder::start(std::shared_ptr<home> made, connected done) {
    auto const first = std::make_shared<unborn>(made);
    // Its own loop cannot keep it, or neither would ever go. A loop that is not ours does, so that
    // both go together when nobody runs it any more.
    std::shared_ptr<unborn> strong = first;
    if (auto* const context = made->given_context()) {
        first->kept.emplace(*context, boost::asio::steady_timer::time_point::max());
        first->kept->async_wait([first](error_code) {});
        strong = nullptr;
    } else if (auto* const loop = made->given_loop()) {
        first->ticket = loop->keep(first);
        strong = nullptr;
    }
    made->start([weak = std::weak_ptr(first), strong, done = std::move(done)](error_code why) {
        auto const born = weak.lock();
        if (born == nullptr) {
            return;
        }
        born->kept.reset();
        born->ticket.reset();
        std::optional<rpc_client> ready(std::move(born->client));
        auto place = ready ? ready->home_->take_place() : nullptr;
        if (why) {
            if (place != nullptr) {
                place->swap(ready);
            }
            // Before anybody knows, who may take away what it uses.
            place.reset();
            ready.reset();
            done(why);
        } else {
            done(std::move(*ready));
        }
    });
}

void rpc_client::builder::give_up(std::shared_ptr<home> const& made) {
    if (made != nullptr) {
        made->give_up();
    }
}

result<rpc_client> rpc_client::builder::connect() {
    auto const promised = std::make_shared<std::promise<result<rpc_client>>>();
    auto future = promised->get_future();
    auto const failed = std::make_shared<std::optional<rpc_client>>();
    auto const begin = [&] {
        auto made = make();
        made->leave_failed_in(failed);
        start(std::move(made),
              [promised](result<rpc_client> client) { promised->set_value(std::move(client)); });
    };
    try {
        if (loop_ == nullptr) {
            begin();
        } else if (bool begun = false; !loop_->wait_until([&] {
                       if (!std::exchange(begun, true)) {
                           begin();
                       }
                       return future.wait_for(std::chrono::seconds::zero()) ==
                              std::future_status::ready;
                   })) {
            return make_error_code(call_error::would_deadlock);
        }
    } catch (boost::system::system_error const& fault) {
        return fault.code();
    } catch (std::system_error const& fault) {
        return error_code(fault.code().value(), boost::system::system_category());
    }
    return future.get();
}

}  // namespace trunkline
