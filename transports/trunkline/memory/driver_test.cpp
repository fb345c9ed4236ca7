// The rules of drivers, over links in memory.
#include <trunkline/memory/link.hpp>
#include <trunkline/transport/driver_rules.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace trunkline::transport::testing {
namespace {

link_kind memory_kind(std::string name, memory::link_options options) {
    return {std::move(name), [options](simulated_runtime& loop) {
                auto ends = memory::make_link(loop, loop, options);
                return std::pair{std::move(ends.dialer), std::move(ends.acceptor)};
            }};
}

INSTANTIATE_TEST_SUITE_P(
    memory, driver_rules,
    ::testing::Values(memory_kind("bytes", {}), memory_kind("messages", {.message_borders = true}),
                      memory_kind("narrow_bytes", {.capacity = 100}),
                      memory_kind("narrow_messages", {.message_borders = true, .capacity = 100})),
    [](auto const& kind) { return kind.param.name; });

}  // namespace
}  // namespace trunkline::transport::testing
