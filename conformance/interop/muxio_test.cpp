#include <interop/muxio_sides.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace trunkline::interop {
namespace {

std::size_t lines_of(std::string const& who, std::vector<std::string> const& lines) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](auto const& line) { return line.starts_with(who); }));
}

// What ci/interop does with published programs, with ours on both sides and without cargo.
class muxio_turns : public ::testing::TestWithParam<frame::layout> {};

INSTANTIATE_TEST_SUITE_P(layouts, muxio_turns,
                         ::testing::Values(frame::layout::a, frame::layout::b),
                         [](auto const& each) {
                             return each.param == frame::layout::a ? "a" : "b";
                         });

TEST_P(muxio_turns, both_sides_call_and_stream_alone_and_at_once) {
    muxio_server const server;
    auto const lines = take_turns(server.url(), GetParam(), true);
    EXPECT_GE(lines_of("the client|", lines), 10U);
    EXPECT_EQ(lines_of("the server|", lines), lines_of("the client|", lines));
    EXPECT_EQ(lines_of("both at once|", lines), 1U);
}

// Both guesses are right here; published servers know one layout each.
TEST(muxio_layout, is_found_out_and_a_turn_is_taken) {
    muxio_server const server;
    auto const line = find_layout(server.url());
    EXPECT_EQ(lines_of("the client|header found out", {line}), 1U);
}

TEST_P(muxio_turns, a_stream_fails_when_its_server_goes) {
    auto server = std::make_unique<muxio_server>();
    lose_stream(server->url(), GetParam(), [&server] { server.reset(); });
}

}  // namespace
}  // namespace trunkline::interop
