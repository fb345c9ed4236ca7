#include <trunkline/load/store_talk.hpp>

#include <trunkline/load/crowd.hpp>
#include <trunkline/load/test_echo_world.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/store_service/testing.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;
using store_service::testing::map_backend;

struct store_talks : testing::echo_world {
    store_talks() { EXPECT_TRUE(store_service::add_methods(methods, backend)); }

    void accept(std::unique_ptr<websocket::connection> link) {
        drivers.push_back(std::make_unique<transport::driver>(
            loop, std::move(link), methods, transport::driver::options{},
            [](transport::connection_state, error_code) {}));
        drivers.back()->start();
    }

    void begin_calls() {
        work.size = of.size;
        calls.emplace(loop, work, frame::layout::b);
        crowd_.emplace(loop, of, servers, *calls, counts);
        crowd_->start([this](stage next) { is_over = next == stage::over; });
    }

    std::shared_ptr<map_backend> backend = std::make_shared<map_backend>();
    rpc::dispatcher methods;
    std::vector<std::unique_ptr<transport::driver>> drivers;
    testing::pipe_lines servers{loop, shared, [this](auto link) { accept(std::move(link)); }};
    store_work work{.keys = 50};
    std::optional<store_conversation> calls;
};

TEST_F(store_talks, read_what_was_written_before) {
    of.connections = 3;
    of.message_rate = 30;
    begin_calls();
    end();
    EXPECT_EQ(backend->values.size(), 50U);
    EXPECT_EQ(counts.opened, 3U);
    EXPECT_EQ(counts.due, 300U);
    EXPECT_EQ(counts.latencies.total(), 300U);
    EXPECT_EQ(counts.failures(), 0U);
}

TEST_F(store_talks, see_that_values_are_wrong) {
    begin_calls();
    loop.run_until([this] { return crowd_->at() == stage::running; }, 1s);
    for (auto& [key, value] : backend->values) {
        value += "x";
    }
    end();
    EXPECT_GE(counts.causes().at("wrong: an answer with other bytes"), 9U);
}

TEST_F(store_talks, tell_when_calls_fail) {
    work.asks = store_operation::write;
    begin_calls();
    loop.run_for(2500ms);
    backend->fails = error_code(ENOSPC, boost::system::system_category());
    end();
    EXPECT_EQ(counts.causes().size(), 1U);
    EXPECT_TRUE(counts.causes().begin()->first.starts_with("a call failed: "));
    EXPECT_EQ(counts.failures(), 7U);
}

TEST_F(store_talks, tell_when_nothing_can_be_prepared) {
    backend->fails = error_code(ENOSPC, boost::system::system_category());
    begin_calls();
    end();
    EXPECT_EQ(counts.opened, 0U);
    ASSERT_EQ(counts.causes().size(), 1U);
    EXPECT_TRUE(counts.causes().begin()->first.starts_with("cannot prepare: a call failed: "));
}

TEST_F(store_talks, tell_when_nobody_is_there_to_be_prepared) {
    servers.refused = {0};
    begin_calls();
    end();
    EXPECT_EQ(counts.causes().begin()->first, "cannot prepare: Connection refused");
}

TEST_F(store_talks, charge_a_pause_to_what_was_due) {
    of.message_rate = 100;
    of.depth = 1;
    begin_calls();
    loop.run_until([this] { return crowd_->running_for() >= 3s; }, 10s);
    servers.pipes.back()->stall(transport::pipe_end::second, true);
    loop.run_for(1s);
    servers.pipes.back()->stall(transport::pipe_end::second, false);
    end();
    EXPECT_EQ(counts.latencies.total(), 1000U);
    EXPECT_GT(counts.latencies.at(0.99), 850'000U);
    EXPECT_LT(counts.latencies.at(0.89), 20'000U);
}

TEST_F(store_talks, count_lost_connections) {
    of.connections = 2;
    begin_calls();
    loop.run_until([this] { return crowd_->running_for() >= 3s; }, 10s);
    servers.pipes.back()->cut();
    end();
    EXPECT_EQ(counts.lost, 1U);
    EXPECT_EQ(counts.causes().at("lost: Connection reset by peer"), 1U);
}

}  // namespace
}  // namespace trunkline::load
