// Recorded sessions in which the server ends the connection with a call under way: no published
// client recovers, some hang; ours must fail what is pending, once, and refuse what comes after.
#include <replay/session_replay.hpp>
#include <trunkline/rpc/error.hpp>

#include <gtest/gtest.h>

namespace trunkline::replay {
namespace {

TEST(ended_sessions, pending_calls_of_our_client_are_lost) {
    check_sessions(server_ends, [](recorded_session const& session) {
        rpc::dispatcher const nothing;
        auto const outcomes = replay_as_client(session, nothing, 0, feed_shape::as_recorded);
        for (std::size_t number = 0; number < outcomes.size(); ++number) {
            auto const recorded = recorded_messages(session, number, direction::to_server, 0);
            replay_outcome const& outcome = outcomes[number];
            EXPECT_FALSE(outcome.ended) << outcome.ended.message();
            EXPECT_TRUE(outcome.returned.empty());
            EXPECT_EQ(outcome.lost.size(), recorded.size());
            EXPECT_TRUE(same_answers(recorded, outcome.calls, {}));
        }
    });
}

TEST(ended_sessions, a_call_after_the_end_fails_at_once) {
    rpc::dispatcher const nothing;
    rpc::session_options options;
    options.local_side = rpc::side::dialer;
    served_connection ours(nothing, options, feed_shape::as_recorded);
    ours.peer().disconnect(make_error_code(rpc::rpc_error::connection_lost));
    auto const made = ours.peer().call(1, {}, [](rpc::response const&) { FAIL(); });
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), rpc::rpc_error::not_connected);
}

}  // namespace
}  // namespace trunkline::replay
