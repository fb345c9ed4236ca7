#include <trunkline/conformance/pipe_network.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

namespace trunkline::conformance {

namespace net_error = boost::asio::error;
using transport::connection;
using transport::pipe_end;
using transport::transport_error;

namespace {

constexpr transport::runtime::duration handshake_timeout = connection_limits{}.handshake_timeout;

pipe_end end_of(bool dialler) noexcept {
    return dialler ? pipe_end::first : pipe_end::second;
}

bool is_open(transport::pipe_control const& pipe) noexcept {
    return !pipe.counters(pipe_end::first).closed || !pipe.counters(pipe_end::second).closed;
}

// A handshake with its deadline, in the list of who waits for it.
struct handshake {
    language::pending under_way;
    std::unique_ptr<transport::timer> deadline;
    language::made done;
};

// Those of one dialer or listener.
class handshakes {
public:
    explicit handshakes(transport::runtime& loop) : loop_(loop) {}
    ~handshakes() {
        for (auto& each : std::exchange(all_, {})) {
            each.under_way.reset();
            each.done(error_code(net_error::operation_aborted));
        }
    }
    handshakes(handshakes const&) = delete;
    handshakes& operator=(handshakes const&) = delete;

    // `begin` is given what to call at the end.
    template <class Begin>
    void add(language::made done, Begin begin) {
        auto const at = all_.emplace(all_.end());
        at->done = std::move(done);
        at->deadline = loop_.after(handshake_timeout, [this, at] {
            end(at, make_error_code(transport_error::handshake_timeout));
        });
        at->under_way = begin(
            [this, at](result<std::unique_ptr<connection>> made) { end(at, std::move(made)); });
    }

private:
    void end(std::list<handshake>::iterator at, result<std::unique_ptr<connection>> made) {
        std::list<handshake> ended;
        ended.splice(ended.end(), all_, at);
        at->done(std::move(made));
    }

    transport::runtime& loop_;
    std::list<handshake> all_;
};

}  // namespace

class pipe_network::pipe_listener final : public transport::listener {
public:
    pipe_listener(pipe_network& of, transport::runtime& loop, std::string url)
        : of_(&of), url_(std::move(url)), guests_(std::in_place, loop) {}
    ~pipe_listener() override { close(); }

    void start(accepted sink) override { sink_ = std::make_shared<accepted>(std::move(sink)); }
    void close() override {
        if (auto* const of = std::exchange(of_, nullptr); of != nullptr) {
            of->listeners_.erase(url_);
            sink_ = nullptr;
            guests_.reset();
        }
    }
    std::string endpoint() const override { return url_; }

    [[nodiscard]] bool takes(language::link& end) {
        if (sink_ == nullptr) {
            return false;
        }
        auto const accept = [this](result<std::unique_ptr<connection>> made) {
            if (auto const sink = sink_; sink != nullptr && made) {
                (*sink)(std::move(*made));  // this may go
            }
        };
        guests_->add(accept, [&](language::made done) {
            return of_->speech_->admit(std::move(end), std::move(done));
        });
        return true;
    }

private:
    pipe_network* of_;
    std::string url_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    std::optional<handshakes> guests_;
};

class pipe_network::pipe_dialer final : public transport::dialer {
public:
    pipe_dialer(pipe_network& of, language& spoken)
        : of_(of), spoken_(spoken), attempts_(of.loop_) {}

    void dial(std::string_view url, dialed done) override {
        attempts_.add(std::move(done), [&](language::made ended) -> language::pending {
            if (!of_.is_valid(url)) {
                return fail(make_error_code(transport_error::invalid_endpoint), std::move(ended));
            }
            language::link end;
            if (!of_.dial(std::string(url), end)) {
                return fail(net_error::connection_refused, std::move(ended));
            }
            return spoken_.open(std::move(end), url, std::move(ended));
        });
    }

private:
    class failing final : public transport::pending_connection {
    public:
        failing(transport::runtime& loop, error_code why, language::made done)
            : later_(loop.after({}, [why, done = std::move(done)] { done(why); })) {}

    private:
        std::unique_ptr<transport::timer> later_;
    };

    language::pending fail(error_code why, language::made done) {
        return std::make_unique<failing>(of_.loop_, why, std::move(done));
    }

    pipe_network& of_;
    language& spoken_;
    handshakes attempts_;
};

pipe_network::pipe_network(place const& where, std::string scheme, std::unique_ptr<language> speech)
    : pipe_network(where.loop, std::move(scheme), std::move(speech),
                   {[where = place(where)]() mutable {
                       transport::pipe_options options;
                       options.shape = where.shape;
                       options.capacity = where.capacity;
                       options.latency = where.latency;
                       options.seed = ++where.seed;
                       return options;
                   }}) {}

pipe_network::pipe_network(transport::runtime& loop, std::string scheme,
                           std::unique_ptr<language> speech, link_plan plan)
    : loop_(loop), scheme_(std::move(scheme)), speech_(std::move(speech)), plan_(std::move(plan)) {}

pipe_network::~pipe_network() = default;

result<std::unique_ptr<transport::listener>> pipe_network::listen(transport::runtime& loop,
                                                                  std::string_view url) {
    if (!is_valid(url)) {
        return make_error_code(transport_error::invalid_endpoint);
    }
    if (listeners_.contains(url)) {
        return error_code(net_error::address_in_use);
    }
    auto made = std::make_unique<pipe_listener>(*this, loop, std::string(url));
    listeners_.emplace(url, made.get());
    return std::unique_ptr<transport::listener>(std::move(made));
}

std::unique_ptr<transport::dialer> pipe_network::make_dialer(transport::runtime&) {
    return make_dialer(*speech_);
}

std::unique_ptr<transport::dialer> pipe_network::make_dialer(language& spoken) {
    return std::make_unique<pipe_dialer>(*this, spoken);
}

bool pipe_network::is_valid(std::string_view url) const {
    auto const parts = transport::parse_endpoint(url);
    return parts && parts->scheme == scheme_;
}

bool pipe_network::dial(std::string const& url, language::link& end) {
    auto const found = listeners_.find(url);
    if (found == listeners_.end()) {
        return false;
    }
    auto pipe = transport::make_simulated_pipe(loop_, plan_.next());
    if (!found->second->takes(pipe.second)) {
        return false;
    }
    end = std::move(pipe.first);
    for (bool const dialler : {false, true}) {
        if (cuts_[dialler].is_set) {
            pipe.control->cut_after(end_of(dialler), cuts_[dialler].after);
        }
        pipe.control->stall(end_of(dialler), stalled_[dialler]);
        pipe.control->shorten(end_of(dialler), shortened_[dialler]);
    }
    if (plan_.made != nullptr) {
        plan_.made(url, pipe.control);
    }
    forget_ended();
    pipes_.push_back(std::move(pipe.control));
    return true;
}

void pipe_network::cut() {
    for (auto const& each : pipes_) {
        each->cut();
    }
}

void pipe_network::cut_after(bool from_dialler, std::size_t size) {
    cuts_[from_dialler] = {true, size};
    for (auto const& each : pipes_) {
        each->cut_after(end_of(from_dialler), size);
    }
}

void pipe_network::stall(bool from_dialler, bool on) {
    stalled_[from_dialler] = on;
    for (auto const& each : pipes_) {
        each->stall(end_of(from_dialler), on);
    }
}

void pipe_network::shorten(bool from_dialler, bool on) {
    shortened_[from_dialler] = on;
    for (auto const& each : pipes_) {
        each->shorten(end_of(from_dialler), on);
    }
}

// Of those whose ends are both closed only what they carried is kept.
void pipe_network::forget_ended() {
    std::erase_if(pipes_, [this](auto const& each) {
        bool const ended = !is_open(*each);
        for (bool const dialler : {false, true}) {
            carried_[dialler] += ended ? each->counters(end_of(!dialler)).read_size : 0;
        }
        return ended;
    });
}

std::uint64_t pipe_network::carried(bool from_dialler) const {
    std::uint64_t sum = carried_[from_dialler];
    for (auto const& each : pipes_) {
        sum += each->counters(end_of(!from_dialler)).read_size;
    }
    return sum;
}

std::size_t pipe_network::links() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(pipes_, [](auto const& each) { return is_open(*each); }));
}

}  // namespace trunkline::conformance
