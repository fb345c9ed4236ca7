#include <trunkline/rpc/session.hpp>

#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/test_extended_pair.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;
using flow::first_credit;
using strings = std::vector<std::string>;

constexpr std::uint64_t other = 5;

class extended_sessions : public ::testing::Test {
protected:
    byte_string extension_frame(int kind, std::uint32_t stream_id, std::string_view payload) {
        return frame::testing::encode(
            {{stream_id, 0, static_cast<std::uint8_t>(kind), std::string(payload)}},
            frame::layout::b);
    }

    extended_pair pair;
    wire_text wire{frame::layout::b};
    std::string const window = std::string(first_credit, 'w');
};

// Agreement

TEST(extension, before_agreement_its_frames_are_unknown_ones) {
    session_options options;
    options.layout = frame::layout::b;
    session_log log(options);
    for (int kind = 16; kind < 32; ++kind) {
        log.feed(frame::testing::encode({{1, 0, static_cast<std::uint8_t>(kind), "1234"}},
                                        frame::layout::b));
    }
    EXPECT_TRUE(log.lines().empty());
    EXPECT_EQ(log.session().counters().frames_skipped, 16u);
    EXPECT_FALSE(log.session().ping({}, 0));
    log.session().go_away(extension::code::none, "", 0);
    EXPECT_TRUE(log.session().output().empty());
}

TEST(extension, metadata_needs_a_peer_that_has_agreed) {
    session_options options;
    options.local_side = side::dialer;
    session_log log(options);
    extension::call_fields fields;
    fields.timeout_us = 5;
    EXPECT_TRUE(log.session().call(whole, {}, delivery::whole, 0, &fields));
    fields.metadata = {{"k", {}}};
    EXPECT_EQ(log.session().call(whole, {}, delivery::whole, 0, &fields).error(),
              rpc_error::not_extended);
    EXPECT_EQ(log.session().begin_call(whole, {}, delivery::whole, 0, &fields).error(),
              rpc_error::not_extended);
}

// The calls of one session, as bytes: with and without what may be asked of the extension.
byte_string base_calls(extension::call_fields const* fields) {
    session_options options;
    options.local_side = side::dialer;
    events_ignored nobody;
    session of(options, nobody);
    slice body = testing::text("arguments");
    auto const id = of.begin_call(parts, {}, delivery::parts, test_now_us, fields).value();
    EXPECT_TRUE(of.write_call(id, {&body, 1}, test_now_us));
    EXPECT_TRUE(of.end_call(id, test_now_us));
    body = testing::text("arguments");
    auto const second = of.call(whole, {&body, 1}, delivery::whole, test_now_us, fields).value();
    of.cancel_call(second, test_now_us);
    of.cancel_call(id, test_now_us);
    return take_output(of.output());
}

TEST(extension, MUX_13_without_agreement_no_byte_is_another_one) {
    extension::call_fields fields;
    fields.timeout_us = 1'000'000;
    fields.trace.emplace();
    EXPECT_EQ(base_calls(&fields), base_calls(nullptr));
}

TEST_F(extended_sessions, are_kept_when_they_are_folded) {
    pair.caller.call(whole, "hello");
    pair.exchange();
    pair.called.answer(pair.called.last_call(), "there");
    pair.exchange();
    auto const folded = pair.called->fold();
    ASSERT_TRUE(folded);
    EXPECT_TRUE(folded->extended);
    EXPECT_LE(sizeof(folded_session), 28u);
    session_options options;
    options.resumed = folded;
    events_ignored nobody;
    session resumed(options, nobody);
    EXPECT_TRUE(resumed.extended());
    EXPECT_TRUE(resumed.ping(as_bytes(std::string_view("x")), 0));
}

// Header

TEST_F(extended_sessions, DDL_06_OBS_03_INT_12_what_travels_with_a_call_arrives) {
    extension::call_fields fields;
    fields.timeout_us = 1'500;
    fields.trace.emplace().flags = 1;
    fields.metadata = {{"k", as_bytes(std::string_view("v"))},
                       {"k", {}},
                       {"", as_bytes(std::string_view("\0\xff", 2))}};
    pair.caller.call(whole, "args", &fields);
    pair.caller.open(parts, &fields);
    pair.exchange();
    std::string const all = " timeout 1500 trace 1 k=v k= =" + std::string("\0\xff", 2);
    EXPECT_EQ(pair.called.said, (strings{"call 2" + all, "request 2 args" + all, "call 3" + all}));
}

TEST_F(extended_sessions, INT_12_what_travels_with_an_answer_arrives_before_it) {
    extension::call_fields fields;
    fields.metadata = {{"k", as_bytes(std::string_view("v"))}};
    auto const first = pair.caller.call(whole, "");
    pair.exchange();
    pair.called.answer(pair.called.last_call(), "done", &fields);
    auto const second = pair.caller.call(parts, "");
    pair.exchange();
    pair.called->begin_answer(pair.called.last_call(), test_now_us, &fields);
    pair.called.write_answer(pair.called.last_call(), "part");
    pair.exchange();
    EXPECT_EQ(pair.caller.said, (strings{"fields of " + std::to_string(first) + " k=v",
                                         "response " + std::to_string(first) + " done",
                                         "fields of " + std::to_string(second) + " k=v",
                                         "response begins " + std::to_string(second)}));
}

TEST_F(extended_sessions, LIM_05_a_call_with_too_much_beside_it_is_refused_at_both_ends) {
    std::string const value(extension::header_size_max, 'v');
    extension::call_fields fields;
    fields.metadata = {{"", as_bytes(value)}};
    EXPECT_EQ(pair.caller->call(whole, {}, delivery::whole, 0, &fields).error(),
              rpc_error::metadata_too_large);
    pair.called.feed(extension_frame(16, 1, value + "1"));
    pair.called.feed(wire.call(1, whole, "args"));
    EXPECT_TRUE(pair.called.said.empty());
    EXPECT_EQ(wire.read(take_output(pair.called->output())),
              strings{"1 status 2 method 2: metadata is larger than the limit"});
    EXPECT_EQ(pair.called->held_size(), 0u);
}

TEST_F(extended_sessions, MAL_09_a_call_whose_header_cannot_be_read_is_refused_alone) {
    pair.called.feed(extension_frame(16, 1, "\3\1"));
    pair.called.feed(wire.call(1, whole, "args"));
    pair.called.feed(wire.call(2, whole, "args"));
    EXPECT_EQ(wire.read(take_output(pair.called->output())),
              strings{"1 status 2 method 2: the header of the call cannot be read"});
    EXPECT_EQ(pair.called.said, (strings{"call 2", "request 2 args"}));
}

TEST_F(extended_sessions, keep_few_headers_whose_stream_never_begins) {
    for (std::uint32_t stream = 0; stream < 1000; ++stream) {
        pair.called.feed(extension_frame(16, stream, std::string("\5\2\0\1k", 5)));
        EXPECT_LE(pair.called->held_size(), 64 * kib);
    }
    EXPECT_FALSE(pair.called.failed);
    EXPECT_FALSE(pair.called->idle());
    for (std::uint32_t stream = 0; stream < 100; ++stream) {
        pair.called.feed(extension_frame(16, stream, ""));
    }
    EXPECT_EQ(pair.called.failed, rpc_error::too_many_protocol_errors);
}

// Credit

TEST_F(extended_sessions, FLO_01_a_call_carries_no_more_than_its_credit_while_nobody_reads) {
    pair.called.keeps = true;
    auto const id = pair.caller.open(parts);
    pair.caller.write(id, window + "more");
    pair.exchange();
    EXPECT_EQ(pair.called.parts[parts], window);
    EXPECT_FALSE(pair.caller->has_credit(id));
    for (int i = 0; i < 100; ++i) {
        pair.exchange();
    }
    EXPECT_EQ(pair.called.parts[parts], window);
}

TEST_F(extended_sessions, FLO_02_FLO_12_reading_lets_the_rest_come_and_room_is_told_once) {
    pair.called.keeps = true;
    auto const id = pair.caller.open(parts);
    pair.caller.write(id, window + window + "end");
    ASSERT_TRUE(pair.caller->end_call(id, test_now_us));
    slice late = testing::text("late");
    EXPECT_EQ(pair.caller->write_call(id, {&late, 1}, test_now_us).error(),
              rpc_error::unknown_call);
    pair.exchange();
    EXPECT_EQ(pair.called.parts[parts].size(), window.size());
    pair.called->let_go_of(pair.called.last_call(), first_credit, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.parts[parts].size(), 2 * window.size());
    pair.called->let_go_of(pair.called.last_call(), first_credit, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.parts[parts], window + window + "end");
    EXPECT_EQ(pair.called.said, (strings{"call 3", "end of 3"}));
    EXPECT_TRUE(pair.caller.said.empty());  // it had ended: nobody waits for room

    auto const second = pair.caller.open(other);
    pair.caller.write(second, window + "more");
    pair.exchange();
    pair.called->let_go_of(pair.called.last_call(), first_credit, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.caller.said, strings{"room for " + std::to_string(second)});
    EXPECT_TRUE(pair.caller->has_credit(second));
}

TEST_F(extended_sessions, FLO_03_a_stalled_stream_does_not_stop_another_one) {
    pair.called.keeps = true;
    auto const stalled = pair.caller.open(parts);
    pair.caller.write(stalled, std::string(1 * mib, 's'));
    pair.exchange();
    pair.called.keeps = false;
    auto const id = pair.caller.open(other);
    for (int i = 0; i < 64; ++i) {
        pair.caller.write(id, std::string(chunk_size, 'o'));
        pair.exchange();
    }
    EXPECT_EQ(pair.called.parts[other].size(), 64 * chunk_size);
    EXPECT_EQ(pair.called.parts[parts].size(), window.size());
    EXPECT_TRUE(pair.called->wants_input());
}

TEST_F(extended_sessions, an_answer_in_parts_is_under_credit_too) {
    pair.caller.keeps = true;
    auto const id = pair.caller.call(parts, "");
    pair.exchange();
    call_id const call = pair.called.last_call();
    pair.called->begin_answer(call, test_now_us);
    pair.called.write_answer(call, window + "rest");
    pair.called->end_answer(call, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.caller.parts[id], window);
    EXPECT_FALSE(pair.called->has_credit(call));
    EXPECT_TRUE(pair.caller->is_under_credit(id));
    pair.caller->let_go_of(id, first_credit, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.caller.parts[id], window + "rest");
    EXPECT_EQ(pair.caller.said.back(), "response ends " + std::to_string(id));
    EXPECT_TRUE(pair.called->idle());
}

TEST_F(extended_sessions, whole_messages_are_not_under_credit) {
    std::string const large(3 * mib, 'x');
    auto const id = pair.caller.call(whole, large);
    pair.exchange();
    ASSERT_EQ(pair.called.said.size(), 2u);
    EXPECT_EQ(pair.called.said[1], "request 2 " + large);
    pair.called.answer(pair.called.last_call(), large);
    pair.exchange();
    EXPECT_EQ(pair.caller.said, strings{"response " + std::to_string(id) + " " + large});
}

TEST_F(extended_sessions, FLO_06_more_than_the_credit_is_a_fault_of_that_stream_alone) {
    pair.called.keeps = true;
    std::string const head = wire.head(0, 1, parts, "");
    pair.called.feed(extension_frame(16, 9, std::string("\1\0\0", 3)));
    pair.called.feed(wire.frame(frame::kind::open, 9, 0, head + window));
    EXPECT_EQ(pair.called.parts[parts], window);
    pair.called.feed(wire.frame(frame::kind::data, 9, 1, "1"));
    pair.called.feed(wire.frame(frame::kind::data, 9, 2, "late"));
    pair.called.feed(wire.call(2, whole, "args"));
    EXPECT_EQ(pair.called.said,
              (strings{"call 3", "cancelled 3: more was sent than there was credit for", "call 2",
                       "request 2 args"}));
    byte_string const said = take_output(pair.called->output());
    byte_string const reset = extension_frame(18, 0, std::string("\1\1\0\0\0\4\0\0\0", 9));
    EXPECT_FALSE(
        std::ranges::search(bytes_view(said).subspan(13), bytes_view(reset).subspan(13)).empty());
    EXPECT_FALSE(pair.called.failed);
    EXPECT_EQ(pair.called.parts[parts], window);

    pair.called.feed(extension_frame(16, 11, std::string("\1\0\0", 3)));
    pair.called.feed(
        wire.frame(frame::kind::open, 11, 0, wire.head(0, 3, other, "") + window + "1"));
    EXPECT_EQ(pair.called.said.back(), "cancelled 5: more was sent than there was credit for");
}

TEST_F(extended_sessions, FLO_08_a_grant_of_nothing_or_for_nobody_is_harmless) {
    auto const id = pair.caller.open(parts);
    pair.caller.feed(extension_frame(17, 0, std::string(4, '\0')));
    pair.caller.feed(extension_frame(17, 12345, "abcd"));
    pair.caller.write(id, window);
    pair.caller.feed(extension_frame(17, 12345, std::string(4, '\0')));
    EXPECT_TRUE(pair.caller->has_credit(id));
    EXPECT_TRUE(pair.caller.said.empty());
    EXPECT_FALSE(pair.caller.failed);
    EXPECT_EQ(pair.caller->counters().frames_skipped, 0u);
}

TEST_F(extended_sessions, FLO_07_credit_does_not_overflow) {
    auto const id = pair.caller.open(parts);
    for (int i = 0; i < 10; ++i) {
        pair.caller.feed(extension_frame(17, 0, "\xff\xff\xff\xff"));
    }
    EXPECT_FALSE(pair.caller.failed);
    pair.caller.write(id, std::string(1 * mib, 'x'));
    EXPECT_FALSE(pair.caller->has_credit(id));
    pair.exchange();
    EXPECT_EQ(pair.called.parts[parts].size(), 1 * mib);
}

TEST_F(extended_sessions, FLO_09_a_thousand_stalled_streams_stay_within_the_bound) {
    pair.called.keeps = true;
    std::size_t const count = session_limits{}.unfinished_requests_max;
    for (std::size_t i = 0; i < count; ++i) {
        auto const id = pair.caller.open(parts);
        pair.caller.write(id, window + window);
        pair.exchange();
        ASSERT_FALSE(pair.called.failed);
    }
    EXPECT_EQ(pair.called.parts[parts].size(), count * first_credit);
    EXPECT_LE(count * first_credit + pair.called->held_size(), session_limits{}.held_size_max);
    EXPECT_TRUE(pair.called->wants_input());
}

TEST_F(extended_sessions, CAN_07_cancel_reaches_a_writer_that_waits_for_credit) {
    pair.called.keeps = true;
    auto const id = pair.caller.open(parts);
    pair.caller.write(id, window + window);
    pair.exchange();
    pair.caller->cancel_call(id, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.said, (strings{"call 3", "cancelled 3: cancelled by the peer"}));
    EXPECT_TRUE(pair.caller->idle());
    EXPECT_TRUE(pair.called->idle());
    EXPECT_EQ(pair.called->held_size(), 0u);
}

// The peer has ended its direction: it can grant nothing any more.
TEST_F(extended_sessions, an_answer_that_waits_for_credit_that_cannot_come_is_given_up) {
    pair.caller.keeps = true;
    auto const id = pair.caller.call(parts, "");
    auto const short_one = pair.caller.call(parts, "");
    pair.exchange();
    pair.called->begin_answer(pair.called.last_call(), test_now_us);
    pair.called.write_answer(pair.called.last_call(), "fits");
    pair.called->end_input(test_now_us);
    EXPECT_EQ(pair.called.said.size(), 4u);
    call_id const call = pair.called.calls.front();
    pair.called->begin_answer(call, test_now_us);
    pair.called.write_answer(call, window + "more");
    pair.called->end_input(test_now_us);
    EXPECT_EQ(pair.called.said.back(), "cancelled 3: more was sent than there was credit for");
    EXPECT_FALSE(pair.called->answerable(call));
    pair.called->end_answer(pair.called.last_call(), test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.caller.said,
              (strings{"fields of " + std::to_string(short_one),
                       "response begins " + std::to_string(short_one),
                       "fields of " + std::to_string(id), "response begins " + std::to_string(id),
                       "lost " + std::to_string(id) + ": more was sent than there was credit for",
                       "response ends " + std::to_string(short_one)}));
    EXPECT_EQ(pair.caller.parts[short_one], "fits");
    EXPECT_TRUE(pair.called->idle());
    EXPECT_TRUE(pair.caller->idle());
}

// Reset

TEST_F(extended_sessions, CAN_02_a_call_whose_request_has_ended_is_given_up) {
    auto const id = pair.caller.call(whole, "args");
    pair.exchange();
    call_id const call = pair.called.last_call();
    pair.caller->cancel_call(id, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.said.back(), "cancelled 2: cancelled by the peer");
    EXPECT_FALSE(pair.called->answerable(call));
    pair.called.answer(call, "late");
    EXPECT_TRUE(pair.called->output().empty());
    EXPECT_TRUE(pair.called->idle());
    EXPECT_TRUE(pair.caller->idle());
}

TEST_F(extended_sessions, a_cancel_does_not_overtake_its_call) {
    auto const id = pair.caller.call(whole, std::string(2 * mib, 'x'));
    pair.caller->cancel_call(id, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.said.back(), "cancelled 2: cancelled by the peer");
    EXPECT_TRUE(pair.called->idle());
}

TEST_F(extended_sessions, CAN_03_an_answer_that_has_begun_ends_when_its_call_is_given_up) {
    auto const id = pair.caller.call(parts, "");
    pair.exchange();
    call_id const call = pair.called.last_call();
    pair.called->begin_answer(call, test_now_us);
    pair.called.write_answer(call, window + window);
    pair.exchange();
    pair.caller->cancel_call(id, test_now_us);
    std::string const before = pair.caller.parts[id];
    pair.exchange();
    EXPECT_EQ(pair.called.said.back(), "cancelled 3: cancelled by the peer");
    EXPECT_EQ(pair.caller.parts[id], before);
    EXPECT_TRUE(pair.called->idle());
    EXPECT_TRUE(pair.caller->idle());
}

TEST_F(extended_sessions, CAN_04_CAN_05_cancel_twice_or_after_the_answer_sends_nothing) {
    auto const id = pair.caller.call(whole, "");
    pair.exchange();
    pair.called.answer(pair.called.last_call(), "done");
    pair.exchange();
    pair.caller->cancel_call(id, test_now_us);
    EXPECT_TRUE(pair.caller->output().empty());

    auto const second = pair.caller.call(whole, "");
    pair.exchange();
    pair.caller->cancel_call(second, test_now_us);
    pair.exchange();
    pair.caller->cancel_call(second, test_now_us);
    EXPECT_TRUE(pair.caller->output().empty());
}

TEST_F(extended_sessions, CAN_08_a_cancel_and_an_answer_that_cross_end_both_sides) {
    auto const id = pair.caller.call(whole, "");
    pair.exchange();
    pair.called.answer(pair.called.last_call(), "done");
    pair.caller->cancel_call(id, test_now_us);
    pair.exchange();
    EXPECT_EQ(pair.called.said.size(), 2u);
    EXPECT_TRUE(pair.caller.said.empty());
    EXPECT_TRUE(pair.called->idle());
    EXPECT_TRUE(pair.caller->idle());
}

TEST_F(extended_sessions, CAN_10_after_many_cancelled_calls_nothing_is_left) {
    std::size_t const before = pair.called->held_size();
    for (int i = 0; i < 100'000; ++i) {
        auto const id = i % 2 == 0 ? pair.caller.call(whole, "args") : pair.caller.open(parts);
        if (i % 3 == 0) {
            pair.exchange();
        }
        pair.caller->cancel_call(id, test_now_us);
        pair.exchange();
        pair.called.said.clear();
    }
    EXPECT_TRUE(pair.caller->idle());
    EXPECT_TRUE(pair.called->idle());
    EXPECT_EQ(pair.called->held_size(), before);
    EXPECT_FALSE(pair.called.failed);
}

TEST_F(extended_sessions, MUX_09_a_request_id_that_is_in_use_is_a_fault_of_that_stream_alone) {
    pair.called.feed(wire.frame(frame::kind::open, 9, 0, wire.head(0, 1, parts, "")));
    pair.called.feed(wire.frame(frame::kind::open, 10, 0, wire.head(0, 1, whole, "")));
    pair.called.feed(wire.frame(frame::kind::end, 10, 1, ""));
    pair.called.feed(wire.frame(frame::kind::data, 9, 1, "goes on"));
    EXPECT_EQ(pair.called.said, strings{"call 3"});
    EXPECT_EQ(pair.called.parts[parts], "goes on");
    EXPECT_FALSE(pair.called.failed);
}

// Signs of life

TEST_F(extended_sessions, LIV_01_pings_come_back_in_order_while_data_is_blocked) {
    pair.called.keeps = true;
    auto const id = pair.caller.open(parts);
    pair.caller.write(id, std::string(1 * mib, 'x'));
    EXPECT_TRUE(pair.caller->ping(as_bytes(std::string_view("one")), 0));
    EXPECT_TRUE(pair.caller->ping(as_bytes(std::string_view("two")), 0));
    EXPECT_TRUE(pair.caller->ping({}, 0));
    pair.exchange();
    EXPECT_EQ(pair.caller.said, (strings{"pong one", "pong two", "pong "}));
}

TEST_F(extended_sessions, FLO_05_a_ping_overtakes_what_waits_to_be_sent) {
    pair.caller.call(whole, std::string(4 * mib, 'x'));
    ASSERT_TRUE(pair.caller->ping(as_bytes(std::string_view("p")), 0));
    byte_string const bytes = take_output(pair.caller->output());
    EXPECT_EQ(wire.frames(bytes).front().kind_byte, 19);
}

TEST_F(extended_sessions,
       LIV_03_LIV_04_a_pong_nobody_asked_for_is_harmless_and_a_large_ping_is_not_answered) {
    pair.caller.feed(extension_frame(20, 0, ""));
    pair.caller.feed(extension_frame(20, 0, std::string(9, '\0')));
    EXPECT_TRUE(pair.caller.said.empty());
    pair.caller.feed(extension_frame(19, 0, std::string(extension::ping_size_max + 1, 'x')));
    pair.caller.feed(extension_frame(19, 0, std::string(10'000, 'x')));
    EXPECT_TRUE(pair.caller->output().empty());
    EXPECT_FALSE(pair.caller.failed);
    std::string const longest(ping_payload_max, 'p');
    EXPECT_TRUE(pair.caller->ping(as_bytes(longest), 0));
    EXPECT_FALSE(pair.caller->ping(as_bytes(longest + "p"), 0));
}

TEST_F(extended_sessions, LIV_05_a_flood_of_pings_whose_answers_nobody_reads_is_not_read) {
    byte_string flood;
    for (int i = 0; i < 10'000; ++i) {
        auto const one = extension_frame(19, 0, std::string(64, 'p'));
        flood.insert(flood.end(), one.begin(), one.end());
    }
    pair.called.feed(flood);
    EXPECT_FALSE(pair.called.parked.empty());
    EXPECT_FALSE(pair.called->wants_input());
    EXPECT_LE(pair.called->output_size(), extension::control_queued_mark + 128);
    (void)take_output(pair.called->output());
    EXPECT_TRUE(pair.called->wants_input());
}

// Go away

TEST_F(extended_sessions, REC_06_after_a_go_away_what_was_begun_finishes_and_nothing_new_begins) {
    auto const id = pair.caller.call(whole, "");
    pair.exchange();
    pair.called->go_away(extension::code::going_away, "see you", test_now_us);
    pair.called->go_away(extension::code::going_away, "twice", test_now_us);
    auto const crossing = pair.caller.call(whole, "crossing");
    pair.exchange();
    EXPECT_EQ(pair.caller.said,
              (strings{"go away 6 see you",
                       "lost " + std::to_string(crossing) + ": the peer takes no more calls"}));
    EXPECT_TRUE(pair.caller->peer_goes_away());
    EXPECT_EQ(pair.caller->call(whole, {}, delivery::whole, 0).error(), rpc_error::peer_going_away);
    pair.called.answer(pair.called.last_call(), "done");
    pair.exchange();
    EXPECT_EQ(pair.caller.said.back(), "response " + std::to_string(id) + " done");
    EXPECT_EQ(pair.called.said, (strings{"call 2", "request 2 "}));
    EXPECT_TRUE(pair.called->idle());
}

// The window

TEST_F(extended_sessions, FLO_13_the_window_grows_when_every_round_trip_uses_it_up) {
    auto const id = pair.caller.open(parts);
    std::string const much(8 * mib, 'x');
    pair.caller.write(id, much);
    std::size_t most = 0;
    std::size_t before = 0;
    while (pair.called.parts[parts].size() < much.size()) {
        byte_string const up = take_output(pair.caller->output());
        ASSERT_FALSE(up.empty());
        pair.called.feed(up);
        most = std::max(most, pair.called.parts[parts].size() - before);
        before = pair.called.parts[parts].size();
        pair.caller.feed(take_output(pair.called->output()));
    }
    EXPECT_GE(most, 1 * mib);  // in one round trip
    EXPECT_LE(most, flow::window_size_max);
}

TEST_F(extended_sessions, every_cut_of_every_frame_says_the_same) {
    byte_string const bytes = extension_frame(16, 1, std::string("\5\3\0\1kv", 6)) +
                              wire.call(1, whole, "args") + extension_frame(19, 0, "ping") +
                              extension_frame(18, 0, std::string("\0\1\0\0\0\1\0\0\0", 9)) +
                              extension_frame(21, 0, std::string("\6\0\0\0bye", 7)) +
                              extension_frame(31, 0, "later version");
    extended_side together(side::acceptor);
    together.feed(bytes);
    byte_string const expected = take_output(together->output());
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        extended_side split(side::acceptor);
        split.feed(bytes_view(bytes).first(at));
        split.feed(bytes_view(bytes).subspan(at));
        EXPECT_EQ(split.said, together.said) << at;
        EXPECT_EQ(take_output(split->output()), expected) << at;
    }
    EXPECT_EQ(together.said, (strings{"call 2 k=v", "request 2 args k=v",
                                      "cancelled 2: cancelled by the peer", "go away 6 bye"}));
}

// A method that is served whole may be called in parts: what is collected is as good as read.
TEST_F(extended_sessions, a_call_in_parts_of_a_method_that_is_served_whole_gets_its_credit) {
    auto const id = pair.caller.open(whole);
    pair.caller.write(id, window + window + window);
    ASSERT_TRUE(pair.caller->end_call(id, test_now_us));
    pair.exchange();
    ASSERT_EQ(pair.called.said.size(), 2u);
    EXPECT_EQ(pair.called.said[1], "request 2 " + window + window + window);
}

TEST_F(extended_sessions, credit_is_read_while_no_request_is_wanted) {
    session_options options;
    options.limits.unanswered_requests_max = 1;
    extended_side called(side::acceptor, options);
    called.feed(extension_frame(16, 1, std::string("\2\4\0\0\0\0\0", 7)));
    called.feed(wire.call(1, parts, ""));
    called->begin_answer(called.last_call(), test_now_us);
    called.write_answer(called.last_call(), "waits");
    byte_string const before = take_output(called->output());
    called.feed(extension_frame(17, acceptor_id_bit, std::string("\5\0\0\0", 4)));
    EXPECT_TRUE(called.parked.empty());
    byte_string const more = take_output(called->output());
    EXPECT_NE(std::string(as_text(more)).find("waits"), std::string::npos);
    EXPECT_EQ(wire.frames(before).at(1).kind_byte, 0);  // its head has not waited
}

struct counted_pin {
    std::size_t released = 0;
    pin make() {
        return {this, [](void* at) noexcept { ++static_cast<counted_pin*>(at)->released; }};
    }
};

// However small the grants: what lends the bytes is let go of once, with the last of them.
TEST_F(extended_sessions, many_small_grants_share_what_lends_the_bytes) {
    counted_pin lent;
    std::string const bytes(300'000, 'x');
    auto const id = pair.caller.open(parts);
    slice part{as_bytes(bytes), lent.make()};
    ASSERT_TRUE(pair.caller->write_call(id, {&part, 1}, test_now_us));
    byte_string grants;
    for (int i = 0; i < 1000; ++i) {
        grants = grants + extension_frame(17, 0, std::string("\1\0\0\0", 4));
    }
    for (int i = 0; i < 200; ++i) {
        pair.caller.feed(grants);
        (void)take_output(pair.caller->output());
    }
    EXPECT_EQ(lent.released, 0u);
    EXPECT_FALSE(pair.caller->has_credit(id));
    pair.caller->cancel_call(id, test_now_us);
    (void)take_output(pair.caller->output());
    EXPECT_EQ(lent.released, 1u);
}

TEST_F(extended_sessions, streams_that_are_refused_leave_no_header_and_are_no_fault) {
    for (int i = 0; i < 6000; ++i) {
        pair.caller.open(parts);
    }
    pair.exchange();
    EXPECT_FALSE(pair.called.failed);
    EXPECT_LE(pair.called.said.size(), session_limits{}.unfinished_requests_max);
}

TEST_F(extended_sessions, events_are_taken_after_a_go_away) {
    pair.called->go_away(extension::code::going_away, "", test_now_us);
    slice body = testing::text("news");
    ASSERT_TRUE(pair.caller->send_event(whole, {&body, 1}, test_now_us));
    pair.exchange();
    EXPECT_EQ(pair.called.said, (strings{"call 2", "request 2 news"}));
}

TEST_F(extended_sessions, an_answer_whose_header_cannot_be_read_is_given_up) {
    auto const id = pair.caller.call(whole, "");
    pair.caller.feed(extension_frame(16, 9, std::string("\5\2\0\1k\4", 6)));
    pair.caller.feed(wire.frame(frame::kind::open, 9, 0, wire.head(1, id, 0, std::string(1, 0))));
    EXPECT_EQ(pair.caller.said,
              strings{"lost " + std::to_string(id) + ": the header of the call cannot be read"});
}

TEST_F(extended_sessions, a_call_that_fails_leaves_nothing_for_the_next_message) {
    std::string const metadata(metadata_size_max + 1, 'm');
    EXPECT_EQ(pair.caller->begin_call(parts, as_bytes(metadata), delivery::parts, 0).error(),
              rpc_error::metadata_too_large);
    std::string const large = window + window;
    slice body = testing::text(large);
    ASSERT_TRUE(pair.caller->send_event(whole, {&body, 1}, test_now_us));
    EXPECT_NE(wire.frames(take_output(pair.caller->output())).front().kind_byte, 16);
}

}  // namespace
}  // namespace trunkline::rpc
