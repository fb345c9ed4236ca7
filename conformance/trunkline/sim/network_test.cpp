// Links: each fault is cured by its own cure, and what never came does not count.
#include <trunkline/sim/network.hpp>

#include <trunkline/conformance/messages.hpp>
#include <trunkline/sim/world.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;

// A client and its server, on links that can be disturbed.
struct disturbed : ::testing::Test {
    disturbed()
        : server(at.a_server(url)
                     .handle(conformance::add_one,
                             [](conformance::number const& to) {
                                 return conformance::number{to.value + 1};
                             })
                     .start()
                     .value()),
          client(at.a_client(url).connect().value()) {}

    [[nodiscard]] bool is_answered() {
        std::optional<bool> answered;
        client.async_call(conformance::add_one, {1}, {.timeout = 20s},
                          [&](auto const& answer) { answered = answer.has_value(); });
        at.run_until([&] { return answered.has_value(); }, 30s);
        return answered == true;
    }

    static constexpr auto url = "tcp://there:1";
    world at{1};
    rpc_server server;
    rpc_client client;
};

TEST_F(disturbed, what_stalls_already_does_not_stall_again) {
    std::size_t stalls = 0;
    for (int i = 0; i < 50; ++i) {
        stalls += at.network().stall_one() != nullptr ? 1 : 0;
    }
    EXPECT_EQ(stalls, 2U);
    EXPECT_EQ(at.network().clog(), nullptr);
}

TEST_F(disturbed, new_links_are_clogged_too) {
    auto const cure = at.network().clog();
    EXPECT_TRUE(at.network().cut_one());
    EXPECT_FALSE(is_answered());
    EXPECT_GT(at.network().made(url), 1U);
    cure();
    EXPECT_TRUE(is_answered());
}

TEST_F(disturbed, a_cure_makes_good_its_own_strike_only) {
    auto const stall = at.network().stall_one();
    auto clog = at.network().clog();
    while (clog == nullptr) {
        clog = at.network().clog();  // by chance, the other direction
    }
    stall();
    EXPECT_FALSE(is_answered());
    clog();
    EXPECT_TRUE(is_answered());
}

TEST_F(disturbed, a_break_counts_when_it_comes) {
    auto const cure = at.network().reset_one();
    ASSERT_NE(cure, nullptr);
    EXPECT_EQ(at.network().reset_one(), nullptr);
    EXPECT_EQ(at.network().breaks(), 0U);
    for (int calls = 0; at.network().breaks() == 0 && calls < 300; ++calls) {
        static_cast<void>(is_answered());
    }
    EXPECT_EQ(at.network().breaks(), 1U);
    cure();
    EXPECT_EQ(at.network().breaks(), 1U);
}

TEST_F(disturbed, a_break_that_was_cured_never_comes) {
    at.network().reset_one()();
    for (int calls = 0; calls < 100; ++calls) {
        EXPECT_TRUE(is_answered());
    }
    EXPECT_EQ(at.network().breaks(), 0U);
    EXPECT_EQ(at.network().made(url), 1U);
}

}  // namespace
}  // namespace trunkline::sim
