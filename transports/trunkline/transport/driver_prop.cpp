// Whatever two users and the link do to a pair of drivers: states follow the machine, every call
// ends once, nothing is left behind.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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

bool is_legal(connection_state from, connection_state to) {
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
    explicit world(pipe_options const& options) : pipe_(make_simulated_pipe(loop_, options)) {
        capabilities const abilities{.half_close = true, .probe = true};
        sides_[1]->start(std::make_unique<noting_connection>(
            loop_, std::make_unique<stream_connection>(std::move(pipe_.second)), abilities,
            notes_[1]));
        sides_[0]->start(std::make_unique<noting_connection>(
            loop_, std::make_unique<stream_connection>(std::move(pipe_.first)), abilities,
            notes_[0]));
    }

    void act(step const& what) {
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
                call(who, big, "200000");
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
                pipe_.control->cut();
                break;
            case deed::stall:
                pipe_.control->stall(end, true);
                break;
            case deed::resume:
                pipe_.control->stall(end, false);
                break;
            case deed::wait_a_moment:
                loop_.run_for(milliseconds(7));
                break;
            case deed::wait_long:
                loop_.run_for(seconds(6));
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
        loop_.run_for(seconds(60));
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
        loop_.run_for(seconds(20));
        RC_ASSERT(loop_.pending() == 0U);
        RC_ASSERT(notes_[0].destroyed && notes_[1].destroyed);
    }

private:
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
    std::array<noting_connection::notes, 2> notes_;
    std::vector<std::unique_ptr<noted_stream>> streams_;
    std::array<std::unique_ptr<peer>, 2> sides_{std::make_unique<peer>(loop_, rpc::side::dialer),
                                                std::make_unique<peer>(loop_, rpc::side::acceptor)};
    simulated_pipe pipe_;
};

RC_GTEST_PROP(driver_properties, users_and_links_may_do_what_they_want, ()) {
    auto const shape = *rc::gen::elementOf(
        std::vector<delivery_shape>(all_delivery_shapes.begin(), all_delivery_shapes.end()));
    auto const capacity = *rc::gen::element<std::size_t>(1'000, 64 * kib, 1 * mib);
    auto const seed = *rc::gen::arbitrary<std::uint64_t>();
    auto const steps = *rc::gen::scale(
        2.0,
        rc::gen::container<std::vector<step>>(rc::gen::pair(
            rc::gen::arbitrary<bool>(), rc::gen::resize(100, rc::gen::inRange(0U, deeds_count)))));
    world all({.shape = shape == delivery_shape::one_byte ? delivery_shape::direct : shape,
               .capacity = capacity,
               .latency = milliseconds(1),
               .seed = seed});
    for (step const& each : steps) {
        all.act(each);
    }
    all.end();
}

}  // namespace
}  // namespace trunkline::transport::testing
