// Handlers that call their caller back before they answer, with everything at its mark: neither
// side may wait for the other for ever.
#include <trunkline/rpc/endpoint.hpp>

#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

#include <deque>

namespace trunkline::rpc {
namespace {

using namespace testing;

constexpr std::uint64_t call_back = 1;  // keeps its arguments, asks its caller, answers with that
constexpr std::uint64_t question = 2;
constexpr std::uint64_t when_released = 3;  // keeps its arguments and waits for release()

struct calling_back : two_peers {
    explicit calling_back(frame::layout of, session_limits const& limits = {})
        : two_peers(of, limits) {
        EXPECT_TRUE(dialer_methods.add(question, [this](request const&, responder answer) {
            ++questions;
            if (!hold_answers) {
                answer.success(text(reply));
                return;
            }
            held.push_back(std::move(answer));
        }));
        EXPECT_TRUE(acceptor_methods.add(call_back, [this](request const& asked, responder answer) {
            begin(asked, std::move(answer));
        }));
        EXPECT_TRUE(
            acceptor_methods.add(when_released, [this](request const& asked, responder answer) {
                ASSERT_TRUE(answer.keep(asked.arguments.size()));
                held.push_back(std::move(answer));
            }));
    }

    void begin(request const& asked, responder answer) {
        most_held = std::max(most_held, acceptor->protocol().held_size());
        if (!answer.keep(asked.arguments.size())) {
            answer.system_error("no room");
            return;
        }
        most_held = std::max(most_held, acceptor->protocol().held_size());
        auto kept = std::make_shared<responder>(std::move(answer));
        slice none{};
        ASSERT_TRUE(acceptor->call(question, {&none, 1}, [kept](response const& got) {
            EXPECT_FALSE(got.error);
            kept->success({got.body, {}});
        }));
    }

    // Begins a call of `size` bytes.
    outcome& begin_call(std::uint64_t method, std::size_t size) {
        std::string const argument(size, 'x');
        slice piece = text(argument);
        EXPECT_TRUE(dialer->call(method, {&piece, 1}, note(outcomes.emplace_back())));
        return outcomes.back();
    }

    [[nodiscard]] std::size_t answered(status code) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            outcomes, [&](outcome const& one) { return one.done && one.code == code; }));
    }

    std::string reply = "me";
    bool hold_answers = false;
    std::size_t questions = 0;
    std::size_t most_held = 0;
    std::deque<outcome> outcomes;
    std::vector<responder> held;
};

class calls_back : public ::testing::TestWithParam<frame::layout> {};

INSTANTIATE_TEST_SUITE_P(both_layouts, calls_back,
                         ::testing::Values(frame::layout::a, frame::layout::b));

TEST_P(calls_back, with_large_arguments_all_end) {
    for (std::size_t const step : {1ul << 20, 70'001ul}) {
        for (std::size_t const reply : {2ul, 8 * mib}) {
            calling_back wire(GetParam());
            wire.reply.assign(reply, 'y');
            for (int i = 0; i < 8; ++i) {
                wire.begin_call(call_back, 2 * mib);
            }
            wire.run(step);
            EXPECT_GE(wire.answered(status::success), 3u);
            EXPECT_EQ(wire.answered(status::success) + wire.answered(status::system_error), 8u);
            for (outcome const& one : wire.outcomes) {
                EXPECT_TRUE(one.code == status::success ||
                            one.body ==
                                "the connection holds more unfinished bytes than the limit");
            }
            EXPECT_LE(wire.most_held, session_limits{}.held_size_max);
            EXPECT_TRUE(wire.dialer->protocol().idle());
            EXPECT_TRUE(wire.acceptor->protocol().idle());
            EXPECT_EQ(wire.acceptor->protocol().held_size(), 0u);
        }
    }
}

TEST_P(calls_back, above_the_bound_of_unanswered_requests_all_end) {
    session_limits limits;
    limits.unanswered_requests_max = 4;
    calling_back wire(GetParam(), limits);
    for (int i = 0; i < 8; ++i) {
        wire.begin_call(call_back, 10);
    }
    wire.run();
    EXPECT_EQ(wire.answered(status::success), 4u);
    EXPECT_EQ(wire.answered(status::system_error), 4u);
    EXPECT_EQ(wire.outcomes.back().body, "too many unfinished calls on this connection");
    EXPECT_EQ(wire.acceptor->protocol().counters().calls_refused, 4u);
}

TEST_P(calls_back, a_request_begun_below_the_mark_and_ended_above_it_is_refused) {
    calling_back wire(GetParam());
    wire.hold_answers = true;
    noted_stream stream;
    auto const id = wire.dialer->open(call_back, as_bytes("small"), stream);
    ASSERT_TRUE(id);
    wire.begin_call(call_back, 5 * mib);
    wire.run();
    ASSERT_EQ(wire.questions, 1u);
    ASSERT_TRUE(wire.dialer->end(*id));
    wire.run();
    EXPECT_TRUE(stream.failed);
    EXPECT_EQ(stream.code, status::system_error);
    EXPECT_EQ(wire.questions, 1u);
    wire.held.at(0).success(text("me"));
    wire.run();
    EXPECT_EQ(wire.answered(status::success), 1u);
    EXPECT_TRUE(wire.acceptor->protocol().idle());
}

// Reading goes on as soon as a call of ours waits, and stops when the last one has its answer.
TEST_P(calls_back, only_calls_of_ours_turn_waiting_into_refusals) {
    calling_back wire(GetParam());
    wire.begin_call(when_released, 5 * mib);
    wire.run();
    session const& of = wire.acceptor->protocol();
    EXPECT_FALSE(of.wants_input());
    slice none{};
    outcome answer;
    ASSERT_TRUE(wire.acceptor->call(question, {&none, 1}, note(answer)));
    EXPECT_TRUE(of.wants_input());
    outcome const& refused = wire.begin_call(when_released, 10);
    wire.hold_answers = true;
    wire.run();
    EXPECT_EQ(refused.code, status::system_error);
    wire.held.back().success(text("me"));
    outcome const& waits = wire.begin_call(when_released, 10);
    wire.run();
    EXPECT_TRUE(answer.done);
    EXPECT_FALSE(of.wants_input());
    EXPECT_FALSE(waits.done) << "nobody waits for anything but the handler";
    wire.held.at(0).success(text("done"));
    wire.run();
    wire.held.back().success(text("done"));
    wire.run();
    EXPECT_EQ(waits.body, "done");
}

// Refusals are output: a peer that does not read them is not read from.
TEST_P(calls_back, refusals_that_nobody_reads_are_bounded) {
    calling_back wire(GetParam());
    wire.begin_call(call_back, 5 * mib);
    byte_string const first = take_output(wire.dialer->protocol().output());
    ASSERT_EQ(feed(wire.acceptor->protocol(), first).value(), first.size());
    wire.begin_call(call_back, 10);
    byte_string const more = take_output(wire.dialer->protocol().output());
    session& of = wire.acceptor->protocol();
    std::size_t refused = 0;
    while (feed(of, more).value() == more.size() && refused < 1'000'000) {
        ++refused;
    }
    EXPECT_GT(refused, 1000u);
    EXPECT_LT(of.output().size(), 2 * session_limits{}.output_owned_mark + 10'000);
    EXPECT_FALSE(of.wants_input());
}

}  // namespace
}  // namespace trunkline::rpc
