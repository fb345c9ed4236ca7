// Streams that are given up: nothing comes afterwards, and one direction may end alone.
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <thread>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class stream_cancel : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen("memory:here").over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client a_client() {
        return rpc_client::builder("memory:here")
            .over(names_)
            .run_on(loop_)
            .extension(GetParam())
            .connect()
            .value();
    }
    /// A server that hands the halves of `doubled` to the test.
    [[nodiscard]] rpc_server a_handing_server() {
        return a_server()
            .handle(
                doubled,
                [this](stream_reader<number> from, stream_writer<number> to, call_context context) {
                    from_ = std::move(from);
                    to_ = std::move(to);
                    context_ = std::move(context);
                })
            .start()
            .value();
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    stream_reader<number> from_;
    stream_writer<number> to_;
    std::optional<call_context> context_;
};
INSTANTIATE_TEST_SUITE_P(over, stream_cancel, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "extended" : "base"; });

TEST_P(stream_cancel, CAN_02_a_handler_that_handed_its_halves_on_is_told) {
    auto const server = a_handing_server();
    auto const client = a_client();
    auto call = client.open(doubled);
    ASSERT_TRUE(loop_.run_until([&] { return context_.has_value(); }, 1s));
    EXPECT_FALSE(context_->cancelled());
    call.from.cancel();
    EXPECT_TRUE(loop_.run_until([&] { return context_->stop.stop_requested(); }, 1s));
    EXPECT_TRUE(context_->cancelled());
}

TEST_P(stream_cancel, CAN_03_no_part_is_given_after_the_cancel) {
    bool stopped = false;
    auto const server =
        a_server()
            .handle(count_to,
                    [&](received<number> last, stream_writer<number>& to,
                        call_context context) -> awaitable<call_result<void>> {
                        auto const done = co_await counts(std::move(last), to, std::move(context));
                        stopped = !done;
                        co_return done;
                    })
            .handle(echo, [](text const& said) { return said; })
            .start()
            .value();
    auto const client = a_client();
    auto from = client.open(count_to, {1'000'000});
    for (std::uint64_t i = 1; i <= 10; ++i) {
        ASSERT_EQ(from.read().value().value()->value, i);
    }
    loop_.run_for(1s);  // more has come
    int given = 0;
    std::vector<error_code> ends;
    from.cancel();
    for (int i = 0; i < 3; ++i) {
        from.async_read([&](call_result<std::optional<received<number>>> next) {
            given += next ? 1 : 0;
            ends.push_back(next ? error_code() : next.error().error);
        });
        loop_.run_for(1s);
    }
    EXPECT_EQ(given, 0);
    EXPECT_EQ(ends, std::vector<error_code>(3, call_error::cancelled));
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(client.call(echo, {"x"}));
}

TEST_P(stream_cancel, CAN_03_a_read_that_waits_is_told_and_given_nothing) {
    auto const server = a_handing_server();
    auto const client = a_client();
    auto call = client.open(doubled);
    loop_.run_for(1s);
    std::optional<call_result<std::optional<received<number>>>> ended;
    call.from.async_read([&](auto next) { ended = std::move(next); });
    static_cast<void>(to_.send({1}));  // on its way when the reader gives up
    call.from.cancel();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->error().error, call_error::cancelled);
    loop_.run_for(1s);
    EXPECT_EQ(to_.write({2}).error().error, rpc::rpc_error::cancelled_by_peer);
}

/// Counts how often its handlers begin, both kinds; the call of `echo` comes in the same read.
class stream_begin : public stream_cancel {
protected:
    void SetUp() override {
        server_ = a_server()
                      .handle(count_to,
                              [this](received<number>, stream_writer<number>&,
                                     call_context) -> awaitable<void> {
                                  ++begun_;
                                  co_return;
                              })
                      .handle(never,
                              [this](received<text>, call_context) -> awaitable<text> {
                                  ++begun_;
                                  co_return text{};
                              })
                      .handle(echo,
                              [this](text const& said, call_context context) {
                                  caller_ = context.caller;
                                  return said;
                              })
                      .start()
                      .value();
    }
    /// Ends in the turn in which the calls have come.
    void let_calls_come(rpc_client const& client) {
        parts_ = client.open(count_to, {1});
        client.async_call(never, {"x"}, [](auto const&) {});
        client.async_call(echo, {"x"}, [](auto const&) {});
        ASSERT_TRUE(loop_.run_until([&] { return caller_.has_value(); }, 1s));
        ASSERT_EQ(begun_, 0) << "they begin a turn later";
    }

    std::optional<rpc_server> server_;
    stream_reader<number> parts_;
    std::optional<peer> caller_;
    int begun_ = 0;
};
INSTANTIATE_TEST_SUITE_P(over, stream_begin, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "extended" : "base"; });

TEST_P(stream_begin, a_handler_whose_connection_has_gone_never_begins) {
    auto const client = a_client();
    let_calls_come(client);
    caller_->close();
    loop_.run_for(1s);
    EXPECT_EQ(begun_, 0);
}

TEST_P(stream_begin, a_handler_whose_server_has_gone_never_begins) {
    auto const client = a_client();
    let_calls_come(client);
    server_.reset();
    loop_.run_for(1s);
    EXPECT_EQ(begun_, 0);
}

TEST_P(stream_begin, a_handler_that_nobody_stops_begins) {
    auto const client = a_client();
    let_calls_come(client);
    loop_.run_for(1s);
    EXPECT_EQ(begun_, 2);
}

TEST_P(stream_cancel, CAN_06_the_called_side_may_stop_reading_and_go_on_writing) {
    auto const server = a_handing_server();
    auto const client = a_client();
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({1}));
    loop_.run_for(1s);
    from_ = {};
    for (std::uint64_t i = 2; i < 200; ++i) {
        ASSERT_TRUE(call.to.write({i})) << "it is taken, and dropped";
    }
    ASSERT_TRUE(to_.write({7}));
    ASSERT_TRUE(to_.write({8}));
    to_.finish();
    EXPECT_EQ(read_all(call.from).value(), (std::vector<std::uint64_t>{7, 8}));
    loop_.run_for(1s);
    EXPECT_EQ(call.to.write({1}).error().error, call_error::stream_ended) << "it was answered";
}

TEST_P(stream_cancel, CAN_06_the_caller_may_end_writing_and_go_on_reading) {
    auto const server = a_handing_server();
    auto const client = a_client();
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({1}));
    call.to.finish();
    loop_.run_for(1s);
    EXPECT_EQ(read_all(from_).value(), one_to(1));
    for (std::uint64_t i = 1; i <= 200; ++i) {
        ASSERT_TRUE(to_.write({i}));
    }
    to_.finish();
    EXPECT_EQ(read_all(call.from).value(), one_to(200));
}

TEST_P(stream_cancel, CAN_06_a_caller_that_drops_either_half_gives_up_the_call) {
    auto const server = a_handing_server();
    auto const client = a_client();
    for (bool const drops_reader : {true, false}) {
        auto call = client.open(doubled);
        ASSERT_TRUE(call.to.write({1}));
        loop_.run_for(1s);
        if (drops_reader) {
            call.from = {};
            EXPECT_EQ(call.to.write({2}).error().error, call_error::cancelled);
        } else {
            call.to = {};
            EXPECT_EQ(call.from.read().error().error, call_error::cancelled);
        }
        loop_.run_for(1s);
        EXPECT_EQ(from_.read().value().value()->value, 1u) << "what came before";
        EXPECT_EQ(from_.read().error().error, rpc::rpc_error::cancelled_by_peer);
        EXPECT_EQ(to_.write({2}).error().error, rpc::rpc_error::cancelled_by_peer);
    }
}

TEST_P(stream_cancel, CAN_06_a_called_side_that_fails_ends_both) {
    auto const server = a_handing_server();
    auto const client = a_client();
    auto call = client.open(doubled);
    ASSERT_TRUE(call.to.write({1}));
    loop_.run_for(1s);
    to_ = {};
    EXPECT_EQ(call.from.read().error().error, call_error::system_failure);
    EXPECT_FALSE(call.to.write({2}));
}

class cancel_over : public over_transports {};
INSTANTIATE_TEST_SUITE_P(transports, cancel_over, ::testing::ValuesIn(every_transport),
                         [](auto const& of) { return of.param; });

// The parts that wait when the cancel returns are there, and so is one on its way to the read.
TEST_P(cancel_over, CAN_03_no_read_that_begins_after_the_cancel_gives_a_part) {
    auto const server = a_server().handle(count_to, counts).start().value();
    auto const client = a_client(server).connect().value();
    for (int i = 0; i < 50; ++i) {
        auto from = client.open(count_to, {1'000'000});
        ASSERT_EQ(from.read().value().value()->value, 1u);
        std::thread another([&from] { from.cancel(); });
        another.join();
        EXPECT_EQ(from.read().error().error, call_error::cancelled);
    }
}

}  // namespace
}  // namespace trunkline
