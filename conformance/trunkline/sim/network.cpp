#include <trunkline/sim/network.hpp>

#include <trunkline/conformance/simulated.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;
using transport::pipe_end;

namespace {

bool is_open(transport::pipe_control const& of) {
    return !of.counters(pipe_end::first).closed || !of.counters(pipe_end::second).closed;
}

char const* name_of(pipe_end from) {
    return from == pipe_end::first ? "from the client" : "from the server";
}

}  // namespace

// Dials each URL where its scheme is spoken.
class network::router final : public transport::dialer {
public:
    router(network& of, transport::runtime& loop)
        : plain_(of.plain_.make_dialer(loop)), websocket_(of.websocket_.make_dialer(loop)) {}

    void dial(std::string_view url, dialed done) override {
        (url.starts_with("ws:") ? websocket_ : plain_)->dial(url, std::move(done));
    }

private:
    std::unique_ptr<transport::dialer> plain_;
    std::unique_ptr<transport::dialer> websocket_;
};

network::network(transport::simulated_runtime& loop, chance& random, story& tells)
    : loop_(loop),
      random_(random),
      tells_(tells),
      plain_(loop, "tcp", conformance::plain_speech(loop), plan()),
      websocket_(loop, "ws", conformance::websocket_speech(loop), plan()) {}

network::~network() = default;

result<std::unique_ptr<transport::listener>> network::listen(transport::runtime& loop,
                                                             std::string_view url) {
    return (url.starts_with("ws:") ? websocket_ : plain_).listen(loop, url);
}

std::unique_ptr<transport::dialer> network::make_dialer(transport::runtime& loop) {
    return std::make_unique<router>(*this, loop);
}

conformance::link_plan network::plan() {
    return {[this] {
                next_.shape = transport::all_delivery_shapes[random_.below(
                    transport::all_delivery_shapes.size())];
                next_.capacity = std::size_t{4096} << random_.below(5);
                next_.latency = random_.between(0ms, 20ms);
                next_.seed = random_.number();
                return next_;
            },
            [this](std::string const& url, std::shared_ptr<transport::pipe_control> const& made) {
                drop_closed();
                links_.push_back({++made_, url, made});
                most_links_ = std::max(most_links_, links_.size());
                tell(links_.back(), std::string("to ") + url + ", " +
                                        transport::name_of(next_.shape) + ", " +
                                        std::to_string(next_.latency.count()) + " us");
            }};
}

std::size_t network::links() const {
    return plain_.links() + websocket_.links();
}

void network::drop_closed() {
    std::erase_if(links_, [](link const& each) { return !is_open(*each.control); });
}

network::link* network::any_link() {
    drop_closed();
    return links_.empty() ? nullptr : &random_.one_of(links_);
}

void network::tell(link const& of, std::string const& what) {
    tells_.tell("link " + std::to_string(of.number), what);
}

bool network::cut_one() {
    auto* const found = any_link();
    if (found != nullptr) {
        tell(*found, "is cut");
        found->control->cut();
    }
    return found != nullptr;
}

bool network::reset_one() {
    auto* const found = any_link();
    if (found != nullptr) {
        auto const from = random_.one_in(2) ? pipe_end::first : pipe_end::second;
        auto const size = random_.between(1, 300);
        tell(*found, "breaks after " + std::to_string(size) + " bytes " + name_of(from));
        found->control->cut_after(from, size);
    }
    return found != nullptr;
}

bool network::stall_one() {
    auto* const found = any_link();
    if (found != nullptr) {
        auto const from = random_.one_in(2) ? pipe_end::first : pipe_end::second;
        tell(*found, std::string("stalls ") + name_of(from));
        found->control->stall(from, true);
    }
    return found != nullptr;
}

bool network::clog() {
    drop_closed();
    auto const from = random_.one_in(2) ? pipe_end::first : pipe_end::second;
    for (auto const& each : links_) {
        each.control->stall(from, true);
    }
    tells_.tell("network", std::string("carries nothing ") + name_of(from));
    return !links_.empty();
}

void network::cut_all(std::string_view url) {
    for (auto const& each : links_) {
        if (each.url == url) {
            each.control->cut();
        }
    }
}

void network::mend() {
    for (auto const& each : links_) {
        for (auto const from : {pipe_end::first, pipe_end::second}) {
            each.control->stall(from, false);
            each.control->cut_after(from, std::numeric_limits<std::size_t>::max());
        }
    }
    tells_.tell("network", "carries everything again");
}

}  // namespace trunkline::sim
