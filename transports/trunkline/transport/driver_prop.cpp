#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/test_driver_world.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <array>
#include <memory>
#include <utility>

namespace trunkline::transport::testing {
namespace {

// With probes, so that silence counts.
world_links streams(simulated_runtime& loop, pipe_options const& options) {
    using notes = std::array<noting_connection::notes, 2>;
    auto pipe = make_simulated_pipe(loop, options);
    auto const noted = std::make_shared<notes>();
    capabilities const abilities{.half_close = true, .probe = true};
    auto const noting = [&](std::unique_ptr<byte_stream> end, std::size_t index) {
        return std::make_unique<noting_connection>(
            loop, std::make_unique<stream_connection>(std::move(end)), abilities, (*noted)[index]);
    };
    return {.first = noting(std::move(pipe.first), 0),
            .second = noting(std::move(pipe.second), 1),
            .control = pipe.control,
            .extra = noted};
}

RC_GTEST_PROP(driver_properties, users_and_links_may_do_what_they_want, ()) {
    users_and_links_may_do_what_they_want({.make = streams, .short_writes_size_max = 200'000});
}

}  // namespace
}  // namespace trunkline::transport::testing
