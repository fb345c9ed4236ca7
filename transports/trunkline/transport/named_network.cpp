#include <trunkline/transport/named_network.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <boost/asio/error.hpp>

#include <list>
#include <utility>

namespace trunkline::transport {

namespace net_error = boost::asio::error;

class named_network::named_listener final : public listener {
public:
    named_listener(named_network& of, std::string name)
        : of_(&of), name_(std::move(name)), endpoint_(of.scheme_ + ":" + name_) {}
    ~named_listener() override { close(); }

    void start(accepted sink) override { sink_ = std::make_shared<accepted>(std::move(sink)); }
    void close() override {
        if (auto* const of = std::exchange(of_, nullptr); of != nullptr) {
            of->listeners_.erase(name_);
            sink_ = nullptr;
        }
    }
    std::string endpoint() const override { return endpoint_; }

    [[nodiscard]] bool is_started() const noexcept { return sink_ != nullptr; }

    // Given in a turn of its own; not at all where the listener is closed before.
    void give(std::unique_ptr<byte_stream> end) {
        // Posted work must be copyable.
        auto const kept = std::make_shared<std::unique_ptr<byte_stream>>(std::move(end));
        of_->loop_.post([to = std::weak_ptr(sink_), kept] {
            if (auto const sink = to.lock()) {
                (*sink)(std::make_unique<stream_connection>(std::move(*kept)));
            }
        });
    }

private:
    named_network* of_;
    std::string name_;
    std::string endpoint_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
};

class named_network::named_dialer final : public dialer {
public:
    explicit named_dialer(named_network& of) : of_(of) {}
    ~named_dialer() override {
        for (auto const& each : std::exchange(attempts_, {})) {
            each.done(error_code(net_error::operation_aborted));
        }
    }

    void dial(std::string_view url, dialed done) override {
        auto const at = attempts_.emplace(attempts_.end(), attempt{std::move(done), nullptr});
        at->turn = of_.loop_.after({}, [this, at, to = std::string(url)] {
            std::list<attempt> ended;
            ended.splice(ended.end(), attempts_, at);
            at->done(of_.connect(to));  // this may be gone then
        });
    }

private:
    struct attempt {
        dialed done;
        std::unique_ptr<timer> turn;
    };

    named_network& of_;
    std::list<attempt> attempts_;
};

named_network::named_network(runtime& loop, std::string scheme, link_maker make)
    : loop_(loop), scheme_(std::move(scheme)), make_(std::move(make)) {}

named_network::~named_network() = default;

result<std::unique_ptr<listener>> named_network::listen(runtime&, std::string_view url) {
    auto const name = name_in(url);
    if (!name) {
        return name.error();
    }
    if (listeners_.contains(*name)) {
        return error_code(net_error::address_in_use);
    }
    auto made = std::make_unique<named_listener>(*this, *name);
    listeners_.emplace(*name, made.get());
    return std::unique_ptr<listener>(std::move(made));
}

std::unique_ptr<dialer> named_network::make_dialer(runtime&) {
    return std::make_unique<named_dialer>(*this);
}

result<std::string> named_network::name_in(std::string_view url) const {
    auto const parts = parse_endpoint(url);
    if (!parts || parts->scheme != scheme_ || !parts->host.empty()) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    return parts->target;
}

result<std::unique_ptr<connection>> named_network::connect(std::string_view url) {
    auto const name = name_in(url);
    if (!name) {
        return name.error();
    }
    auto const found = listeners_.find(*name);
    if (found == listeners_.end() || !found->second->is_started()) {
        return error_code(net_error::connection_refused);
    }
    auto ends = make_();
    if (!ends) {
        return ends.error();
    }
    found->second->give(std::move(ends->acceptor));
    return std::unique_ptr<connection>(
        std::make_unique<stream_connection>(std::move(ends->dialer)));
}

}  // namespace trunkline::transport
