// Pings between two Trunkline peers: which come back, when, and how long it took.
#include <trunkline/peer/test_far_end.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/rpc/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <optional>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

using round_trip = call_result<std::chrono::microseconds>;

awaitable<void> writes_blobs(received<number> count, stream_writer<blob>& to, call_context) {
    for (std::uint64_t i = 0; i < count->value; ++i) {
        blob part{pattern(10'000)};
        co_await to.async_write(std::move(part), use_awaitable);
    }
}

class peer_ping : public ::testing::Test {
protected:
    peer_ping() {
        far.settings.connection.session.extensible = true;
        far.handle(echo, [](text const& said) { return said; });
        far.handle(blobs, writes_blobs);
    }
    [[nodiscard]] rpc_client connected() { return far.client().extension().connect().value(); }

    far_end far;
};

TEST_F(peer_ping, LIV_07_the_round_trip_is_measured) {
    auto const client = connected();
    EXPECT_EQ(client.ping().value(), 0us);
    std::optional<round_trip> answered;
    far.stall(true);
    client.async_ping({}, [&](round_trip outcome) { answered = std::move(outcome); });
    far.loop.run_for(250ms);
    EXPECT_FALSE(answered);
    far.stall(false);
    far.loop.run_for(1s);
    ASSERT_TRUE(answered && *answered);
    EXPECT_EQ(**answered, 250ms);
}

TEST_F(peer_ping, LIV_01_they_come_back_in_order_while_data_flows) {
    auto const client = connected();
    auto data = client.open(blobs, {200});
    std::vector<std::size_t> came;
    std::vector<std::size_t> sent;
    while (data.read().value()) {
        std::size_t const number = sent.size();
        sent.push_back(number);
        client.async_ping({}, [&came, number](round_trip outcome) {
            EXPECT_TRUE(outcome);
            came.push_back(number);
        });
    }
    far.loop.run_for(1s);
    EXPECT_EQ(sent.size(), 200u);
    EXPECT_EQ(came, sent);
}

TEST_F(peer_ping, LIV_01_they_overtake_what_waits_for_a_stalled_reader) {
    auto const client = connected();
    auto const stalled = client.open(blobs, {2000});
    far.loop.run_for(10s);
    EXPECT_TRUE(client.ping({.timeout = 1s}));
}

TEST_F(peer_ping, servers_ping_their_clients) {
    std::optional<peer> caller;
    far.handle(add_one, [&](number const& one, call_context context) {
        caller = context.caller;
        return number{one.value + 1};
    });
    auto const client = connected();
    ASSERT_TRUE(client.call(add_one, {1}));
    EXPECT_TRUE(caller->ping());
}

TEST_F(peer_ping, who_has_not_agreed_is_not_pinged) {
    auto const client = far.client().connect().value();
    ASSERT_TRUE(client.call(echo, {"x"}));
    std::size_t const read = far.faults.read;
    EXPECT_EQ(client.ping().error().error, rpc::rpc_error::not_extended);
    far.loop.run_for(1s);
    EXPECT_EQ(far.faults.read, read);
}

TEST_F(peer_ping, more_than_may_be_under_way_are_refused) {
    auto const client = connected();
    far.stall(true);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < rpc::pings_at_once_max; ++i) {
        client.async_ping({}, [&](round_trip outcome) { answered += outcome ? 1 : 0; });
    }
    EXPECT_EQ(client.ping().error().error, rpc::rpc_error::queue_full);
    far.stall(false);
    far.loop.run_for(1s);
    EXPECT_EQ(answered, rpc::pings_at_once_max);
}

TEST_F(peer_ping, each_ends_once_by_deadline_cancellation_or_the_end_of_the_connection) {
    auto const client = connected();
    far.stall(true);
    auto const begin = far.loop.now();
    EXPECT_EQ(client.ping({.timeout = 3s}).error().error, call_error::deadline_passed);
    EXPECT_EQ(far.loop.now() - begin, 3s);
    std::vector<error_code> ends;
    auto const note = [&](round_trip outcome) { ends.push_back(outcome.error().error); };
    boost::asio::cancellation_signal stop;
    client.async_ping({}, boost::asio::bind_cancellation_slot(stop.slot(), note));
    client.async_ping({}, note);
    far.loop.run_for(1s);
    stop.emit(boost::asio::cancellation_type::terminal);
    far.loop.run_for(1s);
    EXPECT_EQ(ends, (std::vector<error_code>{call_error::cancelled}));
    far.cut();
    far.loop.run_for(1s);
    EXPECT_EQ(ends,
              (std::vector<error_code>{call_error::cancelled, rpc::rpc_error::connection_lost}));
    EXPECT_EQ(client.ping().error().error, rpc::rpc_error::not_connected);
}

class ping_over : public over_transports {};
INSTANTIATE_TEST_SUITE_P(transports, ping_over, ::testing::ValuesIn(every_transport),
                         [](auto const& of) { return of.param; });

TEST_P(ping_over, LIV_07_the_round_trip_is_measured) {
    auto const server = a_server().start().value();
    auto const client = a_client(server).extension().connect().value();
    auto const begin = std::chrono::steady_clock::now();
    auto const answered = client.ping({.timeout = patience});
    ASSERT_TRUE(answered) << answered.error();
    EXPECT_GE(*answered, 0us);
    EXPECT_LE(*answered, std::chrono::steady_clock::now() - begin + 1us);
}

}  // namespace
}  // namespace trunkline
