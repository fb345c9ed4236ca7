// What waits for a peer that takes nothing: FORMAT.md, "Limits".
#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;

class session_queue : public ::testing::TestWithParam<frame::layout> {
protected:
    wire_text wire{GetParam()};
    session_options options;

    void SetUp() override { options.layout = GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, session_queue,
                         ::testing::Values(frame::layout::a, frame::layout::b));

// Sends events of `body` until one fails; how many were taken.
std::size_t send_until_refused(session& from, std::string const& body) {
    for (std::size_t sent = 0;; ++sent) {
        slice piece = text(body);
        auto const taken = from.send_event(echo, {&piece, 1}, 0);
        if (!taken) {
            EXPECT_EQ(taken.error(), rpc_error::queue_full);
            return sent;
        }
        if (sent > 8 * events_queued_size_max) {
            ADD_FAILURE() << "no event is ever refused";
            return sent;
        }
    }
}

// Counts what arrives, in whole events.
class audience final : public events_ignored {
public:
    std::size_t events = 0;
    std::size_t calls = 0;
    std::size_t bytes = 0;

private:
    void on_request(call_id, message_head const& head, bytes_view arguments) override {
        ++(head.type == message_type::event ? events : calls);
        bytes += arguments.size();
    }
};

TEST_P(session_queue, events_for_a_peer_that_is_silent_are_bounded) {
    for (std::string const& each : {std::string(), std::string(1000, 'x'), std::string(mib, 'x')}) {
        session_options accepting;
        accepting.message_borders = true;
        audience nobody;
        session acceptor(accepting, nobody);
        std::size_t const sent = send_until_refused(acceptor, each);
        std::size_t const each_costs = each.size() + 200;
        EXPECT_GT(sent * each_costs, events_queued_size_max);
        EXPECT_LE(sent * each.size(), events_queued_size_max + each.size());

        audience heard;
        session_options dialing = options;
        dialing.local_side = side::dialer;
        session dialer(dialing, heard);
        dialer.announce(0);
        byte_string const said = take_output(dialer.output());
        ASSERT_TRUE(acceptor.receive(said, true, 0).has_value());
        EXPECT_EQ(acceptor.layout(), GetParam());
        std::size_t const more = send_until_refused(acceptor, each);
        EXPECT_LE((sent + more) * each.size(), events_queued_size_max + each.size())
            << "what has waited for the layout still counts";
        byte_string const all = take_output(acceptor.output());
        ASSERT_EQ(feed(dialer, all).value(), all.size());
        EXPECT_EQ(heard.events, sent + more);
        EXPECT_EQ(heard.bytes, (sent + more) * each.size());
        EXPECT_GT(send_until_refused(acceptor, each), 0u);
    }
}

TEST_P(session_queue, calls_for_a_peer_that_is_silent_are_bounded_too) {
    options.layout.reset();
    audience nobody;
    session of(options, nobody);
    std::string const large(mib, 'x');
    std::vector<std::uint32_t> ids;
    auto const call = [&] {
        slice piece = text(large);
        return of.call(echo, {&piece, 1}, delivery::whole, 0);
    };
    auto const in_parts = of.begin_call(never, {}, delivery::parts, 0);
    ASSERT_TRUE(in_parts.has_value());
    auto made = call();
    for (; made && ids.size() < 100; made = call()) {
        ids.push_back(*made);
    }
    EXPECT_EQ(made.error(), rpc_error::queue_full);
    EXPECT_EQ(ids.size(), events_queued_size_max / mib);
    slice part = text(large);
    EXPECT_EQ(of.write_call(*in_parts, {&part, 1}, 0).error(), rpc_error::queue_full);
    EXPECT_EQ(of.begin_call(never, {}, delivery::parts, 0).error(), rpc_error::queue_full);
    part = text("");
    EXPECT_EQ(of.send_event(never, {&part, 1}, 0).error(), rpc_error::queue_full);

    of.cancel_call(ids.back(), 0);
    part = text(large);
    EXPECT_TRUE(of.write_call(*in_parts, {&part, 1}, 0).has_value()) << "there is room again";
    EXPECT_TRUE(of.end_call(*in_parts, 0).has_value());
    EXPECT_EQ(call().error(), rpc_error::queue_full);
    ASSERT_TRUE(of.receive(wire.call(1, echo, ""), true, 0).has_value());
    ASSERT_EQ(of.layout(), GetParam());
    EXPECT_TRUE(call().has_value()) << "what is sent is bounded by the number of calls";
    audience heard;
    session_options dialing = options;
    dialing.local_side = side::dialer;
    dialing.layout = GetParam();
    session dialer(dialing, heard);
    byte_string const all = take_output(of.output());
    ASSERT_EQ(feed(dialer, all).value(), all.size());
    EXPECT_EQ(heard.calls, ids.size() + 1);  // one was given up, one is in parts, one came later
    EXPECT_EQ(heard.bytes, heard.calls * mib);
    of.disconnect(rpc_error::connection_lost);
    EXPECT_EQ(of.send_event(never, {&part, 1}, 0).error(), rpc_error::not_connected);
}

TEST_P(session_queue, events_for_a_peer_that_reads_slowly_are_bounded) {
    options.local_side = side::dialer;
    audience nobody;
    session of(options, nobody);
    std::string const large(8 * mib, 'x');
    for (std::string const& each : {std::string(), std::string(1000, 'x'), std::string(mib, 'x')}) {
        slice argument = text(large);
        ASSERT_TRUE(of.call(echo, {&argument, 1}, delivery::whole, 0).has_value());
        std::size_t const before = of.output().size();
        std::size_t const sent = send_until_refused(of, each);
        EXPECT_GT(sent, 3u) << "calls that wait take no room from events";
        EXPECT_LE(of.output().size() - before, events_queued_size_max + mib + 1000);
        of.output().consume(before + of.output().size() / 8);
        EXPECT_GT(send_until_refused(of, each), 0u) << "there is room again";
        of.output().clear();
        EXPECT_EQ(send_until_refused(of, each), sent);
        of.output().clear();
    }
}

// One message of any size may wait, however large: only what comes behind it is refused.
TEST_P(session_queue, the_largest_event_is_sent) {
    audience nobody;
    session of(options, nobody);
    std::string const large(options.limits.message_size_max - header_size, 'x');
    EXPECT_EQ(send_until_refused(of, large), 1u);
}

}  // namespace
}  // namespace trunkline::rpc
