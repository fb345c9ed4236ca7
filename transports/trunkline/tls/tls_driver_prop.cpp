// The properties of a driver, with TLS between the frames and the link.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/test_driver_world.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <memory>
#include <utility>

namespace trunkline::tls {
namespace {

using transport::byte_stream;
using transport::stream_connection;
using transport::testing::world_links;

struct peers {
    scratch_folder folder;
    test_authority authority{folder.path()};
    context asking = context::for_client({.authorities = authority.file()}).value();
    context serving = context::for_server({.own = authority.issue("server")}).value();
};

world_links over_tls(transport::simulated_runtime& loop, transport::pipe_options const& options) {
    static peers const who;
    auto pipe = make_simulated_pipe(loop, options);
    auto asks = make_client_stream(loop, std::move(pipe.first), who.asking, "server.test");
    auto answers = make_server_stream(loop, std::move(pipe.second), who.serving);
    return {.first = std::make_unique<stream_connection>(std::move(asks).value()),
            .second = std::make_unique<stream_connection>(std::move(answers).value()),
            .control = pipe.control,
            .extra = nullptr};
}

RC_GTEST_PROP(tls_driver_properties, users_and_links_may_do_what_they_want, ()) {
    transport::testing::users_and_links_may_do_what_they_want(
        {.make = over_tls, .short_writes_size_max = 20'000});
}

}  // namespace
}  // namespace trunkline::tls
