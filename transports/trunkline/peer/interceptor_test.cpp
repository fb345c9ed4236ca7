// Interceptors: what they see of calls in and out, in which order, and what they can refuse.
#include <trunkline/peer/interceptor.hpp>

#include <trunkline/peer/test_streams.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace trunkline {
namespace {

using namespace testing;
using std::chrono::milliseconds;

/// Writes down what it is told, under a name.
class noted final : public interceptor {
public:
    noted(std::string name, seen<std::string>& in) : name_(std::move(name)), in_(in) {}

    std::optional<call_failure> before(call_record const&) override {
        in_.add(name_ + " before");
        return refusal;
    }
    void after(call_record const& call) override {
        in_.add(name_ + (call.failure ? " after: " + call.failure->message : " after"));
    }

    std::optional<call_failure> refusal;

private:
    std::string name_;
    seen<std::string>& in_;
};

class thrower final : public interceptor {
public:
    explicit thrower(bool at_begin) : at_begin_(at_begin) {}
    std::optional<call_failure> before(call_record const&) override {
        if (at_begin_) {
            throw std::runtime_error("before");
        }
        return std::nullopt;
    }
    void after(call_record const&) override { throw std::runtime_error("after"); }

private:
    bool at_begin_;
};

/// Where calls are written down at their end.
struct call_book {
    std::shared_ptr<seen<call_record>> ended = std::make_shared<seen<call_record>>();

    [[nodiscard]] std::shared_ptr<interceptor> writer() const {
        return log_calls([ended = ended](call_record const& call) { ended->add(call); });
    }
    [[nodiscard]] call_record first() const {
        auto const all = ended->wait_for(1);
        return all.empty() ? call_record{} : all.front();
    }
};

class interceptors : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, interceptors, ::testing::ValuesIn(every_transport),
                         [](auto const& each) { return each.param; });

TEST_P(interceptors, stand_around_the_handler_in_their_order) {
    seen<std::string> said;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& asked) {
                                        said.add("handler");
                                        return asked;
                                    })
                            .intercept(std::make_shared<noted>("outer", said))
                            .intercept(std::make_shared<noted>("inner", said))
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
    EXPECT_EQ(said.wait_for(5), (std::vector<std::string>{"outer before", "inner before", "handler",
                                                          "inner after", "outer after"}));
}

TEST_P(interceptors, stand_around_our_own_calls_in_their_order) {
    seen<std::string> said;
    auto const server = a_server().handle(echo, echoed).start().value();
    auto const client = a_client(server)
                            .intercept(std::make_shared<noted>("outer", said))
                            .intercept(std::make_shared<noted>("inner", said))
                            .connect()
                            .value();
    EXPECT_EQ(client.call(echo, {"x"}).value()->value, "x");
    EXPECT_EQ(said.wait_for(4), (std::vector<std::string>{"outer before", "inner before",
                                                          "inner after", "outer after"}));
}

TEST_P(interceptors, refuse_calls_before_the_handler) {
    seen<std::string> said;
    auto const refusing = std::make_shared<noted>("refusing", said);
    refusing->refusal = {call_error::refused, "not today"};
    std::atomic<int> handled = 0;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& asked) {
                                        ++handled;
                                        return asked;
                                    })
                            .intercept(std::make_shared<noted>("outer", said))
                            .intercept(refusing)
                            .intercept(std::make_shared<noted>("inner", said))
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_EQ(client.call(echo, {"x"}).error(), (call_failure{call_error::refused, "not today"}));
    EXPECT_EQ(said.wait_for(3), (std::vector<std::string>{"outer before", "refusing before",
                                                          "outer after: not today"}));
    EXPECT_EQ(handled, 0);
}

TEST_P(interceptors, refuse_our_own_calls_before_they_are_sent) {
    seen<std::string> said;
    auto const refusing = std::make_shared<noted>("refusing", said);
    refusing->refusal = {call_error::refused, "too many calls"};
    std::atomic<int> handled = 0;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& asked) {
                                        ++handled;
                                        return asked;
                                    })
                            .handle(news, [&](text const&) { ++handled; })
                            .start()
                            .value();
    {
        auto const client = a_client(server)
                                .intercept(std::make_shared<noted>("outer", said))
                                .intercept(refusing)
                                .connect()
                                .value();
        EXPECT_EQ(client.call(echo, {"x"}).error(),
                  (call_failure{call_error::refused, "too many calls"}));
        client.send(news, {"x"});
        EXPECT_EQ(said.wait_for(6).back(), "outer after: too many calls");
    }
    auto const other = a_client(server).connect().value();
    EXPECT_TRUE(other.call(echo, {"x"}).has_value());
    EXPECT_EQ(handled, 1);
}

TEST_P(interceptors, that_throw_refuse_or_are_ignored) {
    auto const refuses =
        a_server().handle(echo, echoed).intercept(std::make_shared<thrower>(true)).start().value();
    auto const client = a_client(refuses).connect().value();
    EXPECT_EQ(client.call(echo, {"x"}).error(),
              (call_failure{call_error::system_failure, "an interceptor failed"}));
}

TEST_P(interceptors, that_throw_at_the_end_are_ignored) {
    auto const server =
        a_server().handle(echo, echoed).intercept(std::make_shared<thrower>(false)).start().value();
    auto const client = a_client(server).intercept(std::make_shared<thrower>(false)).connect();
    EXPECT_TRUE(client->call(echo, {"x"}).has_value());
    EXPECT_TRUE(client->call(echo, {"x"}).has_value());
}

TEST_P(interceptors, see_who_what_how_much_and_how_it_ended) {
    call_book at_server;
    call_book at_client;
    auto const server = a_server()
                            .handle(echo, [](text const& said) { return text{said.value + "!"}; })
                            .intercept(at_server.writer())
                            .start()
                            .value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    EXPECT_TRUE(client.call(echo, {"hello"}).has_value());
    auto const came = at_server.first();
    EXPECT_EQ(came.direction, call_direction::incoming);
    EXPECT_EQ(came.other, server.peers().front());
    auto const went = at_client.first();
    EXPECT_EQ(went.direction, call_direction::outgoing);
    EXPECT_EQ(went.other, static_cast<peer const&>(client));
    for (auto const& each : {came, went}) {
        EXPECT_EQ(each.kind, call_kind::unary);
        EXPECT_EQ(each.method, "echo");
        EXPECT_EQ(each.method_id, echo.id);
        EXPECT_NE(each.request_id, 0U);
        EXPECT_EQ(each.request_size, bitcode::encode(text{"hello"}).size());
        EXPECT_EQ(each.response_size, bitcode::encode(text{"hello!"}).size());
        EXPECT_EQ(each.status, rpc::status::success);
        EXPECT_FALSE(each.failure.has_value());
    }
    EXPECT_EQ(came.request_id, went.request_id);
    EXPECT_LE(came.duration, went.duration);
}

TEST_P(interceptors, see_failures_of_handlers_on_both_sides) {
    call_book at_server;
    call_book at_client;
    auto const server = a_server()
                            .handle(echo,
                                    [](text const&) -> call_result<text> {
                                        return call_failure{call_error::refused, "not you"};
                                    })
                            .intercept(at_server.writer())
                            .start()
                            .value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    EXPECT_FALSE(client.call(echo, {"hello"}).has_value());
    for (auto const& each : {at_server.first(), at_client.first()}) {
        EXPECT_EQ(each.status, rpc::status::failed);
        EXPECT_EQ(each.failure, (call_failure{call_error::refused, "not you"}));
        EXPECT_GT(each.response_size, 0U);
    }
}

TEST_P(interceptors, see_events_that_are_sent_broadcast_and_handled) {
    call_book at_server;
    call_book at_client;
    seen<int> handled;
    auto const server = a_server()
                            .handle(news, [&](text const&) { handled.add(1); })
                            .intercept(at_server.writer())
                            .start()
                            .value();
    auto const client = a_client(server)
                            .handle(news, [&](text const&) { handled.add(2); })
                            .intercept(at_client.writer())
                            .connect()
                            .value();
    client.send(news, {"up"});
    EXPECT_EQ(handled.wait_for(1).size(), 1U);
    server.broadcast(news, {"to all"});
    EXPECT_EQ(handled.wait_for(2).size(), 2U);
    for (auto const& book : {at_server, at_client}) {
        auto const all = book.ended->wait_for(2);
        ASSERT_EQ(all.size(), 2U);
        EXPECT_NE(all[0].direction, all[1].direction);
        for (auto const& each : all) {
            EXPECT_EQ(each.kind, call_kind::event);
            EXPECT_EQ(each.method, "news");
            EXPECT_GT(each.request_size, 0U);
            EXPECT_EQ(each.response_size, 0U);
            EXPECT_FALSE(each.failure.has_value());
        }
    }
}

TEST_P(interceptors, see_calls_that_nobody_answers) {
    call_book at_server;
    call_book at_client;
    seen<int> came;
    auto server = a_server()
                      .handle(never,
                              [&](received<text> said, call_context context) {
                                  came.add(1);
                                  return waits(std::move(said), std::move(context));
                              })
                      .intercept(at_server.writer())
                      .drain_timeout(milliseconds(1))
                      .start()
                      .value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    EXPECT_FALSE(client.call(never, {"?"}, {.timeout = milliseconds(1)}).has_value());
    auto waiting = client.async_call(never, {"?"}, boost::asio::use_future);
    ASSERT_EQ(came.wait_for(2).size(), 2U);
    server.stop();
    EXPECT_FALSE(waiting.get().has_value());
    EXPECT_FALSE(client.call(echo, {"gone"}).has_value());
    auto const ours = at_client.ended->wait_for(3);
    ASSERT_EQ(ours.size(), 3U);
    EXPECT_EQ(ours[0].failure->error, call_error::deadline_passed);
    EXPECT_EQ(ours[1].failure->error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(ours[2].failure->error, rpc::rpc_error::not_connected);
    auto const theirs = at_server.ended->wait_for(2);
    ASSERT_EQ(theirs.size(), 2U);
    for (auto const& each : theirs) {
        // Given up by its caller, or by its deadline, where that travels.
        bool const is_told =
            is_extended() && (each.failure->error == rpc::rpc_error::deadline_passed ||
                              each.failure->error == rpc::rpc_error::cancelled_by_peer);
        EXPECT_TRUE(is_told || each.failure->error == rpc::rpc_error::connection_lost)
            << each.failure->error;
        EXPECT_FALSE(each.status.has_value());
    }
}

TEST_P(interceptors, see_handlers_that_took_too_long_and_those_of_the_pool) {
    call_book book;
    auto const server = a_server()
                            .handle(never, waits)
                            .handle(echo, on_pool(echoed))
                            .intercept(book.writer())
                            .request_timeout(milliseconds(20))
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    EXPECT_FALSE(client.call(never, {"?"}).has_value());
    static_cast<void>(client.call(echo, {"x"}));  // may be late on a loaded machine
    auto const all = book.ended->wait_for(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].status, rpc::status::system_error);
    EXPECT_EQ(all[0].failure->message, "the handler took too long");
    EXPECT_GE(all[0].duration, milliseconds(20));
    EXPECT_EQ(all[1].method, "echo");
}

TEST_P(interceptors, see_streams_on_both_sides) {
    call_book at_server;
    call_book at_client;
    auto const server = a_server()
                            .handle(count_to, counts)
                            .handle(sum, adds)
                            .intercept(at_server.writer())
                            .start()
                            .value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    {
        auto from = client.open(count_to, {100});
        EXPECT_EQ(read_all(from).value(), one_to(100));
    }
    auto call = client.open(sum);
    ASSERT_TRUE(call.to.write({7}));
    call.to.finish();
    EXPECT_EQ(call.answer.get().value()->value, 7U);
    auto const there = at_server.ended->wait_for(2);
    auto const here = at_client.ended->wait_for(2);
    ASSERT_EQ(there.size(), 2U);
    ASSERT_EQ(here.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(there[i].direction, call_direction::incoming);
        EXPECT_EQ(here[i].direction, call_direction::outgoing);
        EXPECT_EQ(there[i].request_id, here[i].request_id);
        EXPECT_EQ(there[i].request_size, here[i].request_size);
        EXPECT_EQ(there[i].response_size, here[i].response_size);
        for (auto const& each : {there[i], here[i]}) {
            EXPECT_EQ(each.kind, call_kind::stream);
            EXPECT_EQ(each.method, i == 0 ? "count to" : "sum");
            EXPECT_EQ(each.status, rpc::status::success);
            EXPECT_FALSE(each.failure.has_value());
            EXPECT_GT(each.request_size, 0U);
        }
        EXPECT_GT(here[i].response_size, i == 0 ? 100U : 0U);
    }
}

TEST_P(interceptors, see_streams_that_fail_half_way) {
    constexpr typed::server_stream<number, number> breaks{"breaks"};
    call_book at_server;
    call_book at_client;
    auto const server = a_server()
                            .handle(breaks,
                                    [](received<number>, stream_writer<number>& to,
                                       call_context) -> awaitable<call_result<void>> {
                                        number const one{1};
                                        co_await to.async_write(one, use_awaitable);
                                        co_return call_failure{call_error::refused, "no more"};
                                    })
                            .intercept(at_server.writer())
                            .start()
                            .value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    {
        auto from = client.open(breaks, {0});
        EXPECT_EQ((**from.read())->value, 1U);
        EXPECT_EQ(from.read().error(), (call_failure{call_error::refused, "no more"}));
    }
    for (auto const& each : {at_server.first(), at_client.first()}) {
        EXPECT_EQ(each.failure, (call_failure{call_error::refused, "no more"}));
    }
}

// A record holds its peer, which must not hold those who keep records.
TEST_P(interceptors, may_keep_what_they_see) {
    std::weak_ptr<seen<call_record>> kept;
    {
        call_book book;
        kept = book.ended;
        auto const server =
            a_server().handle(echo, echoed).intercept(book.writer()).start().value();
        auto const client = a_client(server).intercept(book.writer()).connect().value();
        EXPECT_TRUE(client.call(echo, {"x"}).has_value());
        EXPECT_EQ(book.ended->wait_for(2).size(), 2U);
    }
    EXPECT_TRUE(kept.expired());
}

TEST_P(interceptors, refuse_streams_of_ours_before_they_begin) {
    seen<std::string> said;
    auto const refusing = std::make_shared<noted>("refusing", said);
    refusing->refusal = {call_error::refused, "no streams"};
    auto const server = a_server().handle(count_to, counts).start().value();
    auto const client = a_client(server).intercept(refusing).connect().value();
    auto from = client.open(count_to, {3});
    EXPECT_EQ(from.read().error(), (call_failure{call_error::refused, "no streams"}));
}

// A caller that reads no further cancels; whoever writes is told.
TEST_P(interceptors, see_that_a_stream_was_given_up) {
    call_book at_server;
    call_book at_client;
    auto const server =
        a_server().handle(count_to, counts).intercept(at_server.writer()).start().value();
    auto const client = a_client(server).intercept(at_client.writer()).connect().value();
    {
        auto from = client.open(count_to, {1'000'000'000});
        EXPECT_EQ((**from.read())->value, 1U);
    }
    EXPECT_EQ(at_client.first().failure->error, call_error::cancelled);
    EXPECT_EQ(at_server.first().failure->error, rpc::rpc_error::cancelled_by_peer);
}

// Calls in parts, as the untyped table has them.
class collected final : public rpc::call_stream {
public:
    explicit collected(rpc::responder to) : to_(std::move(to)) {}
    void on_part(bytes_view part) override {
        slice piece{part, {}};
        to_.part({&piece, 1});
    }
    void on_end() override { to_.end(); }
    void on_cancelled(error_code) override { to_.end(); }

private:
    rpc::responder to_;
};

class ignored_response final : public rpc::response_stream {
public:
    void on_part(bytes_view) override {}
    void on_end() override {}
    void on_failed(error_code, rpc::status, bytes_view) override {}
};

/// Two ends of one wire in memory, on a simulated loop.
class interceptors_of_streams : public ::testing::Test {
protected:
    void serve(std::shared_ptr<interceptor> by) {
        auto building = rpc_server::builder();
        building.listen("memory:streams").over(names_).run_on(loop_).intercept(std::move(by));
        ASSERT_TRUE(building.methods().add_stream(
            7, [](rpc::request const&, rpc::responder to) -> std::unique_ptr<rpc::call_stream> {
                return std::make_unique<collected>(std::move(to));
            }));
        server_.emplace(building.start().value());
        client_.emplace(
            rpc_client::builder("memory:streams").over(names_).run_on(loop_).connect().value());
    }
    [[nodiscard]] rpc::endpoint& wire() {
        return *peers::line_access::line_of(*client_)->endpoint();
    }
    void write(std::uint32_t call, std::string_view part) {
        slice piece{as_bytes(part), {}};
        ASSERT_TRUE(wire().write(call, {&piece, 1}).has_value());
        loop_.run_for(std::chrono::seconds(1));
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
    ignored_response response_;
};

TEST_F(interceptors_of_streams, count_what_goes_and_take_their_time) {
    call_book book;
    serve(book.writer());
    auto const call = wire().open(7, as_bytes("head"), response_).value();
    write(call, "12345");
    write(call, "67890");
    ASSERT_TRUE(wire().end(call).has_value());
    loop_.run_for(std::chrono::seconds(1));
    auto const seen = book.first();
    EXPECT_EQ(seen.kind, call_kind::stream);
    EXPECT_EQ(seen.method_id, 7U);
    EXPECT_EQ(seen.method, "");
    EXPECT_EQ(seen.request_size, 14U);
    EXPECT_EQ(seen.response_size, 10U);
    EXPECT_EQ(seen.status, rpc::status::success);
    EXPECT_FALSE(seen.failure.has_value());
    EXPECT_GE(seen.duration, std::chrono::seconds(2));
    EXPECT_LT(seen.duration, std::chrono::seconds(3));
}

TEST_F(interceptors_of_streams, see_that_the_caller_cancelled) {
    call_book book;
    serve(book.writer());
    auto const call = wire().open(7, {}, response_).value();
    write(call, "12345");
    wire().cancel(call);
    loop_.run_for(std::chrono::seconds(1));
    EXPECT_EQ(book.first().failure->error, rpc::rpc_error::cancelled_by_peer);
    EXPECT_FALSE(book.first().status.has_value());
}

TEST_F(interceptors_of_streams, refuse_them) {
    seen<std::string> said;
    auto const refusing = std::make_shared<noted>("refusing", said);
    refusing->refusal = {call_error::refused, "no streams"};
    serve(refusing);
    struct outcome final : rpc::response_stream {
        void on_part(bytes_view) override {}
        void on_end() override {}
        void on_failed(error_code, rpc::status code, bytes_view body) override {
            failure = call_failure::of_status(code, body);
        }
        std::optional<call_failure> failure;
    } told;
    auto const call = wire().open(7, {}, told).value();
    write(call, "12345");
    EXPECT_EQ(told.failure, (call_failure{call_error::refused, "no streams"}));
}

TEST(call_log, is_one_line_of_names_and_values) {
    call_record call;
    call.method = "echo";
    call.method_id = 5;
    call.request_id = 9;
    call.request_size = 10;
    call.response_size = 20;
    call.duration = std::chrono::microseconds(30);
    call.status = rpc::status::system_error;
    call.failure = call_failure{call_error::system_failure, "a \"bad\"\nline\\"};
    std::ostringstream line;
    line << call;
    EXPECT_EQ(line.str(),
              "call=incoming kind=unary method=echo request=9 request_bytes=10 answer_bytes=20 "
              "us=30 status=2 error=\"the call failed at the peer\" "
              "text=\"a \\\"bad\\\"\\x0aline\\\\\"");
    call.method = {};
    call.status.reset();
    call.failure.reset();
    std::ostringstream unnamed;
    unnamed << call;
    EXPECT_EQ(unnamed.str(),
              "call=incoming kind=unary method=5 request=9 request_bytes=10 answer_bytes=20 us=30");
}

}  // namespace
}  // namespace trunkline
