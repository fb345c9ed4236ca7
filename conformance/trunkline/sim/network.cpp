#include <trunkline/sim/network.hpp>

#include <trunkline/conformance/simulated.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;
using transport::pipe_end;

namespace {

bool is_open(transport::pipe_control const& of) {
    return !of.counters(pipe_end::first).closed || !of.counters(pipe_end::second).closed;
}

std::size_t index_of(pipe_end from) {
    return static_cast<std::size_t>(from);
}

// Bytes that have come out at the other end.
std::uint64_t arrived(transport::pipe_control const& of, pipe_end from) {
    return of.counters(from == pipe_end::first ? pipe_end::second : pipe_end::first).read_size;
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
    : random_(random),
      tells_(tells),
      plain_(loop, "tcp", conformance::plain_speech(loop), plan()),
      websocket_(loop, "ws", conformance::websocket_speech(loop, random.number()), plan()) {}

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
                links_.push_back({++numbers_, url, made});
                ++made_[url];
                stall(links_.back(), pipe_end::first);
                stall(links_.back(), pipe_end::second);
                most_links_ = std::max(most_links_, links_.size());
                tell(links_.back(), std::string("to ") + url + ", " +
                                        transport::name_of(next_.shape) + ", " +
                                        std::to_string(next_.latency.count()) + " us");
            }};
}

std::size_t network::links() const {
    return plain_.links() + websocket_.links();
}

std::size_t network::made(std::string_view url) const {
    auto const found = made_.find(url);
    return found == made_.end() ? 0 : found->second;
}

std::size_t network::breaks() const {
    return breaks_ + static_cast<std::size_t>(std::ranges::count_if(links_, has_broken));
}

std::uint64_t network::carried(bool from_client) const {
    return plain_.carried(from_client) + websocket_.carried(from_client);
}

void network::drop_closed() {
    std::erase_if(links_, [this](link const& each) {
        bool const closed = !is_open(*each.control);
        breaks_ += closed && has_broken(each) ? 1 : 0;
        return closed;
    });
}

network::link* network::any_link() {
    drop_closed();
    return links_.empty() ? nullptr : &random_.one_of(links_);
}

network::link* network::link_of(std::size_t number) {
    auto const found = std::ranges::find(links_, number, &link::number);
    return found == links_.end() ? nullptr : &*found;
}

pipe_end network::any_direction() {
    return random_.one_in(2) ? pipe_end::first : pipe_end::second;
}

bool network::has_broken(link const& of) {
    return of.breaks_from && arrived(*of.control, *of.breaks_from) == of.breaks_at;
}

// As it has to be, by its own fault and by that of the whole network.
void network::stall(link const& of, pipe_end from) {
    of.control->stall(from, of.stalls[index_of(from)] || clogged_[index_of(from)]);
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

network::cure network::reset_one() {
    auto* const found = any_link();
    auto const from = any_direction();
    auto const size = random_.between(1, 300);
    if (found == nullptr || found->breaks_from) {
        return {};
    }
    tell(*found, "breaks after " + std::to_string(size) + " bytes " + name_of(from));
    found->breaks_from = from;
    found->breaks_at = arrived(*found->control, from) + size;
    found->control->cut_after(from, size);
    return [this, from, number = found->number] {
        if (auto* const meant = link_of(number); meant != nullptr && !has_broken(*meant)) {
            tell(*meant, "does not break");
            meant->breaks_from.reset();
            meant->control->cut_after(from, std::numeric_limits<std::size_t>::max());
        }
    };
}

network::cure network::stall_one() {
    auto* const found = any_link();
    auto const from = any_direction();
    if (found == nullptr || found->stalls[index_of(from)] || clogged_[index_of(from)]) {
        return {};
    }
    tell(*found, std::string("stalls ") + name_of(from));
    found->stalls[index_of(from)] = true;
    stall(*found, from);
    return [this, from, number = found->number] {
        if (auto* const meant = link_of(number); meant != nullptr) {
            tell(*meant, std::string("goes on ") + name_of(from));
            meant->stalls[index_of(from)] = false;
            stall(*meant, from);
        }
    };
}

network::cure network::clog() {
    drop_closed();
    auto const from = any_direction();
    auto const carries = [&](link const& each) { return !each.stalls[index_of(from)]; };
    if (clogged_[index_of(from)] || std::ranges::none_of(links_, carries)) {
        return {};
    }
    auto const set = [this, from](bool on) {
        tells_.tell("network", std::string(on ? "carries nothing " : "carries everything again ") +
                                   name_of(from));
        clogged_[index_of(from)] = on;
        for (auto const& each : links_) {
            stall(each, from);
        }
    };
    set(true);
    return [set] { set(false); };
}

void network::cut_all(std::string_view url) {
    for (auto const& each : links_) {
        if (each.url == url) {
            each.control->cut();
        }
    }
}

}  // namespace trunkline::sim
