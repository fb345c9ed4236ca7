// Requests that come while answers fill the output and a call of ours waits: FORMAT.md, "Limits".
#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/test_extended_pair.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;
using strings = std::vector<std::string>;

constexpr std::uint64_t another = 4;

class full_output : public ::testing::Test {
protected:
    full_output() {
        options.limits.output_owned_mark = 1000;
        options.limits.held_size_max = 20'000;
        options.limits.message_size_max = 10'000;  // so 5,000 bytes may wait
        made = std::make_unique<extended_side>(side::acceptor, options);
    }

    // A call of ours waits, and an answer of ours is more than the output is to hold.
    void fill() {
        (*made)->call(whole, {}, delivery::whole, test_now_us).value();
        (void)take_output((*made)->output());
        made->feed(wire.call(1, whole, "first"));
        made->answer(made->last_call(), std::string(2000, 'a'));
        made->said.clear();
    }

    bool go_on() {
        said_to_peer = take_output((*made)->output());
        return (*made)->start_waiting(test_now_us);
    }

    session_options options;
    std::unique_ptr<extended_side> made;
    wire_text wire{frame::layout::b};
    byte_string said_to_peer;
};

TEST_F(full_output, lets_whole_requests_wait_in_order) {
    fill();
    EXPECT_TRUE((*made)->wants_input());
    made->feed(wire.call(2, whole, "second"));
    made->feed(wire.call(3, another, "third"));
    EXPECT_EQ(made->said, (strings{"call 2", "call 4"}));
    EXPECT_EQ((*made)->unanswered_requests(), 2u);
    EXPECT_FALSE((*made)->start_waiting(test_now_us));
    made->said.clear();
    EXPECT_TRUE(go_on());
    EXPECT_EQ(made->said, (strings{"request 2 second", "request 4 third"}));
    made->answer(made->last_call(), "done");
    EXPECT_FALSE(go_on());
    EXPECT_EQ((*made)->unanswered_requests(), 1u);
}

TEST_F(full_output, starts_what_waits_when_more_comes) {
    fill();
    made->feed(wire.call(2, whole, "second"));
    (void)take_output((*made)->output());
    made->said.clear();
    made->feed(wire.call(3, another, "third"));
    EXPECT_EQ(made->said, (strings{"request 2 second", "call 4", "request 4 third"}));
}

TEST_F(full_output, takes_answers_and_parts) {
    fill();
    made->feed(wire.frame(frame::kind::open, 9, 0, wire.head(0, 5, parts, "")));
    made->feed(wire.frame(frame::kind::data, 9, 1, "part"));
    EXPECT_EQ(made->parts[parts], "part");
    made->feed(wire.message(1, acceptor_id_bit | 1, whole, std::string(1, '\0'), "ours"));
    EXPECT_EQ(made->said.back(), "response 2147483649 ours");
    EXPECT_FALSE((*made)->wants_input());  // nobody waits for an answer now
}

TEST_F(full_output, forgets_a_waiting_request_that_is_given_up) {
    fill();
    made->feed(wire.call(2, whole, "second"));
    made->feed(frame::testing::encode({{0, 0, 18, std::string("\0\2\0\0\0\1\0\0\0", 9)}},
                                      frame::layout::b));
    EXPECT_EQ(made->said, (strings{"call 2", "cancelled 2: cancelled by the peer"}));
    made->said.clear();
    go_on();
    EXPECT_TRUE(made->said.empty());
    EXPECT_EQ((*made)->unanswered_requests(), 0u);
    EXPECT_LT((*made)->held_size(), 100u);
}

TEST_F(full_output, refuses_what_is_more_than_may_wait) {
    fill();
    std::string const large(1000, 'x');
    for (std::uint32_t id = 2; id < 12; ++id) {
        made->feed(wire.call(id, whole, large));
        ASSERT_TRUE(made->parked.empty());
        ASSERT_FALSE(made->failed);
    }
    EXPECT_LE((*made)->held_size(), 8'000u);
    made->said.clear();
    go_on();
    EXPECT_EQ(made->said.size(), 5u);
    EXPECT_EQ((*made)->counters().calls_refused, 5u);
    EXPECT_EQ(wire.read(said_to_peer).back(),
              "11 status 2 method 2: the connection holds more unfinished bytes than the limit");
}

TEST_F(full_output, is_bounded_whatever_is_refused) {
    fill();
    byte_string flood;
    for (std::uint32_t id = 2; id < 10'000; ++id) {
        flood = wire.call(id, whole, std::string(100, 'x'));
        made->feed(flood);
        ASSERT_FALSE(made->failed);
        if (!made->parked.empty()) {
            break;
        }
    }
    EXPECT_FALSE(made->parked.empty());
    EXPECT_FALSE((*made)->wants_input());
    EXPECT_LE((*made)->output_size(), 3'300u);
    go_on();
    EXPECT_TRUE((*made)->wants_input());
}

// Calls in parts begin however full the output is: what is answered to them counts.
TEST_F(full_output, is_bounded_whatever_calls_in_parts_are_answered) {
    fill();
    std::uint32_t id = 2;
    for (; id < 1000 && made->parked.empty(); ++id) {
        made->feed(wire.call(id, parts, "part"));
        made->answer(made->last_call(), "an answer");
    }
    EXPECT_GT(id, 20u);
    EXPECT_FALSE((*made)->wants_input());
    EXPECT_LE((*made)->output_size(), 3'300u);
    go_on();
    EXPECT_TRUE((*made)->wants_input());
}

TEST_F(full_output, is_bounded_whatever_calls_in_parts_are_answered_in_parts) {
    fill();
    for (std::uint32_t id = 2; id < 1000 && made->parked.empty(); ++id) {
        made->feed(wire.call(id, parts, "part"));
        (*made)->begin_answer(made->last_call(), test_now_us);
        made->write_answer(made->last_call(), "a part");
        (*made)->end_answer(made->last_call(), test_now_us);
    }
    EXPECT_FALSE((*made)->wants_input());
    EXPECT_LE((*made)->output_size(), 3'300u);
}

TEST_F(full_output, is_bounded_whatever_is_begun_and_given_up) {
    fill();
    for (std::uint32_t id = 2; id < 1000 && made->parked.empty(); ++id) {
        made->feed(wire.frame(frame::kind::open, id, 0, wire.head(0, id, parts, "")));
        (*made)->begin_answer(made->last_call(), test_now_us);
        made->feed(wire.frame(frame::kind::cancel, id, 1, ""));
    }
    EXPECT_FALSE((*made)->wants_input());
    EXPECT_LE((*made)->output_size(), 3'300u);
}

TEST_F(full_output, is_bounded_whatever_is_reset) {
    (*made)->call(whole, {}, delivery::whole, test_now_us).value();
    for (std::uint32_t id = 2; id < 1000 && made->parked.empty(); ++id) {
        made->feed(wire.call(id, parts, "part"));
        (*made)->reset_answer(made->last_call(), extension::code::deadline, test_now_us);
    }
    EXPECT_FALSE((*made)->wants_input());
    EXPECT_LE((*made)->output_size(), 3'300u);
}

// Refusals that have gone do not stand in the way of answers that come later.
TEST_F(full_output, counts_nothing_that_has_gone) {
    fill();
    for (std::uint32_t id = 2; id < 1000 && made->parked.empty(); ++id) {
        made->feed(wire.call(id, parts, "part"));
        made->answer(made->last_call(), "an answer");
    }
    EXPECT_FALSE((*made)->wants_input());
    (void)take_output((*made)->output());
    made->feed(wire.call(1001, whole, "more"));
    made->answer(made->last_call(), std::string(2000, 'a'));
    EXPECT_TRUE((*made)->wants_input());
}

TEST_F(full_output, tells_of_waiting_requests_at_disconnect) {
    fill();
    made->feed(wire.call(2, whole, "second"));
    made->said.clear();
    (*made)->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(made->said.front(), "cancelled 2: the connection ended before the answer");
    EXPECT_FALSE(go_on());
    EXPECT_EQ(made->said.size(), 2u);
    EXPECT_LT((*made)->held_size(), 100u);
}

}  // namespace
}  // namespace trunkline::rpc
