#include "pipe_network.hpp"

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <boost/asio/error.hpp>

#include <csignal>
#include <utility>

namespace pipes {

namespace net_error = boost::asio::error;
namespace transport = trunkline::transport;
using trunkline::error_code;
using trunkline::result;

namespace {

result<std::string> name_in(std::string_view url) {
    auto const parts = transport::parse_endpoint(url);
    if (!parts || parts->scheme != "pipes" || !parts->host.empty()) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    return parts->target;
}

}  // namespace

class network::pipe_listener final : public transport::listener {
public:
    pipe_listener(network& of, std::string name) : of_(&of), name_(std::move(name)) {}
    ~pipe_listener() override { close(); }

    void start(accepted sink) override { sink_ = std::make_shared<accepted>(std::move(sink)); }
    void close() override {
        if (auto* const of = std::exchange(of_, nullptr); of != nullptr) {
            of->listeners_.erase(name_);
            sink_ = nullptr;
        }
    }
    std::string endpoint() const override { return "pipes:" + name_; }

    [[nodiscard]] bool has_started() const noexcept { return sink_ != nullptr; }

    // Given in a turn of its own; not at all where the listener is closed before.
    void give(transport::runtime& loop, link made) {
        loop.post([to = std::weak_ptr(sink_), kept = std::make_shared<link>(std::move(made))] {
            if (auto const sink = to.lock()) {
                (*sink)(std::move(*kept));
            }
        });
    }

private:
    network* of_;
    std::string name_;
    std::shared_ptr<accepted> sink_;
};

class network::pipe_dialer final : public transport::dialer {
public:
    explicit pipe_dialer(network& of) : of_(of) {}
    ~pipe_dialer() override {
        for (auto const& each : std::exchange(attempts_, {})) {
            each.done(error_code(net_error::operation_aborted));
        }
    }

    void dial(std::string_view url, dialed done) override {
        auto const at = attempts_.emplace(attempts_.end(), std::move(done), nullptr);
        at->turn = of_.loop_.after({}, [this, at, to = std::string(url)] {
            std::list<attempt> ended;
            ended.splice(ended.end(), attempts_, at);
            at->done(of_.connect(to));
        });
    }

private:
    struct attempt {
        dialed done;
        std::unique_ptr<transport::timer> turn;
    };

    network& of_;
    std::list<attempt> attempts_;
};

network::network(transport::asio_runtime& loop, std::string relay)
    : loop_(loop), relay_(std::move(relay)) {
    std::signal(SIGPIPE, SIG_IGN);
}

result<std::unique_ptr<transport::listener>> network::listen(transport::runtime&,
                                                             std::string_view url) {
    auto const name = name_in(url);
    if (!name) {
        return name.error();
    }
    if (listeners_.contains(*name)) {
        return error_code(net_error::address_in_use);
    }
    auto made = std::make_unique<pipe_listener>(*this, *name);
    listeners_.emplace(*name, made.get());
    return std::unique_ptr<transport::listener>(std::move(made));
}

std::unique_ptr<transport::dialer> network::make_dialer(transport::runtime&) {
    return std::make_unique<pipe_dialer>(*this);
}

result<network::link> network::connect(std::string_view url) {
    auto const name = name_in(url);
    if (!name) {
        return name.error();
    }
    auto const found = listeners_.find(*name);
    if (found == listeners_.end() || !found->second->has_started()) {
        return error_code(net_error::connection_refused);
    }
    child::ends ends;
    auto const at = children_.emplace(children_.end());
    auto made = child::start(loop_, relay_, ends, [this, at] { children_.erase(at); });
    if (!made) {
        children_.erase(at);
        return made.error();
    }
    *at = std::move(*made);
    found->second->give(loop_,
                        std::make_unique<transport::stream_connection>(std::move(ends.second)));
    return link(std::make_unique<transport::stream_connection>(std::move(ends.first)));
}

}  // namespace pipes
