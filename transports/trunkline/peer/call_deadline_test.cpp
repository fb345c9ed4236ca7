// Deadlines of calls: the family DDL of the catalogue, on virtual time.
#include <trunkline/peer/test_far_end.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>

#include <gtest/gtest.h>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr typed::server_stream<text, text> late_parts{"late_parts"};

class call_deadline : public ::testing::Test {
protected:
    call_deadline() {
        far.handle(echo, [](text const& said) { return said; });
        far.handle(never, waits);
    }
    [[nodiscard]] transport::runtime::time_point now() const { return far.loop.now(); }

    far_end far;
};

TEST_F(call_deadline, DDL_01_one_that_has_passed_fails_at_once_and_sends_nothing) {
    auto const client = far.client().connect().value();
    ASSERT_TRUE(client.call(echo, {"x"}).has_value());
    std::size_t const read = far.faults.read;
    call_parent const late{.stop = {}, .deadline = now() - 1ms};
    call_parent const just{.stop = {}, .deadline = now()};
    for (call_options const& options :
         {call_options{.timeout = -1ms}, call_options{.on_behalf_of = late},
          call_options{.on_behalf_of = just}, call_options{.timeout = 0ms, .on_behalf_of = late}}) {
        auto const begin = now();
        auto const call = begin_call(far.loop, client, echo, "late", options);
        far.loop.run_for(0us);
        EXPECT_EQ(call->error, call_error::deadline_passed);
        EXPECT_EQ(call->progress, call_progress::not_sent);
        EXPECT_EQ(call->at, begin);
        EXPECT_EQ(client.open(late_parts, {"late"}, options).read().error().error,
                  call_error::deadline_passed);
    }
    far.loop.run_for(1s);
    EXPECT_EQ(far.faults.read, read);
}

TEST_F(call_deadline, DDL_03_the_default_is_thirty_seconds_to_the_microsecond) {
    auto const client = far.client().connect().value();
    auto const begin = now();
    EXPECT_EQ(client.call(never, {"?"}).error().error, call_error::deadline_passed);
    EXPECT_EQ(now() - begin, default_call_timeout);
    EXPECT_EQ(default_call_timeout, 30s);
}

TEST_F(call_deadline, DDL_03_each_is_exact_and_not_early) {
    auto const client = far.client().default_timeout(7ms).connect().value();
    auto const begin = now();
    auto const usual = begin_call(far.loop, client, never, "?");
    auto const longer = begin_call(far.loop, client, never, "?", {.timeout = 90s});
    auto const endless = begin_call(far.loop, client, never, "?", {.timeout = 0ms});
    far.loop.run_for(7ms - 1us);
    EXPECT_FALSE(usual->has_ended());
    far.loop.run_for(1h);
    EXPECT_EQ(usual->at - begin, 7ms);
    EXPECT_EQ(longer->at - begin, 90s);
    EXPECT_EQ(longer->error, call_error::deadline_passed);
    EXPECT_EQ(longer->progress, call_progress::maybe_executed);
    EXPECT_FALSE(endless->has_ended());
}

TEST_F(call_deadline, DDL_05_afterwards_the_connection_is_as_good_as_before) {
    auto const client = far.client().connect().value();
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(client.call(never, {"?"}, {.timeout = 1ms}).has_value());
        EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
    }
    EXPECT_EQ(far.accepted.size(), 1U);
}

TEST_F(call_deadline, DDL_07_a_handler_is_told_and_its_late_answer_dropped) {
    constexpr typed::method<text, text> late{"late"};
    bool told = false;
    far.settings.services->request_timeout = 5s;
    far.handle(late,
               [&](received<text> said, call_context context) -> boost::asio::awaitable<text> {
                   std::stop_callback const on_stop(context.stop, [&] { told = true; });
                   try {
                       co_await wait_for(10s);
                   } catch (boost::system::system_error const&) {
                   }
                   co_return text{said->value + " late"};
               });
    auto const client = far.client().connect().value();
    auto const begin = now();
    auto const call = begin_call(far.loop, client, late, "x");
    far.loop.run_for(20s);
    EXPECT_TRUE(told);
    EXPECT_EQ(call->error, call_error::system_failure);
    EXPECT_EQ(call->progress, call_progress::answered);
    EXPECT_EQ(call->at - begin, 5s);
    EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
}

TEST_F(call_deadline, DDL_08_it_covers_the_wait_for_a_connection) {
    auto const client = far.client().reconnect({.seed = 1}).connect().value();
    far.reachable(false);
    far.cut();
    far.loop.run_for(1us);
    auto const begin = now();
    auto const call = begin_call(far.loop, client, echo, "x", {.timeout = 3s});
    auto const usual = begin_call(far.loop, client, echo, "x");
    auto stream = client.open(late_parts, {"x"}, {.timeout = 4s});
    auto endless = client.open(late_parts, {"x"});
    EXPECT_EQ(stream.read().error().progress, call_progress::not_sent);
    EXPECT_EQ(now() - begin, 4s);
    EXPECT_EQ(endless.read().error().error, call_error::deadline_passed);
    EXPECT_EQ(now() - begin, default_call_timeout);
    far.loop.run_for(1s);
    EXPECT_EQ(call->at - begin, 3s);
    EXPECT_EQ(usual->at - begin, default_call_timeout);
    for (auto const& each : {call, usual}) {
        EXPECT_EQ(each->error, call_error::deadline_passed);
        EXPECT_EQ(each->progress, call_progress::not_sent);
    }
    far.reachable(true);
    EXPECT_EQ(client.call(echo, {"back"}, {.timeout = 1min}).value()->value, "back");
}

TEST_F(call_deadline, DDL_08_it_covers_the_wait_for_a_slot) {
    session_limits two;
    two.pending_calls_max = 2;
    auto const client = far.client().limits(two).connect().value();
    auto const begin = now();
    auto const first = begin_call(far.loop, client, never, "?", {.timeout = 10s});
    auto const second = begin_call(far.loop, client, never, "?", {.timeout = 20s});
    auto const in_vain = begin_call(far.loop, client, echo, "x", {.timeout = 5s});
    auto const waiting = begin_call(far.loop, client, echo, "y", {.timeout = 15s});
    auto stream = client.open(late_parts, {"x"}, {.timeout = 6s});
    far.loop.run_for(5s - 1us);
    EXPECT_FALSE(in_vain->has_ended());
    EXPECT_EQ(stream.read().error().error, call_error::deadline_passed);
    EXPECT_EQ(now() - begin, 6s);
    EXPECT_EQ(in_vain->error, call_error::deadline_passed);
    EXPECT_EQ(in_vain->progress, call_progress::not_sent);
    EXPECT_EQ(in_vain->at - begin, 5s);
    far.loop.run_for(20s);
    EXPECT_EQ(waiting->said, "y");
    EXPECT_EQ(waiting->at - begin, 10s);  // when the first one gave its slot back
}

// Far more than there are slots for: each has its turn, none fails.
TEST_F(call_deadline, DDL_08_calls_take_turns_at_the_slots) {
    session_limits few;
    few.pending_calls_max = 3;
    auto const client = far.client().limits(few).connect().value();
    std::vector<std::shared_ptr<outcome>> calls;
    for (int i = 0; i < 500; ++i) {
        calls.push_back(begin_call(far.loop, client, echo, std::to_string(i)));
    }
    far.loop.run_for(1s);
    for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(calls[static_cast<std::size_t>(i)]->said, std::to_string(i));
    }
}

TEST_F(call_deadline, DDL_08_what_waits_for_a_slot_ends_with_the_connection) {
    session_limits one;
    one.pending_calls_max = 1;
    auto const client = far.client().limits(one).connect().value();
    auto const first = begin_call(far.loop, client, never, "?");
    auto const second = begin_call(far.loop, client, never, "?");
    far.loop.run_for(1ms);
    far.cut();
    far.loop.run_for(1ms);
    EXPECT_EQ(first->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(first->progress, call_progress::maybe_executed);
    EXPECT_EQ(second->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(second->progress, call_progress::not_sent);
}

// A stream that waits for room is ended by its deadline, too: nobody reads on the other side.
TEST_F(call_deadline, DDL_08_it_covers_the_wait_for_room) {
    constexpr typed::client_stream<text, text> swallow{"swallow"};
    far_end narrow(1);
    narrow.handle(swallow, [](stream_reader<text>&, call_context) -> boost::asio::awaitable<text> {
        co_await wait_for(1h);
        co_return text{};
    });
    auto const client = narrow.client().connect().value();
    auto const begin = narrow.loop.now();
    auto upload = client.open(swallow, {.timeout = 2s});
    std::vector<error_code> ended;
    for (int i = 0; i < 40; ++i) {
        upload.to.async_write({std::string(64 * kib, 'x')}, [&](call_result<void> written) {
            if (!written) {
                ended.push_back(written.error().error);
            }
        });
    }
    EXPECT_EQ(upload.answer.get().error().error, call_error::deadline_passed);
    EXPECT_EQ(narrow.loop.now() - begin, 2s);
    ASSERT_FALSE(ended.empty());
    EXPECT_EQ(ended.front(), call_error::deadline_passed);
}

/// Three servers in a row, each asking the next one on behalf of its caller.
class call_chain : public call_deadline {
protected:
    using handler =
        std::function<boost::asio::awaitable<call_result<text>>(received<text>, call_context)>;

    [[nodiscard]] rpc_server hop(std::string name, std::optional<rpc_client> const& next,
                                 std::chrono::milliseconds limit) {
        rpc_server::builder made;
        made.listen("memory:" + name).over(names_).run_on(far.loop).request_timeout(limit);
        made.handle(
            never,
            [this, &next](received<text> said,
                          call_context context) -> boost::asio::awaitable<call_result<text>> {
                left_.push_back(std::chrono::floor<std::chrono::microseconds>(*context.deadline -
                                                                              far.loop.now()));
                co_await wait_for(1s);
                if (!next) {
                    co_await wait_for(1h);
                    co_return text{"?"};
                }
                text const request{said->value};
                call_options const options{.on_behalf_of = context};
                auto const answer =
                    co_await next->async_call(never, request, options, boost::asio::use_awaitable);
                ended_.push_back(answer ? error_code() : answer.error().error);
                if (!answer) {
                    co_return answer.error();
                }
                co_return text{(*answer)->value};
            });
        return made.start().value();
    }
    [[nodiscard]] rpc_client client_of(std::string const& name) {
        rpc_client::builder made("memory:" + name);
        return made.over(names_).run_on(far.loop).connect().value();
    }

    memory::hub names_;
    std::vector<transport::runtime::duration> left_;
    std::vector<error_code> ended_;
};

TEST_F(call_chain, DDL_06_what_is_left_is_smaller_at_each_hop) {
    std::optional<rpc_client> nobody;
    auto const last = hop("last", nobody, 1min);
    std::optional<rpc_client> to_last(client_of("last"));
    auto const first = hop("first", to_last, 10s);
    auto const client = client_of("first");
    auto const begin = now();
    auto const call = begin_call(far.loop, client, never, "x");
    far.loop.run_for(2min);
    ASSERT_EQ(left_.size(), 2U);
    EXPECT_EQ(left_[0], 10s);
    EXPECT_EQ(call->error, call_error::system_failure);
    EXPECT_EQ(call->at - begin, 10s);
    EXPECT_TRUE(to_last->is_connected());
}

// The frames of layout a tell the time of day.
TEST(calendar, DDL_09_setting_the_clock_changes_no_deadline) {
    constexpr transport::runtime::duration year = std::chrono::hours(365 * 24);
    for (frame::layout const layout : {frame::layout::a, frame::layout::b}) {
        for (auto const moved : {year, -year}) {
            transport::simulated_runtime loop;
            memory::hub names;
            std::vector<transport::runtime::duration> stopped;
            auto const begin = loop.now();
            rpc_server::builder builder;
            auto const server =
                builder.listen("memory:here")
                    .over(names)
                    .run_on(loop)
                    .request_timeout(5s)
                    .handle(
                        never,
                        [&](received<text>, call_context context) -> boost::asio::awaitable<text> {
                            std::stop_callback const told(
                                context.stop, [&] { stopped.push_back(loop.now() - begin); });
                            co_await wait_for(1h);
                            co_return text{};
                        })
                    .start()
                    .value();
            auto const client = rpc_client::builder("memory:here")
                                    .over(names)
                                    .run_on(loop)
                                    .layout(layout)
                                    .connect()
                                    .value();
            auto const call = begin_call(loop, client, never, "x", {.timeout = 3s});
            auto stream = client.open(late_parts, {"x"}, {.timeout = 4s});
            loop.run_for(1s);
            loop.move_wall_clock(moved);
            loop.run_for(1s);
            EXPECT_FALSE(call->has_ended());
            loop.run_for(30s);
            EXPECT_EQ(call->error, call_error::deadline_passed);
            EXPECT_EQ(call->at - begin, 3s);
            EXPECT_EQ(stopped, std::vector<transport::runtime::duration>{5s});
            EXPECT_TRUE(client.is_connected());
        }
    }
}

}  // namespace
}  // namespace trunkline
