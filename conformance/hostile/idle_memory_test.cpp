// What an idle connection costs the program: it is started as users start it, and many connect.
#include <hostile/memory_watch.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/test_support/ws_client.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace trunkline::hostile {
namespace {

using test_support::ws_client;

// What the first of all connections costs: buffers that all share, and the first block of slots.
constexpr std::size_t shared_max = 512 * 1024;

TEST(idle_connections, take_128_bytes_each_at_most) {
    scratch_folder const folder;
    test_support::running_server server(TRUNKLINE_PROGRAM, (folder / "store.bin").string(),
                                        {"--threads", "1", "--log-level", "error"});
    constexpr std::size_t count = 4'000;
    memory_watch const watch(server.process().id());
    std::vector<std::unique_ptr<ws_client>> held;
    for (std::size_t i = 0; i < count; ++i) {
        held.push_back(std::make_unique<ws_client>(server.host(), server.port(), "/ws"));
    }
    // The highest since the first one came.
    EXPECT_LE(watch.peak_growth(), shared_max + count * 128);
}

}  // namespace
}  // namespace trunkline::hostile
