// Sessions whose frames are checked (extension/FORMAT.md, "Checks").
#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/test_extended_pair.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>

namespace trunkline::rpc {
namespace {

using namespace testing;

session_options checked() {
    session_options options;
    options.resumed = folded_session{.next_request_id = 1, .extended = true, .checked = true};
    options.resumed->layout = frame::layout::b;
    return options;
}

/// One side of an exchange that has been written down: what it was sent, and what it made of it.
struct recorded {
    std::vector<byte_string> came;
    std::vector<std::string> said;
    std::map<std::uint64_t, std::string> parts;
};

// Everything that the caller does, at each of its turns.
void call_on(extended_side& caller, std::size_t turn) {
    extension::call_fields fields;
    fields.timeout_us = 77;
    fields.metadata = {{"key", as_bytes(std::string_view("value"))}};
    if (turn == 0) {
        caller.call(whole, "arguments", &fields);
        auto const stream = caller.open(parts, &fields);
        caller.write(stream, "one part");
        caller.write(stream, "another part");
        ASSERT_TRUE(caller->end_call(stream, test_now_us));
        ASSERT_TRUE(caller->ping(as_bytes(std::string_view("ping")), test_now_us));
    } else if (turn == 1) {
        auto const given_up = caller.call(whole, "given up");
        caller->cancel_call(given_up, test_now_us);
        slice news = testing::text("news");
        ASSERT_TRUE(caller->send_event(whole, {&news, 1}, test_now_us));
    }
}

void answer_on(extended_side& called, std::size_t turn) {
    if (turn == 0) {
        called.answer(called.calls.at(0), "the answer");
        called->begin_answer(called.calls.at(1), test_now_us);
        called.write_answer(called.calls.at(1), "a part of an answer");
        called->end_answer(called.calls.at(1), test_now_us);
    } else if (turn == 1) {
        called->go_away(extension::code::going_away, "bye", test_now_us);
    }
}

struct exchange {
    exchange() {
        extended_side caller(side::dialer, checked());
        extended_side called(side::acceptor, checked());
        for (std::size_t turn = 0; turn < 3; ++turn) {
            call_on(caller, turn);
            at_called.came.push_back(take_output(caller->output()));
            called.feed(at_called.came.back());
            answer_on(called, turn);
            at_caller.came.push_back(take_output(called->output()));
            caller.feed(at_caller.came.back());
        }
        EXPECT_TRUE(caller->idle());
        EXPECT_TRUE(called->idle());
        at_caller.said = caller.said;
        at_caller.parts = caller.parts;
        at_called.said = called.said;
        at_called.parts = called.parts;
    }

    recorded at_caller;
    recorded at_called;
};

// Plays what came at one side again, with one bit changed.
template <class Act>
void play(recorded const& from, side which, Act act, std::size_t turn, std::size_t bit) {
    extended_side again(which, checked());
    for (std::size_t at = 0; at <= turn; ++at) {
        if (which == side::dialer) {
            act(again, at);
        }
        byte_string bytes = from.came[at];
        if (at == turn) {
            bytes[bit / 8] ^= std::byte{1} << bit % 8;
        }
        again.feed(bytes);
        if (which == side::acceptor && at < turn) {
            act(again, at);
        }
    }
    ASSERT_EQ(again.failed, rpc_error::bad_check) << "turn " << turn << " bit " << bit;
    ASSERT_LT(again.said.size(), from.said.size() + 1);
    ASSERT_TRUE(std::equal(again.said.begin(), again.said.end(), from.said.begin()))
        << "turn " << turn << " bit " << bit;
    for (auto const& [of, bytes] : again.parts) {
        ASSERT_TRUE(from.parts.at(of).starts_with(bytes)) << "turn " << turn << " bit " << bit;
    }
    ASSERT_EQ(again->receive(from.came[turn], false, test_now_us).error(), rpc_error::bad_check);
}

template <class Act>
void play_all(recorded const& from, side which, Act act) {
    for (std::size_t turn = 0; turn < from.came.size(); ++turn) {
        for (std::size_t bit = 0; bit < 8 * from.came[turn].size(); ++bit) {
            play(from, which, act, turn, bit);
            if (::testing::Test::HasFatalFailure()) {
                return;
            }
        }
    }
}

TEST(checks, FLT_13_a_changed_bit_ends_the_connection_and_nothing_wrong_is_delivered) {
    exchange const all;
    EXPECT_GE(all.at_called.said.size(), 6u);
    EXPECT_GE(all.at_caller.said.size(), 5u);
    play_all(all.at_called, side::acceptor, answer_on);
    play_all(all.at_caller, side::dialer, call_on);
}

TEST(checks, FLT_13_a_missing_byte_ends_the_connection) {
    exchange const all;
    byte_string const& came = all.at_called.came.front();
    for (std::size_t at = 0; at + 40 < came.size(); ++at) {
        extended_side again(side::acceptor, checked());
        byte_string bytes = came;
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
        again.feed(bytes);
        ASSERT_EQ(again.failed, rpc_error::bad_check) << at;
        ASSERT_TRUE(std::equal(again.said.begin(), again.said.end(), all.at_called.said.begin()));
    }
}

TEST(checks, every_cut_says_the_same) {
    exchange const all;
    byte_string const& came = all.at_called.came.front();
    for (std::size_t at = 1; at < came.size(); ++at) {
        extended_side again(side::acceptor, checked());
        again.feed(bytes_view(came).first(at));
        again.feed(bytes_view(came).subspan(at));
        ASSERT_FALSE(again.failed) << at;
        ASSERT_EQ(again.parts, all.at_called.parts) << at;
    }
}

TEST(checks, hold_no_memory_of_their_own) {
    extended_side plain(side::acceptor);
    extended_side with(side::acceptor, checked());
    EXPECT_EQ(plain->held_size(), with->held_size());
    EXPECT_TRUE(with->fold()->checked);
    EXPECT_LE(sizeof(folded_session), 28u);
}

// A message is refused for its size before all of it has come, but not before its frame is
// believed.
TEST(checks, are_made_before_a_message_is_refused) {
    session_options options = checked();
    options.limits.message_size_max = 100;
    extended_side called(side::acceptor, options);
    extended_side caller(side::dialer, checked());
    caller.call(whole, std::string(500, 'a'));
    byte_string bytes = take_output(caller->output());
    byte_string const begin(bytes.begin(), bytes.begin() + 50);
    called.feed(begin);
    EXPECT_TRUE(take_output(called->output()).empty());
    bytes.erase(bytes.begin(), bytes.begin() + 50);
    byte_string wrong = bytes;
    called.feed(bytes);
    EXPECT_EQ(called->counters().calls_refused, 1u);
    EXPECT_FALSE(take_output(called->output()).empty());

    extended_side other(side::acceptor, options);
    other.feed(begin);
    wrong[0] ^= std::byte{1};
    other.feed(wrong);
    EXPECT_EQ(other.failed, rpc_error::bad_check);
    EXPECT_TRUE(take_output(other->output()).empty());
}

// A peer that asks again and again, and reads nothing, costs no more than its answers.
TEST(checks, that_are_agreed_on_again_change_nothing) {
    extended_side called(side::acceptor, checked());
    extended_side caller(side::dialer, checked());
    for (int i = 0; i < 100; ++i) {
        caller.call(whole, "?");
        called.feed(take_output(caller->output()));
        slice yes = testing::text("yes");
        called->agree(called.last_call(), {&yes, 1}, true, test_now_us);
    }
    // A peek ends where the form of what follows changes.
    std::array<out_segment, 1000> all;
    std::size_t size = 0;
    for (out_segment const& each : std::span(all).first(called->output().peek(all))) {
        size += each.bytes.size();
    }
    EXPECT_EQ(size, called->output_size());
}

}  // namespace
}  // namespace trunkline::rpc
