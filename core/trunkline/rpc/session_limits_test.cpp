// Every limit of FORMAT.md, "Limits", at its border.
#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::rpc {
namespace {

using namespace testing;

class limits : public ::testing::TestWithParam<frame::layout> {
protected:
    wire_text wire{GetParam()};
    session_options options;

    void SetUp() override { options.layout = GetParam(); }

    std::vector<std::string> responses(session_log& log) {
        return wire.read(take_output(log.session().output()));
    }

    static std::string last_line(session_log& log) {
        auto const lines = log.lines();
        return lines.empty() ? "" : lines.back();
    }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, limits,
                         ::testing::Values(frame::layout::a, frame::layout::b));

TEST_P(limits, a_declared_size_ends_the_connection_when_its_header_is_read) {
    std::size_t const most = options.limits.frame_payload_size_max;
    for (bool const detect : {false, true}) {
        for (std::size_t const size : {most, most + 1, std::size_t{0xffffffff}}) {
            session_options given = options;
            if (detect) {
                given.layout.reset();
            }
            session_log log(given);
            log.feed(wire.promise(frame::kind::open, 1, 0, size));
            EXPECT_EQ(log.failed(), size > most);
            EXPECT_LT(log.session().held_size(), 1000u);
            if (log.failed()) {
                EXPECT_EQ(last_line(log), "failed: a frame declares more payload than the limit");
                EXPECT_EQ(log.session().receive({}, false, 0).error(), rpc_error::frame_too_large);
            }
        }
    }
}

TEST_P(limits, a_message_above_its_limit_is_refused_alone) {
    options.limits.message_size_max = 200000;
    for (std::size_t const size : {200000ul, 200001ul, 500000ul}) {
        session_log log(options);
        std::string const message =
            wire.head(0, 7, echo, "") + std::string(size - header_size, 'x');
        std::uint32_t sequence = 0;
        for (std::size_t at = 0; at < size; at += chunk_size) {
            log.feed(wire.frame(frame::kind::data, 1, sequence++, message.substr(at, chunk_size)));
            EXPECT_LE(log.session().held_size(), 300 * kib);
        }
        bool const fits = size <= 200000;
        if (!fits) {
            EXPECT_LT(log.session().held_size(), 1000u);
        }
        log.feed(wire.frame(frame::kind::end, 1, sequence, ""));
        log.feed(wire.call(8, echo, "next"));
        auto got = responses(log);
        ASSERT_EQ(got.size(), 2u);
        std::sort(got.begin(), got.end());  // the large one may be overtaken
        EXPECT_EQ(got[0] == "7 status 2 method 0: the message is larger than the limit", !fits);
        EXPECT_EQ(got[1], "8 status 0 method 0: next");
        EXPECT_FALSE(log.failed());
        EXPECT_EQ(log.session().counters().calls_refused, fits ? 0u : 1u);
        EXPECT_TRUE(log.session().idle());
    }
}

TEST_P(limits, a_first_frame_above_the_message_limit_is_refused_by_its_head) {
    options.limits.message_size_max = 100;
    byte_string const bytes =
        wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "") + std::string(100, 'x')) +
        wire.call(8, echo, "next");
    for (std::size_t step = 1; step < bytes.size(); ++step) {
        session_log log(options);
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            log.feed(bytes_view(bytes).subspan(at, std::min(step, bytes.size() - at)));
        }
        EXPECT_EQ(responses(log), (std::vector<std::string>{
                                      "7 status 2 method 0: the message is larger than the limit",
                                      "8 status 0 method 0: next"}));
    }
}

TEST_P(limits, a_head_over_several_frames_is_refused_all_the_same) {
    options.limits.message_size_max = 100;
    session_log log(options);
    std::string const head = wire.head(0, 7, echo, "");
    log.feed(wire.frame(frame::kind::open, 1, 0, head.substr(0, 6)));
    log.feed(wire.frame(frame::kind::data, 1, 1, head.substr(6) + std::string(100, 'x')));
    EXPECT_EQ(responses(log).at(0), "7 status 2 method 0: the message is larger than the limit");
    log.feed(wire.frame(frame::kind::cancel, 1, 2, ""));
    EXPECT_TRUE(log.session().idle());
}

TEST_P(limits, a_response_above_the_limit_loses_its_call) {
    options.local_side = side::dialer;
    options.limits.message_size_max = 100;
    session_log log(options);
    slice none{};
    auto const id = log.session().call(9, {&none, 1}, delivery::whole, 0);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(1, *id, 0, "")));
    log.feed(wire.frame(frame::kind::data, 1, 1, std::string(100, 'x')));
    EXPECT_EQ(last_line(log),
              "lost " + std::to_string(*id) + " the message is larger than the limit");
}

TEST_P(limits, parts_are_not_a_message) {
    options.limits.message_size_max = 100;
    session_log log(options);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, never, "")));
    for (std::uint32_t sequence = 1; sequence < 100; ++sequence) {
        log.feed(wire.frame(frame::kind::data, 1, sequence, std::string(100, 'x')));
        EXPECT_LT(log.session().held_size(), 1000u);
    }
    log.feed(wire.frame(frame::kind::end, 1, 100, ""));
    EXPECT_EQ(responses(log).size(), 1u);
}

TEST_P(limits, everything_held_is_bounded) {
    options.limits.held_size_max = 1 * mib;
    session_log log(options);
    std::uint32_t stream = 0;
    while (!log.failed()) {
        ++stream;
        log.feed(wire.frame(frame::kind::open, stream, 0,
                            wire.head(0, stream, echo, "") + std::string(60000, 'x')));
        ASSERT_LT(stream, 20u);
        EXPECT_LE(log.session().held_size(), 1 * mib);
    }
    EXPECT_EQ(last_line(log), "failed: the connection holds more unfinished bytes than the limit");
    EXPECT_GT(stream, 10u);
}

TEST_P(limits, bookkeeping_counts_as_held) {
    options.limits.held_size_max = 20000;
    session_log log(options);
    std::uint32_t stream = 0;
    while (!log.failed()) {
        log.feed(wire.frame(frame::kind::open, ++stream, 0, ""));
        ASSERT_LT(stream, 400u);
    }
}

TEST_P(limits, a_million_opens_hold_no_more_than_the_streams_allowed) {
    session_log log(options);
    byte_string const one = wire.frame(frame::kind::open, 0, 0, "");
    byte_string thousand;
    for (int i = 0; i < 1000; ++i) {
        thousand.insert(thousand.end(), one.begin(), one.end());
    }
    std::size_t most = 0;
    for (std::uint32_t stream = 0; stream < 1'000'000;) {
        for (std::size_t at = 0; at < thousand.size(); at += one.size()) {
            store_le(thousand.data() + at + frame::stream_id_offset, stream++);
        }
        log.feed(thousand);
        most = std::max(most, log.session().held_size());
    }
    EXPECT_FALSE(log.failed());
    EXPECT_LT(most, 2 * mib);
}

TEST_P(limits, streams_that_never_begin_hold_little) {
    session_log log(options);
    std::size_t most = 0;
    for (std::uint32_t stream = 0; stream < 10'000; ++stream) {
        log.feed(wire.frame(frame::kind::end, stream, 1, "x"));
        most = std::max(most, log.session().held_size());
    }
    EXPECT_FALSE(log.failed());
    EXPECT_LT(most, 2 * mib);
    log.feed(wire.call(200'000, echo, "fine"));
    EXPECT_EQ(responses(log).size(), 1u);
}

TEST_P(limits, a_call_on_one_stream_too_many_is_refused) {
    options.limits.unfinished_requests_max = 10000;
    session_log log(options);
    std::size_t const most = options.limits.open_streams_max;
    for (std::uint32_t i = 0; i < most; ++i) {
        log.feed(wire.frame(frame::kind::open, i, 0, wire.head(0, i, never, "")));
    }
    EXPECT_TRUE(responses(log).empty());
    byte_string const call =
        wire.frame(frame::kind::open, 5000, 0, wire.head(0, 5000, echo, "args"));
    for (std::size_t const step : {1ul, 1000ul}) {
        for (std::size_t at = 0; at < call.size(); at += step) {
            log.feed(bytes_view(call).subspan(at, std::min(step, call.size() - at)));
        }
        EXPECT_EQ(responses(log),
                  std::vector<std::string>{"5000 status 2 method 0: too many open streams on this "
                                           "connection"});
    }
    // Without a request id nobody can be told.
    log.feed(wire.frame(frame::kind::open, 5001, 0, "short"));
    log.feed(wire.frame(frame::kind::end, 5001, 1, ""));
    EXPECT_TRUE(responses(log).empty());
    log.feed(wire.frame(frame::kind::end, 0, 1, ""));
    log.feed(wire.call(5002, echo, ""));
    EXPECT_EQ(responses(log).size(), 2u);
}

TEST_P(limits, one_unfinished_request_too_many_is_refused) {
    session_log log(options);
    std::size_t const most = options.limits.unfinished_requests_max;
    for (std::uint32_t i = 0; i < most; ++i) {
        log.feed(wire.frame(frame::kind::open, i, 0, wire.head(0, i, never, "")));
    }
    EXPECT_TRUE(responses(log).empty());
    log.feed(wire.call(5000, echo, ""));
    EXPECT_EQ(responses(log),
              std::vector<std::string>{
                  "5000 status 2 method 0: too many unfinished calls on this connection"});
    log.feed(wire.frame(frame::kind::cancel, 0, 0, ""));
    log.feed(wire.call(5000, echo, ""));
    EXPECT_EQ(responses(log), std::vector<std::string>{"5000 status 0 method 0: "});
}

TEST_P(limits, frames_far_ahead_drop_their_stream_with_a_status) {
    session_log log(options);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "")));
    for (std::uint32_t i = 0; i < options.limits.out_of_order_frames_max; ++i) {
        log.feed(wire.frame(frame::kind::data, 1, 2 + i, ""));
        ASSERT_EQ(responses(log).size(), 0u);
    }
    log.feed(wire.frame(frame::kind::data, 1, 5000, ""));
    EXPECT_EQ(responses(log),
              std::vector<std::string>{"7 status 2 method 0: frames of the message are missing"});
    EXPECT_NE(log.text().find("cancelled"), std::string::npos);
    log.feed(wire.frame(frame::kind::data, 1, 1, ""));
    log.feed(wire.frame(frame::kind::end, 1, 5001, ""));
    EXPECT_TRUE(log.session().idle());
    EXPECT_EQ(log.session().held_size(), 0u);
}

// An answer that has begun can only be ended: a status would be a second response.
TEST_P(limits, a_stream_dropped_after_its_answer_began_gets_no_status) {
    options.limits.out_of_order_frames_max = 1;
    options.limits.message_size_max = 100;
    std::string const too_large(101, 'x');
    byte_string const gap =
        wire.frame(frame::kind::data, 1, 2, "ahead") + wire.frame(frame::kind::data, 1, 3, "ahead");
    for (byte_string const& why : {gap, wire.frame(frame::kind::data, 1, 1, too_large)}) {
        session_log log(options);
        log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, talk, "") + "one"));
        ASSERT_EQ(log.text().find("cancelled"), std::string::npos);
        log.feed(why);
        log.feed(wire.frame(frame::kind::end, 1, 4, ""));
        EXPECT_NE(log.text().find("cancelled"), std::string::npos);
        log.feed(wire.call(8, echo, "next"));
        EXPECT_EQ(responses(log), (std::vector<std::string>{"7 status 0 method 0: one",
                                                            "8 status 0 method 0: next"}));
        EXPECT_EQ(log.session().counters().calls_refused, 1u);
        EXPECT_TRUE(log.session().idle());
    }
}

TEST_P(limits, bytes_far_ahead_drop_their_stream) {
    session_log log(options);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "")));
    std::string const half(options.limits.out_of_order_size_max / 2, 'x');
    log.feed(wire.frame(frame::kind::data, 1, 2, half));
    log.feed(wire.frame(frame::kind::data, 1, 3, half));
    EXPECT_TRUE(responses(log).empty());
    log.feed(wire.frame(frame::kind::data, 1, 4, "x"));
    EXPECT_EQ(responses(log).size(), 1u);
    EXPECT_LT(log.session().held_size(), 1000u);
}

// The receiver of on_call and friends that answers nothing, and counts.
class silent final : public events_ignored {
public:
    std::size_t requests = 0;
    std::vector<call_id> open;

private:
    void on_request(call_id id, message_head const&, bytes_view) override {
        ++requests;
        open.push_back(id);
    }
};

TEST_P(limits, at_the_bound_of_unanswered_requests_nothing_more_is_read) {
    silent events;
    session of(options, events);
    byte_string bytes;
    std::size_t const most = options.limits.unanswered_requests_max;
    for (std::uint32_t i = 0; i < most + 2; ++i) {
        byte_string const call = wire.call(i, echo, "");
        bytes.insert(bytes.end(), call.begin(), call.end());
    }
    std::size_t const one = bytes.size() / (most + 2);
    EXPECT_EQ(of.receive(bytes, false, 0).value(), one * most);
    EXPECT_EQ(events.requests, most);
    EXPECT_EQ(of.unanswered_requests(), most);
    EXPECT_FALSE(of.wants_input());
    EXPECT_LT(of.held_size(), 4 * mib);
    EXPECT_EQ(of.receive(bytes_view(bytes).last(2 * one), false, 0).value(), 0u);
    of.answer(events.open[0], status::success, {}, 0);
    EXPECT_TRUE(of.wants_input());
    EXPECT_EQ(of.receive(bytes_view(bytes).last(2 * one), false, 0).value(), one);
    EXPECT_EQ(events.requests, most + 1);
}

TEST_P(limits, calls_at_once_are_bounded_whatever_else_is_allowed) {
    options.limits.unanswered_requests_max = 2 * calls_at_once_max;
    options.limits.held_size_max = 1024 * mib;
    silent events;
    session of(options, events);
    byte_string const call = wire.call(7, echo, "");
    byte_string many;
    std::size_t const at_once = 1024;
    for (std::size_t i = 0; i < at_once; ++i) {
        many.insert(many.end(), call.begin(), call.end());
    }
    for (std::size_t i = 0; i < calls_at_once_max; i += at_once) {
        ASSERT_EQ(of.receive(many, false, 0).value(), many.size());
        ASSERT_TRUE(of.settle());
    }
    EXPECT_EQ(events.requests, calls_at_once_max);
    EXPECT_EQ(of.receive(call, false, 0).value(), call.size());
    EXPECT_EQ(wire.read(take_output(of.output())),
              std::vector<std::string>{
                  "7 status 2 method 0: too many unfinished calls on this connection"});
    of.answer(events.open[0], status::success, {}, 0);
    EXPECT_EQ(of.receive(call, false, 0).value(), call.size());
    EXPECT_EQ(events.requests, calls_at_once_max + 1);
}

// Answers each request with `size` bytes, owned or borrowed.
class generous final : public events_ignored {
public:
    std::string body;
    bool borrow = false;
    std::size_t requests = 0;
    session* of = nullptr;

private:
    void on_request(call_id id, message_head const&, bytes_view) override {
        ++requests;
        slice piece{as_bytes(body), {}};
        if (borrow) {
            piece.keep_alive = pin(this, [](void*) noexcept {});
        }
        of->answer(id, status::success, {&piece, 1}, 0);
    }
};

TEST_P(limits, calls_of_ours_do_not_stop_the_reading) {
    generous events;
    session of(options, events);
    events.of = &of;
    events.body.assign(options.limits.output_owned_mark / 2, 'x');
    EXPECT_EQ(of.receive(wire.call(1, echo, ""), false, 0).value(), wire.call(1, echo, "").size());
    std::string const arguments(options.limits.output_owned_mark, 'y');
    for (int calls = 0; calls < 3; ++calls) {
        slice argument{as_bytes(arguments), {}};
        ASSERT_TRUE(of.call(9, {&argument, 1}, delivery::whole, 0).has_value());
        EXPECT_TRUE(of.wants_input());
    }
    // Answers count as before, also with calls before and behind them; and calls that have gone no
    // longer excuse anything.
    EXPECT_GT(of.receive(wire.call(2, echo, ""), false, 0).value(), 0u);
    EXPECT_GT(of.receive(wire.call(3, echo, ""), false, 0).value(), 0u);
    EXPECT_EQ(events.requests, 2u);
    of.output().consume(of.output().size() - events.body.size());
    EXPECT_TRUE(of.start_waiting(0));
    EXPECT_EQ(events.requests, 3u);
    of.output().clear();
    for (std::uint32_t request = 4; request < 8; ++request) {
        EXPECT_GT(of.receive(wire.call(request, echo, ""), false, 0).value(), 0u);
    }
    EXPECT_EQ(events.requests, 5u);
}

TEST_P(limits, the_output_mark_is_looked_at_before_each_request) {
    for (bool const borrow : {false, true}) {
        generous events;
        events.borrow = borrow;
        session of(options, events);
        events.of = &of;
        std::size_t const mark =
            borrow ? options.limits.output_borrowed_mark : options.limits.output_owned_mark;
        events.body.assign(mark / 4, 'x');
        byte_string bytes;
        for (std::uint32_t i = 0; i < 10; ++i) {
            byte_string const call = wire.call(i, echo, "");
            bytes.insert(bytes.end(), call.begin(), call.end());
        }
        // Four answers are not above the mark of borrowed bytes; heads make owned ones exceed it.
        std::size_t const started = borrow ? 5 : 4;
        EXPECT_EQ(feed(of, bytes).value(), bytes.size() / 10 * started);
        EXPECT_EQ(events.requests, started);
        EXPECT_FALSE(of.wants_input());
        of.output().clear();
        EXPECT_TRUE(of.wants_input());
    }
}

TEST_P(limits, skipped_frames_are_counted_and_end_the_connection_in_the_end) {
    session_log log(options);
    byte_string const unknown = frame::testing::encode({{1, 0, 9, "skip"}}, GetParam());
    for (std::uint32_t i = 0; i < options.limits.protocol_errors_max; ++i) {
        log.feed(unknown);
    }
    EXPECT_FALSE(log.failed());
    EXPECT_EQ(log.session().counters().frames_skipped, options.limits.protocol_errors_max);
    log.feed(unknown);
    EXPECT_EQ(last_line(log), "failed: too many frames had to be skipped");
}

TEST_P(limits, the_rest_of_a_refused_message_is_no_protocol_error) {
    options.limits.message_size_max = 100;
    options.limits.protocol_errors_max = 10;
    session_log log(options);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "")));
    for (std::uint32_t i = 1; i < 100; ++i) {
        log.feed(wire.frame(frame::kind::data, 1, i, std::string(90, 'x')));
    }
    EXPECT_FALSE(log.failed());
}

TEST_P(limits, small_pieces_are_joined_and_empty_ones_not_stored) {
    session_log log(options);
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "")));
    std::size_t const before = log.session().held_size();
    std::uint32_t sequence = 1;
    for (int i = 0; i < 10000; ++i) {
        log.feed(wire.frame(frame::kind::data, 1, sequence++, ""));
    }
    EXPECT_EQ(log.session().held_size(), before);
    for (int i = 0; i < 10000; ++i) {
        log.feed(wire.frame(frame::kind::data, 1, sequence++, "x"));
    }
    EXPECT_LT(log.session().held_size(), before + 40000);
}

TEST_P(limits, calls_of_ours_are_bounded_too) {
    options.local_side = side::dialer;
    options.limits.pending_calls_max = 3;
    options.limits.message_size_max = 100;
    session_log log(options);
    slice none{};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(log.session().call(9, {&none, 1}, delivery::whole, 0));
    }
    EXPECT_EQ(log.session().call(9, {&none, 1}, delivery::whole, 0).error(),
              rpc_error::too_many_calls);
    std::string const big(86, 'x');
    slice large = testing::text(big);
    EXPECT_EQ(log.session().send_event(9, {&large, 1}, 0).error(), rpc_error::too_many_calls);
    session_log other(options);
    large = testing::text(big);
    EXPECT_EQ(other.session().send_event(9, {&large, 1}, 0).error(), rpc_error::message_too_large);
    EXPECT_EQ(other.session().begin_call(9, byte_string(65536), delivery::whole, 0).error(),
              rpc_error::metadata_too_large);
}

}  // namespace
}  // namespace trunkline::rpc
