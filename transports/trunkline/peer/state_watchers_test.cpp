// Observers that come late, and what is said at the end of a connection.
#include <trunkline/peer/state_watchers.hpp>

#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace trunkline {
namespace {

using transport::close_code;
using transport::close_reason;
using transport::connection_state;

using told_states = std::vector<connection_state>;

/// A server and a client with the extension on one loop that nobody runs but the test.
class watched : public ::testing::Test {
protected:
    [[nodiscard]] static auto into(told_states& states) {
        return [&states](connection_state state, error_code) { states.push_back(state); };
    }
    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names_).run_on(loop_).extension();
        return made;
    }
    [[nodiscard]] peer served() const { return server_.peers().front(); }
    void settle() { loop_.run_for(std::chrono::seconds(10)); }

    memory::hub names_;
    transport::simulated_runtime loop_;
    rpc_server const server_ =
        rpc_server::builder().listen("memory:here").over(names_).run_on(loop_).start().value();
};

TEST_F(watched, states_are_told_in_their_order_when_who_is_told_brings_the_next_about) {
    told_states first;
    told_states second;
    auto const client = a_client().connect().value();
    auto const closes = client.watch([&](connection_state state, error_code) {
        first.push_back(state);
        if (state == connection_state::connected) {
            client.close();
        }
    });
    auto const notes = client.watch(into(second));
    settle();
    told_states const whole{connection_state::connected, connection_state::disconnecting,
                            connection_state::disconnected};
    EXPECT_EQ(first, whole);
    EXPECT_EQ(second,
              told_states(whole.end() - static_cast<std::ptrdiff_t>(second.size()), whole.end()));
    EXPECT_GE(second.size(), 2U);
}

TEST_F(watched, a_watch_tells_nothing_once_it_has_gone) {
    told_states told;
    auto const client = a_client().connect().value();
    auto watch = client.watch(into(told));
    settle();
    watch.reset();
    client.close();
    settle();
    EXPECT_EQ(told, told_states{connection_state::connected});
}

TEST_F(watched, a_watch_may_end_itself_and_others_while_it_is_told) {
    told_states told;
    auto const client = a_client().connect().value();
    std::vector<state_watch> watches;
    watches.push_back(client.watch([&](connection_state state, error_code) {
        if (state != connection_state::connected) {
            watches.clear();
        }
    }));
    watches.push_back(client.watch(into(told)));
    settle();
    client.close();
    settle();
    EXPECT_EQ(told, told_states{connection_state::connected});
}

TEST_F(watched, each_try_of_a_client_that_comes_back_is_told) {
    told_states told;
    auto const client = a_client().reconnect().connect().value();
    auto const watch = client.watch(into(told));
    settle();
    told.clear();
    served().close();
    settle();
    EXPECT_EQ(told, (told_states{connection_state::disconnecting, connection_state::disconnected,
                                 connection_state::connecting, connection_state::connected}));
    EXPECT_EQ(client.farewell(), std::nullopt);
}

TEST_F(watched, nothing_is_told_of_a_client_that_has_gone) {
    told_states told;
    std::optional client = a_client().connect().value();
    peer const handle = *client;
    auto const watch = handle.watch(into(told));
    settle();
    client.reset();
    auto const late = handle.watch(into(told));
    settle();
    EXPECT_EQ(told, told_states{connection_state::connected});
}

TEST_F(watched, CLS_11_a_code_that_may_not_be_said_is_normal_and_a_long_reason_is_cut) {
    auto const client = a_client().connect().value();
    served().close(close_code{1006}, std::string(200, 'x'));
    settle();
    EXPECT_EQ(client.farewell(), (close_reason{close_code::normal, std::string(123, 'x')}));
}

TEST_F(watched, CLS_11_a_plain_close_says_nothing) {
    auto const client = a_client().connect().value();
    served().close();
    settle();
    EXPECT_EQ(client.farewell(), std::nullopt);
}

TEST_F(watched, REC_07_a_client_closed_for_its_fault_stays_away) {
    std::vector<error_code> ends;
    auto const client = a_client()
                            .reconnect()
                            .on_state([&](connection_state state, error_code why) {
                                if (state == connection_state::error) {
                                    ends.push_back(why);
                                }
                            })
                            .connect()
                            .value();
    served().close(close_code::policy_violation, "no");
    settle();
    EXPECT_EQ(ends, std::vector<error_code>{transport::transport_error::rejected_by_peer});
    EXPECT_FALSE(client.is_reconnecting());
    EXPECT_EQ(client.farewell(), (close_reason{close_code::policy_violation, "no"}));
}

TEST_F(watched, a_server_that_stops_says_so) {
    auto server = rpc_server::builder().listen("memory:other").over(names_).run_on(loop_).start();
    auto const client = a_client().url("memory:other").connect().value();
    server->async_stop([] {});
    settle();
    ASSERT_TRUE(client.farewell().has_value());
    EXPECT_EQ(client.farewell()->code, close_code::going_away);
}

}  // namespace
}  // namespace trunkline
