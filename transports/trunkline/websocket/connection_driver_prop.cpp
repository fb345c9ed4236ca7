// Whatever users and the link do to drivers on WebSocket connections, whose probes are answered.
#include <trunkline/websocket/connection.hpp>

#include <trunkline/transport/test_driver_world.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <memory>
#include <utility>

namespace trunkline::transport::testing {
namespace {

world_links websockets(simulated_runtime& loop, pipe_options const& options) {
    auto pipe = make_simulated_pipe(loop, options);
    auto const shared = std::make_shared<websocket::context>(loop);
    return {.first = std::make_unique<websocket::connection>(*shared, websocket::role::client,
                                                             std::move(pipe.first)),
            .second = std::make_unique<websocket::connection>(*shared, websocket::role::server,
                                                              std::move(pipe.second)),
            .control = pipe.control,
            .extra = shared};
}

RC_GTEST_PROP(websocket_driver_properties, users_and_links_may_do_what_they_want, ()) {
    users_and_links_may_do_what_they_want({.make = websockets, .short_writes_size_max = 5'000});
}

world_links folding_websockets(simulated_runtime& loop, pipe_options const& options) {
    world_links made = websockets(loop, options);
    made.join = [&shared = *static_cast<websocket::context*>(made.extra.get())](
                    bool second, std::unique_ptr<byte_stream> link) {
        return std::make_unique<websocket::connection>(
            shared, second ? websocket::role::server : websocket::role::client, std::move(link));
    };
    return made;
}

RC_GTEST_PROP(websocket_driver_properties, all_of_it_also_while_idle_drivers_are_folded, ()) {
    users_and_links_may_do_what_they_want(
        {.make = folding_websockets, .short_writes_size_max = 5'000});
}

// What is folded goes on where it was: calls in both directions, pings, and the end.
TEST(websocket_driver_folding, happens_between_calls) {
    world all({.make = folding_websockets, .short_writes_size_max = 5'000},
              {.latency = std::chrono::milliseconds(1)});
    for (int i = 0; i < 5; ++i) {
        std::size_t const before = all.folds();
        for (bool const second : {false, true}) {
            all.act({second, static_cast<unsigned>(deed::call_echo)});
            all.act({second, static_cast<unsigned>(deed::wait_a_moment)});
        }
        EXPECT_GT(all.folds(), before + 1);
        all.act({false, static_cast<unsigned>(deed::wait_long)});
    }
    all.end();
}

}  // namespace
}  // namespace trunkline::transport::testing
