#include <trunkline/load/crowd.hpp>

#include <trunkline/load/test_echo_world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;

struct crowds : testing::echo_world {
    std::uint64_t failures_of(std::string const& cause) const {
        auto const found = counts.causes().find(cause);
        return found == counts.causes().end() ? 0 : found->second;
    }
};

// Opening
// ------------------------------------------------------------------------------------------------

TEST_F(crowds, open_no_more_at_one_time_than_they_may) {
    of.connections = 50;
    of.concurrency = 7;
    run();
    EXPECT_EQ(counts.opened, 50U);
    EXPECT_EQ(lines.most_at_one_time, 7U);
    // Eight rounds of at most seven, one millisecond each.
    EXPECT_EQ(counts.opening, 8ms);
}

TEST_F(crowds, open_at_a_rate) {
    of.connections = 20;
    of.connect_rate = 100;
    run();
    ASSERT_EQ(lines.begun_at.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(lines.begun_at[i].time_since_epoch(), i * 10ms) << i;
    }
    EXPECT_EQ(counts.connects.total(), 20U);
    EXPECT_LE(counts.connects.at(1), 1016U);
}

TEST_F(crowds, count_a_connection_from_when_it_was_due) {
    of.connections = 10;
    of.connect_rate = 1000;
    of.concurrency = 1;
    lines.connect_time = 10ms;
    run();
    // Each takes 10 ms and was due 1 ms after the one before: the last waited for 81 ms.
    EXPECT_GE(counts.connects.at(1), 91'000U);
    EXPECT_LE(counts.connects.at(0.1), 10'200U);
}

TEST_F(crowds, tell_why_connections_are_not_made) {
    of.connections = 10;
    of.patience = 3s;
    lines.refused = {2, 3, 9};
    lines.silent = {5};
    run();
    EXPECT_EQ(counts.opened, 6U);
    EXPECT_EQ(counts.unopened, 4U);
    EXPECT_EQ(failures_of("cannot connect: Connection refused"), 3U);
    EXPECT_EQ(counts.failures(), 4U);
    EXPECT_EQ(counts.causes().size(), 2U);
    // The others talk: six members, one message a second each.
    EXPECT_EQ(counts.due, 60U);
    EXPECT_EQ(counts.received.messages, 60U);
}

TEST_F(crowds, end_where_nobody_can_connect) {
    of.connections = 3;
    lines.refused = {0, 1, 2};
    run();
    EXPECT_EQ(counts.unopened, 3U);
    EXPECT_EQ(counts.elapsed, 0s);
}

// Talking
// ------------------------------------------------------------------------------------------------

TEST_F(crowds, send_by_the_clock) {
    of.connections = 4;
    of.message_rate = 40;
    of.size = 33;
    run();
    EXPECT_EQ(counts.due, 400U);
    EXPECT_EQ(counts.sent.messages, 400U);
    EXPECT_EQ(counts.sent.bytes, 400U * 33);
    EXPECT_EQ(counts.received.messages, 400U);
    EXPECT_EQ(counts.received.bytes, 400U * 33);
    EXPECT_EQ(counts.latencies.total(), 400U);
    EXPECT_EQ(counts.failures(), 0U);
    ASSERT_EQ(counts.seconds.size(), 10U);
    EXPECT_EQ(counts.seconds[4].sent, 40U);
    EXPECT_EQ(counts.seconds[4].received, 40U);
}

TEST_F(crowds, let_only_some_send) {
    of.connections = 5;
    of.senders = 2;
    run();
    EXPECT_EQ(counts.opened, 5U);
    EXPECT_EQ(counts.due, 20U);
}

TEST_F(crowds, that_are_silent_only_stay) {
    of.connections = 5;
    of.silent = true;
    run();
    EXPECT_EQ(counts.opened, 5U);
    EXPECT_EQ(counts.sent.messages, 0U);
    EXPECT_EQ(counts.elapsed, 10s);
    EXPECT_EQ(counts.failures(), 0U);
}

// Messages of which each is larger than the pipe holds.
TEST_F(crowds, go_on_where_the_link_took_a_part) {
    of.connections = 3;
    of.size = 300'000;
    of.message_rate = 30;
    run();
    EXPECT_EQ(counts.sent.messages, 300U);
    EXPECT_EQ(counts.received.bytes, 300U * 300'000);
    EXPECT_EQ(counts.failures(), 0U);
}

// A server that stands still for one second of ten. One request at a time is under way, so only
// one of 1000 meets the pause; but a hundred are due in it, and wait up to a second.
TEST_F(crowds, count_what_was_due_while_the_server_paused) {
    of.message_rate = 100;
    of.depth = 1;
    begin();
    loop.run_for(3s);
    lines.pipes.front()->stall(transport::pipe_end::second, true);
    loop.run_for(1s);
    lines.pipes.front()->stall(transport::pipe_end::second, false);
    end();
    EXPECT_EQ(counts.latencies.total(), 1000U);
    EXPECT_LT(counts.latencies.at(0.89), 20'000U);
    EXPECT_NEAR(static_cast<double>(counts.latencies.at(0.95)), 500'000, 30'000);
    EXPECT_GT(counts.latencies.at(0.99), 880'000U);
    EXPECT_GT(counts.longest_us, 980'000U);
    // The second in which it went on is the one whose worst latency tells.
    EXPECT_LT(counts.seconds[1].worst_us, 1000U);
    EXPECT_EQ(counts.failures(), 0U);
}

// The same pause where messages follow answers: hardly anybody meets it. That is what correction
// is for, and why it takes a clock.
TEST_F(crowds, in_a_closed_loop_see_a_pause_once) {
    of.closed_loop = true;
    of.depth = 1;
    of.lasts = 100ms;
    begin();
    loop.run_until([this] { return counts.latencies.total() == 50; }, 50ms);
    lines.pipes.front()->stall(transport::pipe_end::second, true);
    loop.run_for(20ms);
    lines.pipes.front()->stall(transport::pipe_end::second, false);
    loop.limit_steps(100'000);
    loop.run_until([this] { return counts.latencies.total() == 1000; }, 1s);
    EXPECT_GE(counts.longest_us, 20'000U);
    EXPECT_LT(counts.latencies.at(0.99), 1000U);
    crowd_->stop();
    loop.limit_steps(1'000'000);
    end();
    EXPECT_EQ(counts.sent.messages, counts.received.messages);
}

TEST_F(crowds, in_a_closed_loop_keep_the_depth) {
    of.closed_loop = true;
    of.depth = 5;
    of.connections = 3;
    begin();
    loop.run_until([this] { return crowd_->at() == stage::running; }, 1s);
    for (auto const& each : lines.pipes) {
        each->stall(transport::pipe_end::second, true);
    }
    loop.run_for(1s);
    EXPECT_EQ(counts.sent.messages - counts.received.messages, 15U);
    EXPECT_EQ(counts.due, counts.sent.messages);
    crowd_->stop();
}

// Failures
// ------------------------------------------------------------------------------------------------

TEST_F(crowds, count_connections_that_are_lost) {
    of.connections = 3;
    begin();
    loop.run_for(2s);
    lines.pipes[1]->cut();
    end();
    EXPECT_EQ(counts.lost, 1U);
    EXPECT_EQ(counts.failures(), 1U);
    EXPECT_EQ(counts.causes().begin()->first, "lost: Connection reset by peer");
    EXPECT_EQ(counts.causes().begin()->second, 1U);
}

TEST_F(crowds, tell_what_the_server_said_at_the_end) {
    of.connections = 3;
    begin();
    loop.run_for(2s);
    room.close();
    end();
    EXPECT_EQ(failures_of("closed by the server with 1001: the server is stopping"), 3U);
}

TEST_F(crowds, count_messages_without_an_answer) {
    of.connections = 2;
    of.patience = 2s;
    begin();
    loop.run_for(5s);
    lines.pipes[0]->stall(transport::pipe_end::second, true);
    end();
    EXPECT_EQ(failures_of("no answer in time"), 5U);
    EXPECT_EQ(counts.latencies.total(), 15U);
    EXPECT_EQ(counts.elapsed, 12s);
}

/// A server that answers with something else.
class liar final : private transport::readiness_sink {
public:
    explicit liar(std::unique_ptr<websocket::connection> link) : link_(std::move(link)) {
        link_->watch(this, true, false);
    }

private:
    void on_ready(bool, bool) override {
        std::array<std::byte, 4096> buffer;
        std::array<websocket::message_piece, 16> pieces;
        auto const got = link_->read_messages(buffer, pieces);
        for (std::size_t i = 0; i < got.pieces; ++i) {
            static constexpr std::string_view word = "no";
            websocket::message_segment const said{.bytes = as_bytes(word),
                                                  .message_size = word.size(),
                                                  .kind = websocket::message_kind::binary,
                                                  .begins = true};
            auto const done = link_->write_messages({&said, 1});
            EXPECT_EQ(done.status, transport::io_status::ok);
        }
        if (got.status == transport::io_status::end) {
            link_->watch(nullptr, false, false);
        }
    }

    std::unique_ptr<websocket::connection> link_;
};

TEST_F(crowds, count_wrong_answers) {
    std::vector<std::unique_ptr<liar>> liars;
    testing::pipe_lines other(loop, shared, [&](std::unique_ptr<websocket::connection> link) {
        liars.push_back(std::make_unique<liar>(std::move(link)));
    });
    begin(other);
    end();
    EXPECT_EQ(failures_of("wrong: a message came back changed"), 10U);
    crowd_.reset();
}

// Stopping
// ------------------------------------------------------------------------------------------------

TEST_F(crowds, stop_while_they_open) {
    of.connections = 100;
    of.connect_rate = 10;
    begin();
    loop.run_for(1s);
    crowd_->stop();
    end();
    EXPECT_EQ(lines.numbers.size(), 11U);
    EXPECT_EQ(lines.at_one_time, 0U);
    EXPECT_EQ(counts.failures(), 0U);
}

TEST_F(crowds, stop_while_they_run) {
    of.connections = 2;
    begin();
    loop.run_for(3500ms);
    crowd_->stop();
    end();
    EXPECT_EQ(counts.received.messages, 7U);
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(crowd_->at(), stage::over);
}

// Dividing a run
// ------------------------------------------------------------------------------------------------

/// Two crowds with lines of their own, on one virtual time.
struct divided_crowds : crowds {
    void begin_both() {
        for (std::size_t at = 0; at < 2; ++at) {
            talk.push_back(std::make_unique<echo_conversation>(loop, of.size,
                                                               websocket::message_kind::binary));
            both.push_back(std::make_unique<crowd>(loop, of, *sources[at], *talk[at], parts[at],
                                                   share{at, 2}, together));
            both[at]->start([this, at](stage next) { stages[at].push_back(next); });
        }
    }

    void end_both() {
        EXPECT_TRUE(loop.run_until(
            [this] { return both[0]->at() == stage::over && both[1]->at() == stage::over; },
            std::chrono::hours(1)));
        counts.add(parts[0]);
        counts.add(parts[1]);
    }

    meeting together{2};
    testing::pipe_lines other_lines{loop, shared, [this](auto link) { room.add(std::move(link)); }};
    std::vector<line_source*> sources{&lines, &other_lines};
    std::vector<std::unique_ptr<echo_conversation>> talk;
    std::vector<std::unique_ptr<crowd>> both;
    std::array<tally, 2> parts;
    std::array<std::vector<stage>, 2> stages;
};

TEST_F(divided_crowds, do_together_what_one_would) {
    of.connections = 5;
    of.concurrency = 4;
    of.message_rate = 50;
    begin_both();
    end_both();
    EXPECT_EQ(lines.numbers, (std::vector<std::size_t>{0, 2, 4}));
    EXPECT_EQ(other_lines.numbers, (std::vector<std::size_t>{1, 3}));
    EXPECT_LE(lines.most_at_one_time, 2U);
    EXPECT_EQ(parts[0].due, 300U);
    EXPECT_EQ(parts[1].due, 200U);
    EXPECT_EQ(counts.latencies.total(), 500U);
    EXPECT_EQ(counts.failures(), 0U);
    ASSERT_EQ(counts.seconds.size(), 10U);
    EXPECT_EQ(counts.seconds[4].sent, 50U);
    std::vector<stage> const all{stage::running, stage::settling, stage::parting, stage::over};
    EXPECT_EQ(stages[0], all);
    EXPECT_EQ(stages[1], all);
}

TEST_F(divided_crowds, open_at_the_rate_of_all) {
    of.connections = 20;
    of.connect_rate = 100;
    begin_both();
    end_both();
    for (std::size_t at = 0; at < 10; ++at) {
        EXPECT_EQ(lines.begun_at[at].time_since_epoch(), 2 * at * 10ms) << at;
        EXPECT_EQ(other_lines.begun_at[at].time_since_epoch(), (2 * at + 1) * 10ms) << at;
    }
}

// The first one does all of the sending.
TEST_F(divided_crowds, let_only_some_send) {
    of.connections = 8;
    of.senders = 3;
    begin_both();
    end_both();
    EXPECT_EQ(parts[0].due, 30U);
    EXPECT_EQ(parts[1].due, 0U);
    EXPECT_EQ(parts[1].opened, 4U);
}

TEST_F(divided_crowds, let_those_of_both_send) {
    of.connections = 8;
    of.senders = 6;
    begin_both();
    end_both();
    EXPECT_EQ(parts[0].due, 40U);
    EXPECT_EQ(parts[1].due, 20U);
    EXPECT_EQ(counts.failures(), 0U);
}

TEST_F(divided_crowds, wait_for_the_slower_one) {
    of.connections = 4;
    other_lines.connect_time = 2s;
    begin_both();
    loop.run_for(1500ms);
    EXPECT_EQ(both[0]->at(), stage::opening);
    EXPECT_EQ(parts[0].sent.messages, 0U);
    end_both();
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(counts.opened, 4U);
    EXPECT_EQ(parts[0].latencies.total(), 20U);
    EXPECT_EQ(parts[1].latencies.total(), 20U);
}

TEST_F(divided_crowds, go_on_without_one_that_cannot_connect) {
    of.connections = 4;
    other_lines.refused = {1, 3};
    begin_both();
    end_both();
    EXPECT_EQ(counts.unopened, 2U);
    EXPECT_EQ(parts[0].due, 20U);
    EXPECT_EQ(parts[0].latencies.total(), 20U);
}

TEST_F(divided_crowds, count_a_loss_where_it_is) {
    of.connections = 4;
    begin_both();
    loop.run_until([this] { return both[1]->running_for() >= 2s; }, 10s);
    other_lines.pipes[1]->cut();
    end_both();
    EXPECT_EQ(parts[0].lost, 0U);
    EXPECT_EQ(parts[1].lost, 1U);
    EXPECT_EQ(parts[0].latencies.total(), 20U);
}

TEST_F(divided_crowds, end_early_at_any_time) {
    of.connections = 4;
    for (auto const when : {0us, 500us, 1000us, 1001us, 3'000'000us}) {
        SCOPED_TRACE(when.count());
        talk.clear();
        both.clear();
        begin_both();
        loop.run_for(when);
        both[0]->stop();
        both[1]->stop();
        EXPECT_TRUE(loop.run_until(
            [this] { return both[0]->at() == stage::over && both[1]->at() == stage::over; }, 5s));
    }
}

}  // namespace
}  // namespace trunkline::load
