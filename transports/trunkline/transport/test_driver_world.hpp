// Whatever two users and the link do to a pair of drivers: states follow the machine, every call
// ends once, nothing is left behind. One property, run once per kind of connection.
#pragma once

#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/simulated_pipe.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// Two connections over one pipe, and what they need besides.
struct world_links {
    std::unique_ptr<connection> first;
    std::unique_ptr<connection> second;
    std::shared_ptr<pipe_control> control;
    std::shared_ptr<void> extra;
    /// For a world that folds its drivers whenever it may: the connection of the first or second
    /// side made anew over its stream.
    std::function<std::unique_ptr<connection>(bool second, std::unique_ptr<byte_stream>)> join = {};
};

struct world_kind {
    std::function<world_links(simulated_runtime&, pipe_options const&)> make;
    std::size_t short_writes_size_max;  ///< of a large answer where a write takes 16 bytes
};

enum class deed : std::uint8_t {
    call_echo,
    call_later,
    call_big,
    stream,
    answer,
    drain,
    close,
    destroy,
    cut,
    stall,
    resume,
    wait_a_moment,
    wait_long,
};

constexpr auto deeds_count = static_cast<unsigned>(deed::wait_long) + 1;

// A step: who does what.
using step = std::pair<bool, unsigned>;

inline bool is_legal(connection_state from, connection_state to) {
    static std::set<std::pair<connection_state, connection_state>> const legal{
        {connection_state::connecting, connection_state::connected},
        {connection_state::connected, connection_state::disconnecting},
        {connection_state::connected, connection_state::disconnected},
        {connection_state::connected, connection_state::error},
        {connection_state::disconnecting, connection_state::disconnected},
        {connection_state::disconnecting, connection_state::error},
    };
    return legal.contains({from, to});
}

class world {
public:
    world(world_kind const& kind, pipe_options const& options)
        : big_size_(std::to_string(options.shape == delivery_shape::short_writes
                                       ? kind.short_writes_size_max
                                       : 200'000)),
          links_(kind.make(loop_, options)) {
        sides_[1]->start(std::move(links_.second));
        sides_[0]->start(std::move(links_.first));
    }

    void act(step const& what) {
        fold_where_possible();
        peer& who = *sides_[what.first ? 1 : 0];
        pipe_end const end = what.first ? pipe_end::second : pipe_end::first;
        switch (static_cast<deed>(what.second)) {
            case deed::call_echo:
                call(who, echo, "some words");
                break;
            case deed::call_later:
                call(who, later, "");
                break;
            case deed::call_big:
                call(who, big, big_size_);
                break;
            case deed::stream:
                open_stream(who);
                break;
            case deed::answer:
                who.answer_later_calls();
                break;
            case deed::drain:
                if (who.attached()) {
                    who.link().drain(close_code::going_away, "drained");
                }
                break;
            case deed::close:
                if (who.attached()) {
                    who.link().close(close_code::normal, "closed");
                }
                break;
            case deed::destroy:
                who.destroy();
                break;
            case deed::cut:
                links_.control->cut();
                break;
            case deed::stall:
                links_.control->stall(end, true);
                break;
            case deed::resume:
                links_.control->stall(end, false);
                break;
            case deed::wait_a_moment:
                wait(std::chrono::milliseconds(7));
                break;
            case deed::wait_long:
                wait(std::chrono::seconds(6));
                break;
        }
    }

    // Everybody leaves, then the laws are looked at.
    void end() {
        for (auto const& side : sides_) {
            if (side->attached()) {
                side->link().close(close_code::normal, "");
            }
        }
        loop_.run_for(std::chrono::seconds(60));
        for (auto const& side : sides_) {
            RC_ASSERT(!side->attached() || side->over());
            connection_state before = connection_state::connecting;
            for (connection_state const now : side->states) {
                RC_ASSERT(is_legal(before, now));
                before = now;
            }
            side->destroy();
            for (auto const& call : side->outcomes) {
                RC_ASSERT(call->times == 1);
                RC_ASSERT(call->error || !call->body.empty());
            }
        }
        for (auto const& stream : streams_) {
            RC_ASSERT(stream->ends + stream->failures == 1);
        }
        loop_.run_for(std::chrono::seconds(20));
        RC_ASSERT(loop_.pending() == 0U);
        RC_ASSERT(links_.control->counters(pipe_end::first).closed);
        RC_ASSERT(links_.control->counters(pipe_end::second).closed);
    }

    /// How often a driver was folded.
    [[nodiscard]] std::size_t folds() const { return folds_; }

private:
    void fold_where_possible() {
        for (bool const second : {false, true}) {
            if (links_.join) {
                bool const folded =
                    sides_[second ? 1 : 0]->refold([&](std::unique_ptr<byte_stream> link) {
                        return links_.join(second, std::move(link));
                    });
                folds_ += folded ? 1 : 0;
            }
        }
    }

    // In steps where something may be folded between them.
    void wait(runtime::duration time) {
        constexpr int steps = 7;
        for (int i = 0; i < steps; ++i) {
            loop_.run_for(time / steps);
            fold_where_possible();
        }
    }

    static void call(peer& who, std::uint64_t id, std::string_view arguments) {
        // A call that is refused at once gets no callback: it ends by its error.
        if (!who.attached()) {
            return;
        }
        outcome& made = who.call(id, arguments);
        if (made.error && made.times == 0) {
            made.times = 1;
        }
    }

    void open_stream(peer& who) {
        if (!who.attached()) {
            return;
        }
        auto& endpoint = who.link().peer();
        auto stream = std::make_unique<noted_stream>();
        auto const id = endpoint.open(parts, {}, *stream);
        if (!id) {
            return;
        }
        streams_.push_back(std::move(stream));
        slice part = text("part of it");
        static_cast<void>(endpoint.write(*id, {&part, 1}));
        static_cast<void>(endpoint.end(*id));
    }

    simulated_runtime loop_;
    std::string big_size_;
    world_links links_;
    std::size_t folds_ = 0;
    std::vector<std::unique_ptr<noted_stream>> streams_;
    std::array<std::unique_ptr<peer>, 2> sides_{std::make_unique<peer>(loop_, rpc::side::dialer),
                                                std::make_unique<peer>(loop_, rpc::side::acceptor)};
};

inline void users_and_links_may_do_what_they_want(world_kind const& kind) {
    auto const shape = *rc::gen::elementOf(
        std::vector<delivery_shape>(all_delivery_shapes.begin(), all_delivery_shapes.end()));
    auto const capacity = *rc::gen::element<std::size_t>(1'000, 64 * kib, 1 * mib);
    auto const seed = *rc::gen::arbitrary<std::uint64_t>();
    auto const steps = *rc::gen::scale(
        2.0,
        rc::gen::container<std::vector<step>>(rc::gen::pair(
            rc::gen::arbitrary<bool>(), rc::gen::resize(100, rc::gen::inRange(0U, deeds_count)))));
    world all(kind, {.shape = shape == delivery_shape::one_byte ? delivery_shape::direct : shape,
                     .capacity = capacity,
                     .latency = std::chrono::milliseconds(1),
                     .seed = seed});
    for (step const& each : steps) {
        all.act(each);
    }
    all.end();
}

}  // namespace trunkline::transport::testing
