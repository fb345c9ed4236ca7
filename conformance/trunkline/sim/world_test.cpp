// A program's own service in a simulation, as docs/simulator.md shows it.
// On the page from here
#include <trunkline/sim/world.hpp>

#include <chrono>
#include <tuple>

using namespace trunkline;
using namespace std::chrono_literals;

struct amount {
    std::uint64_t cents = 0;
    static constexpr auto fields() { return std::tuple(&amount::cents); }
};
constexpr typed::method<amount, amount> pay{"pay"};

// Pays one cent every second while links fail. No cent may be booked twice.
void a_shop(sim::world& at) {
    std::uint64_t booked = 0;
    auto const server = at.a_server("tcp://shop:1")
                            .handle(pay,
                                    [&](amount const& paid) {
                                        booked += paid.cents;
                                        at.tell("shop", "books " + std::to_string(booked));
                                        return amount{booked};
                                    })
                            .start()
                            .value();
    auto const client = at.a_client("tcp://shop:1").connect().value();

    std::uint64_t sent = 0;
    at.faults().strike_for(60s, 5s);
    for (int second = 0; second < 60; ++second) {
        auto const call = at.calls().begin("client", "pays", 10s);
        client.async_call(pay, {1}, {.timeout = 10s}, [&, call](auto const& answer) {
            at.calls().end(call, answer ? "done" : answer.error().error.message());
            sent += answer || answer.error().progress != call_progress::not_sent ? 1 : 0;
        });
        at.run_for(1s);
    }
    at.faults().stop();
    at.run_for(10s);
    at.expect(booked <= sent, "a cent was booked that nobody paid");
    at.expect(at.run_until([&] { return client.is_connected(); }, 60s), "the client is lost");
}
// On the page up to here

#include <trunkline/base/format_page.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace {

TEST(own_service, keeps_what_it_promises_with_every_seed) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        auto const found = sim::run(seed, a_shop);
        EXPECT_EQ(found.broken, "") << "seed " << seed;
        EXPECT_EQ(found.hash, sim::run(seed, a_shop).hash);
        EXPECT_EQ(found.calls, 60U);
    }
}

TEST(world, counts_what_runs_while_somebody_waits) {
    sim::world at(1);
    auto const server = at.a_server("tcp://shop:1").start().value();
    auto const before = at.so_far();
    auto const client = at.a_client("tcp://shop:1").connect().value();
    EXPECT_GT(at.so_far().events, before.events);
    EXPECT_NE(at.so_far().hash, before.hash);
}

TEST(own_service, stands_on_the_page) {
    std::ifstream source(TRUNKLINE_SOURCE_DIR "/conformance/trunkline/sim/world_test.cpp");
    std::ostringstream all;
    all << source.rdbuf();
    auto const text = all.str();
    std::string const from = "// On the page from here\n";
    auto const begin = text.find(from) + from.size();
    auto const code = text.substr(begin, text.find("// On the page up to here", begin) - begin);
    format_page const page(TRUNKLINE_SOURCE_DIR "/docs/simulator.md");
    EXPECT_NE(page.text().find("```cpp\n" + code + "```"), std::string::npos);
}

}  // namespace
