#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;

session_options options_for(frame::layout of, session_limits const& limits = {}) {
    session_options options;
    options.layout = of;
    options.limits = limits;
    return options;
}

class sessions : public ::testing::TestWithParam<frame::layout> {
protected:
    wire_text wire{GetParam()};

    static std::vector<std::string> said(session_log& log) {
        log.drain();
        return log.lines();
    }

    // The lines that tell events, without what was sent.
    static std::vector<std::string> events(session_log& log) {
        std::vector<std::string> found;
        for (std::string const& line : log.lines()) {
            if (!line.starts_with("sent ")) {
                found.push_back(line);
            }
        }
        return found;
    }

    // What a peer reads in the output, one line per response.
    std::vector<std::string> responses(session& of) { return wire.read(take_output(of.output())); }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, sessions,
                         ::testing::Values(frame::layout::a, frame::layout::b));

TEST_P(sessions, a_call_is_told_in_order) {
    session_log log(options_for(GetParam()));
    log.feed(wire.call(7, echo, "args"));
    auto const got = events(log);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_NE(got[0].find("type 0 request 7 method 0 metadata args"), std::string::npos);
    EXPECT_NE(got[1].find("arguments args"), std::string::npos);
    EXPECT_EQ(responses(log.session()), std::vector<std::string>{"7 status 0 method 0: args"});
    EXPECT_TRUE(log.session().idle());
    EXPECT_EQ(log.session().held_size(), 0u);
}

TEST_P(sessions, every_strict_prefix_of_an_exchange_is_held_and_given_up_cleanly) {
    byte_string const bytes = wire.call(7, echo, "args") + wire.call(8, talk, "") +
                              wire.frame(frame::kind::open, 9, 0, "half a head");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        session_log log(options_for(GetParam()));
        log.feed(bytes_view(bytes).first(size));
        EXPECT_FALSE(log.failed());
        log.disconnect();
        EXPECT_EQ(log.session().held_size(), 0u) << size;
        EXPECT_TRUE(log.session().output().empty());
    }
}

TEST_P(sessions, every_split_says_the_same) {
    byte_string const bytes = wire.call(7, echo, "args") + wire.call(8, talk, "some") +
                              wire.frame(frame::kind::end, 50, 1, "e") +
                              wire.frame(frame::kind::open, 50, 0, wire.head(0, 9, unary, "m")) +
                              wire.frame(frame::kind::cancel, 50, 9, "");
    session_log whole(options_for(GetParam()));
    whole.feed(bytes);
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        session_log split(options_for(GetParam()));
        split.feed(bytes_view(bytes).first(at));
        split.feed(bytes_view(bytes).subspan(at));
        EXPECT_EQ(said(split), said(whole)) << at;
    }
}

TEST_P(sessions, payload_wins_over_metadata_and_may_come_in_the_end_frame) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "meta") + "pay"));
    log.feed(wire.frame(frame::kind::end, 1, 1, "load"));
    log.feed(wire.frame(frame::kind::end, 2, 0, wire.head(0, 8, echo, "only meta")));
    EXPECT_EQ(responses(log.session()),
              (std::vector<std::string>{"7 status 0 method 0: payload",
                                        "8 status 0 method 0: only meta"}));
}

TEST_P(sessions, a_head_in_many_frames_is_put_together) {
    session_log log(options_for(GetParam()));
    std::string const head = wire.head(0, 7, echo, "metadata");
    std::uint32_t sequence = 0;
    for (char const each : head) {
        log.feed(wire.frame(frame::kind::data, 1, sequence++, std::string(1, each)));
    }
    log.feed(wire.frame(frame::kind::end, 1, sequence, ""));
    EXPECT_EQ(responses(log.session()), std::vector<std::string>{"7 status 0 method 0: metadata"});
}

TEST_P(sessions, an_end_before_the_head_is_complete_says_nothing) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, "short"));
    log.feed(wire.frame(frame::kind::end, 1, 1, ""));
    EXPECT_TRUE(said(log).empty());
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, a_bad_type_costs_its_stream_only) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(3, 7, echo, "")) +
             wire.call(8, echo, "good") + wire.frame(frame::kind::data, 1, 1, "more") +
             wire.frame(frame::kind::end, 1, 2, "") + wire.call(9, echo, "too"));
    EXPECT_EQ(responses(log.session()),
              (std::vector<std::string>{"8 status 0 method 0: good", "9 status 0 method 0: too"}));
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, a_cancel_costs_its_call_only) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "")) +
             wire.frame(frame::kind::cancel, 1, 1, "") + wire.call(8, echo, "good") +
             wire.frame(frame::kind::end, 1, 2, "") + wire.frame(frame::kind::cancel, 77, 0, ""));
    EXPECT_EQ(responses(log.session()), std::vector<std::string>{"8 status 0 method 0: good"});
    EXPECT_EQ(log.session().unanswered_requests(), 0u);
}

TEST_P(sessions, a_cancel_ends_an_answer_that_has_begun) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, talk, "") + "one"));
    log.feed(wire.frame(frame::kind::cancel, 1, 1, ""));
    EXPECT_EQ(responses(log.session()), std::vector<std::string>{"7 status 0 method 0: one"});
    EXPECT_EQ(events(log).back().substr(0, 9), "cancelled");
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, a_streamed_response_says_method_0_and_has_a_frame_per_part) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, talk, "") + "one"));
    log.feed(wire.frame(frame::kind::data, 1, 1, "two"));
    log.feed(wire.frame(frame::kind::end, 1, 2, ""));
    auto const frames = wire.frames(take_output(log.session().output()));
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(frames[0].payload, wire.head(1, 7, 0, std::string(1, '\0')) + "one");
    EXPECT_EQ(frames[1].payload, "two");
    EXPECT_EQ(frames[2].payload, "");
    EXPECT_EQ(frames[2].kind_byte, 2);
}

TEST_P(sessions, an_answer_in_parts_without_parts_is_still_a_response) {
    session_log log(options_for(GetParam()));
    log.feed(wire.call(7, talk, ""));
    EXPECT_EQ(responses(log.session()), std::vector<std::string>{"7 status 0 method 0: "});
}

TEST_P(sessions, one_request_id_on_two_streams_is_two_calls) {
    session_log log(options_for(GetParam()));
    log.feed(wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "first")) +
             wire.frame(frame::kind::open, 2, 0, wire.head(0, 7, echo, "second")) +
             wire.frame(frame::kind::end, 2, 1, "") + wire.frame(frame::kind::end, 1, 1, ""));
    EXPECT_EQ(responses(log.session()), (std::vector<std::string>{"7 status 0 method 0: second",
                                                                  "7 status 0 method 0: first"}));
}

TEST_P(sessions, messages_are_routed_by_type) {
    session_log log(options_for(GetParam()));
    log.feed(wire.message(1, 7, echo, "", "nobody asked"));
    EXPECT_EQ(log.session().counters().responses_dropped, 1u);
    EXPECT_TRUE(events(log).empty());
    log.feed(wire.message(2, 7, echo, "event", ""));
    EXPECT_EQ(events(log).size(), 2u);
    EXPECT_TRUE(log.session().output().empty());
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, statuses_of_responses) {
    struct {
        std::string metadata;
        int code;
    } const known[] = {
        {"", 0},     {std::string(1, '\0'), 0}, {"\1", 1}, {"\2", 2}, {"\3", 3}, {"\4", 0},
        {"\xff", 0}, {std::string("\2\1\1"), 2}};
    for (auto const& each : known) {
        session_options options = options_for(GetParam());
        options.local_side = side::dialer;
        session_log log(options);
        slice none{};
        auto const id = log.session().call(9, {&none, 1}, delivery::whole, 0);
        log.session().output().clear();
        log.feed(wire.message(1, *id, 0, each.metadata, "body"));
        EXPECT_EQ(log.lines(),
                  std::vector<std::string>{"response " + std::to_string(*id) + " status " +
                                           std::to_string(each.code) + " body"});
        EXPECT_TRUE(log.session().idle());
    }
}

TEST_P(sessions, an_error_status_is_told_whole_also_when_parts_were_wanted) {
    session_options options = options_for(GetParam());
    options.local_side = side::dialer;
    session_log log(options);
    auto const id = log.session().begin_call(9, {}, delivery::parts, 0);
    log.session().output().clear();
    log.feed(wire.frame(frame::kind::open, 5, 0, wire.head(1, *id, 0, "\2") + "it "));
    log.feed(wire.frame(frame::kind::data, 5, 1, "failed"));
    EXPECT_TRUE(log.lines().empty());
    log.feed(wire.frame(frame::kind::end, 5, 2, ""));
    EXPECT_EQ(log.lines().at(0), "response " + std::to_string(*id) + " status 2 it failed");
    // The request was still open: it is ended, for a cancel could cost others their frames.
    auto const frames = wire.frames(take_output(log.session().output()));
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].kind_byte, 2);
    EXPECT_EQ(log.session().write_call(*id, {}, 0).error(), rpc_error::unknown_call);
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, a_second_response_to_one_call_is_dropped) {
    session_options options = options_for(GetParam());
    options.local_side = side::dialer;
    session_log log(options);
    slice none{};
    auto const id = log.session().call(9, {&none, 1}, delivery::whole, 0);
    log.feed(wire.frame(frame::kind::open, 5, 0, wire.head(1, *id, 0, "")));
    log.feed(wire.message(1, *id, 0, "", "second"));
    EXPECT_EQ(log.session().counters().responses_dropped, 1u);
    log.feed(wire.frame(frame::kind::end, 5, 1, "first"));
    EXPECT_EQ(log.lines().back(), "response " + std::to_string(*id) + " status 0 first");
}

TEST_P(sessions, a_cancelled_response_loses_the_call) {
    session_options options = options_for(GetParam());
    options.local_side = side::dialer;
    session_log log(options);
    slice none{};
    auto const id = log.session().call(9, {&none, 1}, delivery::whole, 0);
    log.feed(wire.frame(frame::kind::open, 5, 0, wire.head(1, *id, 0, "")));
    log.feed(wire.frame(frame::kind::cancel, 5, 1, ""));
    EXPECT_EQ(log.lines().back(), "lost " + std::to_string(*id) + " cancelled by the peer");
}

TEST_P(sessions, a_call_given_up_drops_the_rest_of_its_response) {
    session_options options = options_for(GetParam());
    options.local_side = side::dialer;
    session_log log(options);
    auto const id = log.session().begin_call(9, {}, delivery::parts, 0);
    log.feed(wire.frame(frame::kind::open, 5, 0, wire.head(1, *id, 0, "") + "stop"));
    std::size_t const told = log.lines().size();
    log.feed(wire.frame(frame::kind::data, 5, 1, "more"));
    log.feed(wire.frame(frame::kind::end, 5, 2, ""));
    EXPECT_EQ(log.lines().size(), told);
    auto const writes = take_writes(log.session().output());
    EXPECT_EQ(wire.frames(writes.back()).back().kind_byte, 3);
    EXPECT_TRUE(log.session().idle());
}

TEST_P(sessions, arguments_travel_as_metadata_below_65536_bytes) {
    for (std::size_t const size : {0ul, 1ul, 65520ul, 65535ul, 65536ul, 65537ul}) {
        session_options options = options_for(GetParam());
        options.local_side = side::dialer;
        session_log log(options);
        std::string const arguments(size, 'a');
        slice piece = testing::text(arguments);
        auto const id = log.session().call(9, {&piece, 1}, delivery::whole, 0);
        auto const frames = wire.frames(take_output(log.session().output()));
        bool const metadata = size < 65536;
        std::string const message =
            metadata ? wire.head(0, *id, 9, arguments) : wire.head(0, *id, 9, "") + arguments;
        std::string got;
        for (auto const& frame : frames) {
            EXPECT_LE(frame.payload.size(), chunk_size);
            got += frame.payload;
        }
        EXPECT_EQ(got, message);
        EXPECT_EQ(frames.back().payload, "");
        EXPECT_EQ(frames.size(), (message.size() + chunk_size - 1) / chunk_size + 1);
    }
}

TEST_P(sessions, ids_carry_the_side_in_their_high_bit) {
    for (side const local : {side::dialer, side::acceptor}) {
        session_options options = options_for(GetParam());
        options.local_side = local;
        options.first_request_id = 0x7fffffff;
        options.first_stream_id = 0x7fffffff;
        session_log log(options);
        std::uint32_t const bit = local == side::acceptor ? acceptor_id_bit : 0;
        slice none{};
        EXPECT_EQ(*log.session().call(9, {&none, 1}, delivery::whole, 0), 0x7fffffffu | bit);
        EXPECT_EQ(*log.session().call(9, {&none, 1}, delivery::whole, 0), bit);
        auto const frames = wire.frames(take_output(log.session().output()));
        EXPECT_EQ(frames[0].stream_id, 0x7fffffffu | bit);
        EXPECT_EQ(frames[2].stream_id, bit);
    }
}

TEST_P(sessions, disconnect_reports_everything_once) {
    session_log log(options_for(GetParam()));
    log.feed(wire.call(7, late, "") +
             wire.frame(frame::kind::open, 50, 0, wire.head(0, 8, never, "")) +
             wire.frame(frame::kind::open, 51, 0, "half"));
    slice none{};
    auto const id = log.session().call(9, {&none, 1}, delivery::whole, 0);
    std::size_t const before = log.lines().size();
    std::size_t const queued = log.session().output().size();
    EXPECT_TRUE(log.session().mid_message());
    log.session().disconnect(rpc_error::connection_lost);
    log.session().disconnect(rpc_error::connection_lost);
    auto const lines = log.lines();
    ASSERT_EQ(lines.size(), before + 3);
    EXPECT_EQ(lines.back(),
              "lost " + std::to_string(*id) + " the connection ended before the answer");
    EXPECT_GT(queued, 0u);
    EXPECT_EQ(log.session().output().size(), queued);  // for the owner to send, or not
    EXPECT_EQ(log.session().held_size(), 0u);
    EXPECT_EQ(log.session().receive(wire.call(1, echo, ""), false, 0).error(),
              rpc_error::not_connected);
}

TEST_P(sessions, the_layout_is_detected_and_used_for_answers) {
    session_options options;
    for (bool const borders : {false, true}) {
        options.message_borders = borders;
        session_log log(options);
        byte_string const bytes = wire.call(7, echo, "x");
        log.feed(bytes_view(bytes).first(30));
        log.feed(bytes_view(bytes).subspan(30));
        EXPECT_EQ(log.session().layout(), GetParam());
        EXPECT_EQ(responses(log.session()), std::vector<std::string>{"7 status 0 method 0: x"});
    }
}

// Before it has called anybody.
void expect_that_it_can_be_called(session_options dialing, bool borders) {
    dialing.local_side = side::dialer;
    dialing.message_borders = borders;
    session_log dialer(dialing);
    session_options accepting;
    accepting.message_borders = borders;
    session_log acceptor(accepting);
    slice nothing{};
    ASSERT_TRUE(acceptor.session().call(echo, {&nothing, 1}, delivery::whole, 0).has_value());
    EXPECT_EQ(acceptor.session().output().size(), 0U);

    constexpr std::uint64_t year_2026 = 1'780'000'000'000'000;
    dialer.session().announce(year_2026);
    byte_string const said = take_output(dialer.session().output());
    ASSERT_TRUE(acceptor.session().receive(said, true, 0).has_value());
    EXPECT_EQ(acceptor.session().layout(), dialing.layout);
    EXPECT_EQ(acceptor.text(), "");
    EXPECT_EQ(acceptor.session().held_size(), 0U);
    EXPECT_EQ(acceptor.session().counters().frames_skipped, 0U);
    dialer.feed(take_output(acceptor.session().output()));
    EXPECT_NE(dialer.text(), "");
}

TEST_P(sessions, an_announced_dialer_can_be_called) {
    for (bool const borders : {true, false}) {
        SCOPED_TRACE(borders);
        expect_that_it_can_be_called(options_for(GetParam()), borders);
    }
}

TEST_P(sessions, a_whole_message_is_not_copied) {
    class views final : public events_ignored {
    public:
        std::byte const* seen = nullptr;
        std::string text;

    private:
        void on_request(call_id, message_head const&, bytes_view arguments) override {
            seen = arguments.data();
            text = as_text(arguments);
        }
    } events;
    session of(options_for(GetParam()), events);
    byte_string const open = wire.frame(frame::kind::open, 1, 0, wire.head(0, 7, echo, "args"));
    byte_string const end = wire.frame(frame::kind::end, 1, 1, "");
    ASSERT_TRUE(of.receive(open, true, 0).has_value());
    ASSERT_TRUE(of.receive(end, true, 0).has_value());
    EXPECT_EQ(events.seen, open.data() + open.size() - 4);
    ASSERT_TRUE(of.receive(open, true, 0).has_value());
    ASSERT_TRUE(of.settle().has_value());
    ASSERT_TRUE(of.receive(end, true, 0).has_value());
    EXPECT_NE(events.seen, open.data() + open.size() - 4);
    EXPECT_EQ(events.text, "args");
}

}  // namespace
}  // namespace trunkline::rpc
