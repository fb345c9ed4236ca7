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

}  // namespace
}  // namespace trunkline::transport::testing
