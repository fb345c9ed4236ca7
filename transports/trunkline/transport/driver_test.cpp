#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/driver_rules.hpp>
#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

link_kind stream_kind(delivery_shape shape) {
    return {.name = std::string("stream_") + name_of(shape),
            .make =
                [shape](simulated_runtime& loop) {
                    auto pipe =
                        make_simulated_pipe(loop, {.shape = shape, .latency = milliseconds(2)});
                    return std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>>(
                        std::make_unique<stream_connection>(std::move(pipe.first)),
                        std::make_unique<stream_connection>(std::move(pipe.second)));
                },
            .size_max = shape == delivery_shape::one_byte ? 2'000U : 150'000U};
}

std::vector<link_kind> stream_kinds() {
    std::vector<link_kind> kinds;
    for (delivery_shape const shape : all_delivery_shapes) {
        kinds.push_back(stream_kind(shape));
    }
    return kinds;
}

INSTANTIATE_TEST_SUITE_P(streams, driver_rules, ::testing::ValuesIn(stream_kinds()),
                         [](auto const& kind) { return kind.param.name; });

// A driver at the second end of a pipe; at the first end the test reads and writes bytes itself,
// with a session at hand to make and understand them.
struct driver_fixture : ::testing::Test {
    void open(pipe_options const& options = {}, capabilities abilities = {.half_close = true}) {
        pipe = make_simulated_pipe(loop, options);
        near.start(std::make_unique<noting_connection>(
            loop, std::make_unique<stream_connection>(std::move(pipe.second)), abilities, notes));
        loop.run_until_idle();
    }

    void make_far() {
        rpc::session_options options;
        options.local_side = rpc::side::dialer;
        options.layout = frame::layout::b;
        far = std::make_unique<rpc::endpoint>(
            options, no_methods, [](void*) noexcept { return std::uint64_t{0}; }, nullptr);
    }

    // Bytes of calls that the far side makes.
    std::string calls(int count, std::uint64_t method_id, std::string_view arguments) {
        for (int number = 0; number < count; ++number) {
            slice argument = text(arguments);
            auto const sent =
                far->call(method_id, {&argument, 1}, [this](rpc::response const& got) {
                    ++answers;
                    answer_bytes += got.body.size();
                });
            TRUNKLINE_ASSERT(sent.has_value());
        }
        std::string bytes;
        std::vector<out_segment> segments(100);
        auto& output = far->protocol().output();
        while (!output.empty()) {
            std::size_t const size = bytes.size();
            for (auto const& segment : std::span(segments).first(output.peek(segments))) {
                bytes += as_text(segment.bytes);
            }
            output.consume(bytes.size() - size);
        }
        return bytes;
    }

    io_result far_write(std::string_view bytes) {
        bytes_view const piece = as_bytes(bytes);
        return pipe.first->write({&piece, 1});
    }

    // Takes what has arrived, at most `size` bytes, and understands it.
    std::size_t far_read(std::size_t size = 1'000'000) {
        std::vector<std::byte> buffer(size);
        std::size_t total = 0;
        while (total < size) {
            auto const got = pipe.first->read(mutable_bytes(buffer).subspan(total));
            far_status = got.status;
            if (got.status != io_status::ok) {
                break;
            }
            total += got.size;
        }
        EXPECT_TRUE(far->protocol().receive(bytes_view(buffer).first(total), false, 0).has_value());
        EXPECT_TRUE(far->protocol().settle().has_value());
        return total;
    }

    pipe_counters const& near_did() { return pipe.control->counters(pipe_end::second); }

    simulated_runtime loop;
    simulated_pipe pipe;
    peer near{loop, rpc::side::acceptor};
    noting_connection::notes notes;
    rpc::dispatcher no_methods;
    std::unique_ptr<rpc::endpoint> far;
    io_status far_status = io_status::ok;
    int answers = 0;
    std::size_t answer_bytes = 0;

    driver_fixture() { make_far(); }
};

using bytes_moved = driver_fixture;

TEST_F(bytes_moved, one_call_is_one_read_and_one_write) {
    open();
    far_write(calls(1, echo, "x"));
    loop.run_until_idle();
    EXPECT_EQ(near_did().reads, 1U);
    EXPECT_EQ(near_did().writes, 1U);
    EXPECT_EQ(near_did().acknowledgements, 0U);
    far_read();
    EXPECT_EQ(answers, 1);
}

TEST_F(bytes_moved, pipelined_calls_are_answered_by_one_write) {
    open();
    far_write(calls(200, echo, "0123456789"));
    loop.run_until_idle();
    EXPECT_EQ(near_did().reads, 1U);
    EXPECT_EQ(near_did().writes, 1U);
    far_read();
    EXPECT_EQ(answers, 200);
}

TEST_F(bytes_moved, our_calls_of_one_turn_are_one_write) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    auto const before = near_did().writes;
    for (int number = 0; number < 50; ++number) {
        near.call(echo, "from here");
    }
    EXPECT_EQ(near_did().writes, before);
    loop.run_until_idle();
    EXPECT_EQ(near_did().writes, before + 1);
}

TEST_F(bytes_moved, a_batch_with_large_answers_is_written_before_its_end) {
    open({.capacity = 4 * mib});
    // A piece of input per call would be a message border's doing; here the link gives all at once,
    // and the early write comes between reads.
    std::string const batch = calls(40, big, "10000");
    for (std::size_t index = 0; index < batch.size(); index += batch.size() / 8) {
        far_write(std::string_view(batch).substr(index, batch.size() / 8));
    }
    loop.run_until_idle();
    EXPECT_GE(near_did().writes, 8U);
    far_read();
    EXPECT_EQ(answers, 40);
}

TEST_F(bytes_moved, a_cancel_is_the_last_of_its_write) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    auto const before = near_did().writes;
    noted_stream answers_of_far;
    auto& here = near.link().peer();
    auto const id = here.open(parts, {}, answers_of_far);
    slice part = text("part");
    ASSERT_TRUE(here.write(*id, {&part, 1}).has_value());
    here.cancel(*id);
    near.call(echo, "after the cancel");
    loop.run_until_idle();
    EXPECT_EQ(near_did().writes, before + 2);
}

TEST_F(bytes_moved, an_incomplete_message_is_acknowledged_at_once) {
    open();
    std::string const bytes = calls(1, echo, "x");
    far_write(std::string_view(bytes).substr(0, bytes.size() - 1));
    loop.run_until_idle();
    EXPECT_EQ(near_did().acknowledgements, 1U);
    far_write(std::string_view(bytes).substr(bytes.size() - 1));
    loop.run_until_idle();
    EXPECT_EQ(near_did().acknowledgements, 1U);
    far_read();
    EXPECT_EQ(answers, 1);
}

TEST_F(bytes_moved, a_turn_takes_its_share_of_the_input_and_no_more) {
    near.settings.limits.input_per_turn_max = 100 * kib;
    open({.capacity = 4 * mib});
    std::string const batch = calls(10'000, echo, std::string(60, 'x'));
    ASSERT_EQ(far_write(batch).size, batch.size());
    std::vector<std::size_t> turns;
    std::uint64_t seen = 0;
    while (loop.run_one() && near_did().read_size < batch.size()) {
        turns.push_back(near_did().read_size - seen);
        seen = near_did().read_size;
    }
    EXPECT_GT(turns.size(), 5U);
    EXPECT_EQ(*std::max_element(turns.begin(), turns.end()), 100 * kib);
}

struct backpressure : driver_fixture {};

TEST_F(backpressure, a_peer_that_does_not_read_is_not_read) {
    constexpr int asked = 2000;
    open({.capacity = 128 * kib});
    // 20 KB of answers for each 40 bytes asked: 40 MB in all, for a peer that reads nothing.
    std::string const batch = calls(asked, big, "20000");
    std::size_t sent = 0;
    for (int times = 0; times < 50; ++times) {
        sent += far_write(std::string_view(batch).substr(sent)).size;
        loop.run_until_idle();
    }
    auto& session = near.link().peer().protocol();
    EXPECT_GT(session.output().size(), 1 * mib);
    EXPECT_LE(session.output().size(), 1 * mib + 32 * kib);
    EXPECT_LT(near.requests, asked / 10);
    EXPECT_LE(near_did().read_size, read_buffer_size);
    // It reads again: everything is answered, without further action.
    for (int turns = 0; turns < 100'000 && answers < asked; ++turns) {
        sent += sent < batch.size() ? far_write(std::string_view(batch).substr(sent)).size : 0;
        far_read();
        loop.run_until_idle();
        ASSERT_LE(session.output().size(), 1 * mib + 32 * kib);
    }
    EXPECT_EQ(answers, asked);
    EXPECT_EQ(answer_bytes, asked * 20'000U);
    EXPECT_EQ(near.states, (states{connection_state::connected}));
}

TEST_F(backpressure, too_many_unanswered_requests_stop_the_reading_until_they_are_answered) {
    near.settings.session.limits.unanswered_requests_max = 10;
    open();
    far_write(calls(25, later, ""));
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 10);
    near.answer_later_calls();
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 20);
    near.answer_later_calls();
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 25);
    near.answer_later_calls();
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(answers, 25);
}

TEST_F(backpressure, large_output_is_spread_over_turns) {
    open({.capacity = 16 * mib});
    far_write(calls(1, big, "8000000"));
    std::size_t largest = 0;
    std::uint64_t seen = 0;
    while (loop.run_one() && near_did().write_size < 8'000'000) {
        largest = std::max<std::size_t>(largest, near_did().write_size - seen);
        seen = near_did().write_size;
    }
    far_read(16 * mib);
    EXPECT_EQ(answer_bytes, 8'000'000U);
    EXPECT_LE(largest, 2 * mib);
}

// Each side has far more to ask than the marks and the link can hold.
TEST_F(backpressure, two_sides_that_ask_at_once_do_not_wait_for_each_other) {
    auto ends = make_simulated_pipe(loop, {.capacity = 1 * kib});
    peer one(loop, rpc::side::dialer);
    peer two(loop, rpc::side::acceptor);
    two.start(std::make_unique<stream_connection>(std::move(ends.second)));
    one.start(std::make_unique<stream_connection>(std::move(ends.first)));
    one.call(echo, "");
    loop.run_for(seconds(1));
    std::string const large(600'000, 'x');
    for (int number = 0; number < 10; ++number) {
        one.call(later, large);
        two.call(later, large);
    }
    loop.run_for(seconds(1));
    EXPECT_EQ(one.kept.size(), 10U);
    EXPECT_EQ(two.kept.size(), 10U);
    one.answer_later_calls();
    two.answer_later_calls();
    loop.run_for(seconds(1));
    for (peer const* side : {&one, &two}) {
        EXPECT_EQ(side->states, (states{connection_state::connected}));
        EXPECT_EQ(side->outcomes.back()->times, 1);
        EXPECT_FALSE(side->outcomes.back()->error);
    }
}

struct keep_alive : driver_fixture {
    void SetUp() override {
        // Off the grid of the sweep, so that nothing is exact by luck.
        loop.run_for(milliseconds(1111));
    }
    void open_with_probe() { open({}, {.half_close = true, .probe = true}); }
    runtime::duration since(runtime::time_point begin, runtime::time_point when) {
        return when - begin;
    }
    void expect_about(runtime::duration measured, runtime::duration wanted) {
        EXPECT_GE(measured, wanted);
        EXPECT_LE(measured, wanted + sweeper::tick);
    }
};

TEST_F(keep_alive, a_silent_peer_is_probed_every_5_s_and_given_up_after_15_s) {
    auto const begin = loop.now();
    open_with_probe();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(begin, loop.now()), seconds(15));
    ASSERT_EQ(notes.probes.size(), 2U);
    expect_about(since(begin, notes.probes[0]), seconds(5));
    expect_about(since(begin, notes.probes[1]), seconds(10));
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, transport_error::silent_peer);
    EXPECT_TRUE(notes.aborted);
    EXPECT_TRUE(notes.destroyed);
}

TEST_F(keep_alive, any_byte_is_a_sign_of_life) {
    open_with_probe();
    std::string const bytes = calls(1, echo, "slowly");
    auto last = loop.now();
    for (char const byte : bytes) {
        loop.run_for(milliseconds(14'900));
        EXPECT_FALSE(near.over());
        far_write({&byte, 1});
        loop.run_until_idle();
        last = loop.now();
    }
    far_read();
    EXPECT_EQ(answers, 1);
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(last, loop.now()), seconds(15));
}

TEST_F(keep_alive, a_busy_peer_is_not_probed) {
    open_with_probe();
    for (int times = 0; times < 20; ++times) {
        loop.run_for(milliseconds(4'900));
        far_write(calls(1, echo, ""));
    }
    EXPECT_TRUE(notes.probes.empty());
    EXPECT_FALSE(near.over());
}

TEST_F(keep_alive, silence_is_no_offence_without_a_probe_or_when_it_is_switched_off) {
    near.settings.keep_alive_probes = false;
    open_with_probe();
    peer other(loop, rpc::side::acceptor);
    auto plain = make_simulated_pipe(loop, {});
    other.start(std::make_unique<stream_connection>(std::move(plain.second)));
    loop.run_for(std::chrono::hours(1));
    EXPECT_FALSE(near.over());
    EXPECT_FALSE(other.over());
    EXPECT_TRUE(notes.probes.empty());
}

TEST_F(keep_alive, a_peer_that_is_not_read_cannot_be_silent) {
    near.settings.session.limits.unanswered_requests_max = 1;
    open_with_probe();
    far_write(calls(1, later, ""));
    loop.run_for(seconds(100));
    EXPECT_FALSE(near.over());
    // Once it is read again, its time starts anew.
    near.answer_later_calls();
    loop.run_until_idle();
    auto const begin = loop.now();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    expect_about(since(begin, loop.now()), seconds(15));
}

TEST_F(keep_alive, a_peer_that_takes_nothing_is_given_up_after_30_s) {
    open({.capacity = 1000}, {.half_close = true});
    auto const begin = loop.now();
    far_write(calls(1, big, "5000"));
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(120)));
    expect_about(since(begin, loop.now()), seconds(30));
    EXPECT_EQ(near.cause, transport_error::write_stalled);
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_TRUE(notes.aborted);
}

TEST_F(keep_alive, progress_however_small_keeps_a_writer_alive) {
    open({.capacity = 1000}, {.half_close = true});
    far_write(calls(1, big, "2000"));
    loop.run_until_idle();
    for (int times = 0; times < 30; ++times) {
        loop.run_for(milliseconds(29'000));
        ASSERT_FALSE(near.over());
        far_read(1);
        loop.run_until_idle();
    }
    auto const begin = loop.now();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(120)));
    expect_about(since(begin, loop.now()), seconds(30));
}

TEST_F(keep_alive, a_close_that_the_peer_ignores_ends_within_its_timeout) {
    for (int phase = 0; phase < 250; phase += 49) {
        loop.run_for(milliseconds(49));
        peer one(loop, rpc::side::acceptor);
        auto pipe_of_one = make_simulated_pipe(loop, {});
        one.start(std::make_unique<stream_connection>(std::move(pipe_of_one.second)));
        loop.run_until_idle();
        auto const begin = loop.now();
        one.link().close(close_code::normal, "");
        ASSERT_TRUE(loop.run_until([&] { return one.over(); }, seconds(60)));
        EXPECT_LE(since(begin, loop.now()), seconds(1));
        EXPECT_GE(since(begin, loop.now()), milliseconds(500));
        EXPECT_EQ(one.states.back(), connection_state::disconnected);
        EXPECT_TRUE(pipe_of_one.control->counters(pipe_end::second).closed);
    }
}

struct endings : driver_fixture {};

TEST_F(endings, an_orderly_end_is_a_disconnect) {
    open();
    far_write(calls(2, echo, "x"));
    loop.run_until_idle();
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_EQ(near.states, (states{connection_state::connected, connection_state::disconnecting,
                                   connection_state::disconnected}));
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

TEST_F(endings, an_end_within_a_message_is_a_lost_link) {
    std::string const bytes = calls(1, echo, "x");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        peer one(loop, rpc::side::acceptor);
        auto ends = make_simulated_pipe(loop, {});
        one.start(std::make_unique<stream_connection>(std::move(ends.second)));
        bytes_view const piece = as_bytes(bytes).first(size);
        static_cast<void>(ends.first->write({&piece, 1}));
        ends.first->shutdown_write();
        loop.run_until_idle();
        EXPECT_EQ(one.states.back(), connection_state::error) << size;
        EXPECT_EQ(one.cause, transport_error::link_lost) << size;
        EXPECT_EQ(one.requests, 0) << size;
    }
}

TEST_F(endings, a_peer_that_ends_only_its_direction_gets_its_answers) {
    open();
    far_write(calls(3, later, ""));
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_FALSE(near.over());
    near.answer_later_calls();
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(answers, 3);
    EXPECT_EQ(far_status, io_status::end);
    EXPECT_EQ(near.states.back(), connection_state::disconnected);
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

TEST_F(endings, a_half_ended_peer_is_not_kept_for_ever) {
    open();
    far_write(calls(1, later, ""));
    pipe.first->shutdown_write();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    EXPECT_LE(loop.now().time_since_epoch(), seconds(16));
    EXPECT_FALSE(near.kept[0].active());
}

TEST_F(endings, a_reset_is_an_error_with_its_cause) {
    open();
    near.call(echo, "pending");
    loop.run_until_idle();
    pipe.control->cut();
    loop.run_until_idle();
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, boost::asio::error::connection_reset);
    EXPECT_EQ(near.outcomes[0]->error, rpc::rpc_error::connection_lost);
}

TEST_F(endings, a_failed_write_ends_the_link_with_its_cause) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    notes.fail_writes = true;
    near.call(echo, "x");
    loop.run_until_idle();
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, boost::asio::error::broken_pipe);
    EXPECT_EQ(near.outcomes[0]->times, 1);
}

TEST_F(endings, what_arrived_before_a_failed_write_is_still_read) {
    open({.shape = delivery_shape::coalesced});
    far_write(calls(1, echo, ""));
    loop.run_for(milliseconds(10));
    // The peer has asked, taken its leave and gone, before we write and find nobody.
    far_write(calls(1, later, ""));
    pipe.first->shutdown_write();
    pipe.control->stall(pipe_end::first, true);
    loop.run_for(milliseconds(10));
    notes.fail_writes = true;
    near.call(echo, "x");
    pipe.control->stall(pipe_end::first, false);
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 2);
    EXPECT_TRUE(near.over());
    EXPECT_EQ(near.outcomes[0]->times, 1);
}

TEST_F(endings, the_session_says_with_which_code_the_connection_is_closed) {
    struct row {
        char const* name;
        std::string bytes;
        rpc::rpc_error why;
        close_code code;
    };
    // Stream 1, sequence 0, kinds and sizes as named (frame/FORMAT.md, "Header").
    std::string const too_large("\x01\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", 13);
    std::string const unknown_kind("\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x63", 13);
    std::string unknown_kinds;
    for (int count = 0; count < 1100; ++count) {
        unknown_kinds += unknown_kind;
    }
    for (row const& wanted :
         {row{"too large", too_large, rpc::rpc_error::frame_too_large, close_code::message_too_big},
          row{"unknown kinds", unknown_kinds, rpc::rpc_error::too_many_protocol_errors,
              close_code::policy_violation}}) {
        noting_connection::notes noted;
        peer one(loop, rpc::side::acceptor);
        one.settings.session.layout = frame::layout::b;
        auto ends = make_simulated_pipe(loop, {});
        one.start(std::make_unique<noting_connection>(
            loop, std::make_unique<stream_connection>(std::move(ends.second)), capabilities{},
            noted));
        // An answer that is due goes out before the close.
        std::string const bytes = calls(1, echo, "first") + wanted.bytes;
        bytes_view const piece = as_bytes(bytes);
        static_cast<void>(ends.first->write({&piece, 1}));
        loop.run_until_idle();
        EXPECT_EQ(one.requests, 1) << wanted.name;
        EXPECT_GT(ends.control->counters(pipe_end::second).write_size, 0U) << wanted.name;
        ASSERT_EQ(noted.closes.size(), 1U) << wanted.name;
        EXPECT_EQ(noted.closes[0].first, wanted.code) << wanted.name;
        EXPECT_FALSE(noted.closes[0].second.empty()) << wanted.name;
        EXPECT_FALSE(noted.destroyed) << wanted.name;
        loop.run_for(seconds(1));
        EXPECT_TRUE(noted.destroyed) << wanted.name;
        EXPECT_EQ(one.states.back(), connection_state::error) << wanted.name;
        EXPECT_EQ(one.cause, wanted.why) << wanted.name;
    }
}

TEST_F(endings, drain_reads_what_has_arrived_and_nothing_after_it) {
    open();
    far_write(calls(2, echo, "in time"));
    near.link().drain(close_code::going_away, "");
    loop.run_until_idle();
    far_write(calls(2, echo, "too late"));
    loop.run_for(seconds(2));
    far_read();
    EXPECT_EQ(answers, 2);
    EXPECT_EQ(near.requests, 2);
    EXPECT_TRUE(near.over());
}

TEST_F(endings, drain_answers_a_request_that_was_on_its_way) {
    open();
    std::string const bytes = calls(1, echo, "nearly late");
    far_write(std::string_view(bytes).substr(0, 20));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    loop.run_for(near.settings.limits.drain_quiet / 2);
    EXPECT_FALSE(near.over());
    far_write(std::string_view(bytes).substr(20));
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(answers, 1);
    loop.run_for(seconds(2));
    EXPECT_TRUE(near.over());
}

TEST_F(endings, drain_closes_right_behind_an_answer) {
    open();
    near.link().drain(close_code::going_away, "");
    loop.run_for(near.settings.limits.drain_quiet / 4);
    far_read();
    EXPECT_NE(far_status, io_status::end);
    far_write(calls(1, echo, "a request"));
    loop.run_for(near.settings.limits.drain_quiet / 4);
    far_read();
    EXPECT_EQ(answers, 1);
    EXPECT_EQ(far_status, io_status::end);
}

TEST_F(endings, drain_flushes_to_a_slow_reader_before_it_closes) {
    open({.capacity = 1000});
    far_write(calls(1, big, "20000"));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    for (int times = 0; times < 100 && !near.over(); ++times) {
        loop.run_for(seconds(1));
        far_read(500);
    }
    far_read();
    EXPECT_EQ(answers, 1);
    EXPECT_EQ(near.states.back(), connection_state::disconnected);
}

TEST_F(endings, drain_does_not_wait_for_a_request_whose_rest_never_came) {
    open();
    std::string const bytes = calls(1, echo, "half");
    far_write(std::string_view(bytes).substr(0, bytes.size() - 3));
    loop.run_until_idle();
    near.link().drain(close_code::going_away, "");
    loop.run_for(seconds(1));
    EXPECT_TRUE(near.over());
    EXPECT_EQ(near.requests, 0);
}

// The link breaks after every single byte that either side sends: every call ends once, the states
// are those of the machine, nothing partial is handed over.
TEST(driver_cut, anywhere_ends_every_call_once) {
    for (pipe_end const from : {pipe_end::first, pipe_end::second}) {
        bool reached_end = false;
        for (std::size_t size = 0; !reached_end; ++size) {
            ASSERT_LT(size, 2000U);
            simulated_runtime loop;
            peer dialer(loop, rpc::side::dialer);
            peer acceptor(loop, rpc::side::acceptor);
            auto pipe = make_simulated_pipe(loop, {});
            pipe.control->cut_after(from, size);
            acceptor.start(std::make_unique<stream_connection>(std::move(pipe.second)));
            dialer.start(std::make_unique<stream_connection>(std::move(pipe.first)));
            for (int number = 0; number < 3; ++number) {
                dialer.call(echo, "call " + std::to_string(number));
            }
            noted_stream answers;
            auto const id = dialer.link().peer().open(parts, {}, answers);
            slice part = text("part");
            static_cast<void>(dialer.link().peer().write(*id, {&part, 1}));
            static_cast<void>(dialer.link().peer().end(*id));
            loop.run_for(seconds(1));
            reached_end = !dialer.over();
            if (reached_end) {
                break;
            }
            for (auto const& outcome : dialer.outcomes) {
                EXPECT_EQ(outcome->times, 1) << size;
                EXPECT_TRUE(outcome->error ? outcome->body.empty()
                                           : outcome->body.starts_with("call "))
                    << size;
            }
            EXPECT_EQ(answers.ends + answers.failures, 1) << size;
            EXPECT_TRUE(acceptor.over()) << size;
            EXPECT_EQ(
                std::count(dialer.states.begin(), dialer.states.end(), connection_state::connected),
                1);
            EXPECT_EQ(dialer.states.size(), 2U) << size;
        }
    }
}

}  // namespace
}  // namespace trunkline::transport::testing
