#include <trunkline/mock/mock_connection.hpp>

#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <vector>

namespace trunkline {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using transport::connection_state;

struct person {
    std::string name;
    std::uint64_t age = 0;
    static constexpr auto fields() { return std::tuple(&person::name, &person::age); }
};
struct greeting {
    std::string text;
    static constexpr auto fields() { return std::tuple(&greeting::text); }
};
struct nothing {
    static constexpr auto fields() { return std::tuple(); }
};
constexpr typed::method<person, greeting> hello{"hello"};
constexpr typed::method<greeting, person> who{"who"};
constexpr typed::method<nothing, greeting> motto{"motto"};
constexpr typed::event<greeting> news{"news"};
constexpr typed::server_stream<greeting, person> everybody{"everybody"};
constexpr typed::server_stream<nothing, typed::raw> page{"page"};
constexpr typed::client_stream<person, person> oldest{"oldest"};

TEST(mock_connection, scripted_calls_are_answered) {
    mock_connection mock;
    mock.expect(hello, {"ada", 36}).answer({"hello, ada"});
    mock.expect(hello, {"bob", 7}).answer({"hi, bob"});
    mock.expect(motto).answer({"onwards"});
    auto const client = mock.connect();
    EXPECT_EQ(client.call(hello, {"bob", 7}).value()->text, "hi, bob");
    EXPECT_EQ(client.call(hello, {"ada", 36}).value()->text, "hello, ada");
    EXPECT_EQ(client.call(motto, {}).value()->text, "onwards");
    EXPECT_EQ(mock.complaints(), "");
}

// As any server it has no such method; that is none of the script.
TEST(mock_connection, a_client_finds_out_its_layout_without_complaint) {
    mock_connection mock;
    for (auto const first : {frame::layout::a, frame::layout::b}) {
        auto const client = mock.client().layout(first).detect_layout().connect().value();
        EXPECT_TRUE(client.is_connected());
    }
    EXPECT_EQ(mock.complaints(), "");
}

TEST(mock_connection, an_unexpected_call_says_what_came_and_what_was_expected) {
    mock_connection mock;
    mock.expect(hello, {"ada", 36}).answer({"hello, ada"});
    mock.expect(who, [](greeting const& g) { return g.text.empty(); }).answer({"nobody", 0});
    auto const client = mock.connect();
    auto const told = client.call(hello, {"eve", 1}).error();
    EXPECT_EQ(told.error, call_error::system_failure);
    EXPECT_EQ(
        told.message,
        "unexpected call of hello {\"eve\", 1}; expected: hello {\"ada\", 36}, who that fits");
    EXPECT_EQ(mock.complaints(), told.message +
                                     "\nexpected hello {\"ada\", 36} 1 time, came 0 times\n"
                                     "expected who that fits 1 time, came 0 times\n");
}

TEST(mock_connection, a_call_of_a_method_that_no_script_knows_is_unexpected) {
    mock_connection mock;
    auto const client = mock.connect();
    EXPECT_FALSE(client.call(motto, {}).has_value());
    EXPECT_THAT(mock.complaints(), HasSubstr("unexpected call of method 0x"));
    EXPECT_THAT(mock.complaints(), HasSubstr("with 0 bytes; no call is expected"));
}

TEST(mock_connection, a_stream_of_a_method_that_no_script_knows_is_unexpected) {
    mock_connection mock;
    auto const client = mock.connect();
    auto reader = client.open(everybody, {"old"});
    EXPECT_EQ(reader.read().error().error, call_error::system_failure);
    EXPECT_THAT(mock.complaints(), HasSubstr("unexpected call of method 0x"));
    auto call = client.open(oldest);
    EXPECT_EQ(call.answer.get().error().error, call_error::system_failure);
}

TEST(mock_connection, a_line_is_used_up_and_the_next_one_serves) {
    mock_connection mock;
    mock.expect(hello).times(2).answer({"first"});
    mock.expect(hello).answer({"second"});
    auto const client = mock.connect();
    std::vector<std::string> told;
    for (int i = 0; i < 3; ++i) {
        told.push_back(client.call(hello, {"x", 0}).value()->text);
    }
    EXPECT_EQ(told, (std::vector<std::string>{"first", "first", "second"}));
    EXPECT_EQ(mock.complaints(), "");
    EXPECT_FALSE(client.call(hello, {"x", 0}).has_value());
    EXPECT_NE(mock.complaints(), "");
}

TEST(mock_connection, any_times_is_also_never) {
    mock_connection mock;
    mock.expect(hello).any_times().answer({"always"});
    EXPECT_EQ(mock.complaints(), "");
    auto const client = mock.connect();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(client.call(hello, {"x", 0}).value()->text, "always");
    }
    EXPECT_EQ(mock.complaints(), "");
}

TEST(mock_connection, answers_may_be_made_from_requests) {
    mock_connection mock;
    mock.expect(hello, [](person const& p) { return p.age > 17; }).answer([](person const& p) {
        return greeting{"dear " + p.name};
    });
    mock.expect(hello).answer([](person const& p) -> call_result<greeting> {
        return call_failure{call_error::refused, p.name + " is too young"};
    });
    auto const client = mock.connect();
    EXPECT_EQ(client.call(hello, {"bob", 7}).error(),
              (call_failure{call_error::refused, "bob is too young"}));
    EXPECT_EQ(client.call(hello, {"ada", 36}).value()->text, "dear ada");
}

TEST(mock_connection, it_refuses_and_fails) {
    mock_connection mock;
    mock.expect(hello, {"bob", 7}).refuse("not you");
    mock.expect(hello, {"ada", 36}).fail("the disk is full");
    auto const client = mock.connect();
    EXPECT_EQ(client.call(hello, {"bob", 7}).error(),
              (call_failure{call_error::refused, "not you"}));
    EXPECT_EQ(client.call(hello, {"ada", 36}).error(),
              (call_failure{call_error::system_failure, "the disk is full"}));
}

TEST(mock_connection, a_late_answer_comes_at_its_virtual_time) {
    mock_connection mock;
    mock.expect(hello, {"slow", 0}).after(2h).answer({"at last"});
    mock.expect(hello, {"quick", 0}).after(1h).answer({"here"});
    auto const client = mock.client().default_timeout(0ms).connect().value();
    auto const begin = mock.loop().now();
    std::vector<std::string> order;
    auto const note = [&](call_result<received<greeting>> const& answer) {
        order.push_back((*answer)->text);
    };
    client.async_call(hello, {"slow", 0}, note);
    client.async_call(hello, {"quick", 0}, note);
    mock.loop().run_for(59min);
    EXPECT_TRUE(order.empty());
    mock.loop().run_for(2min);
    EXPECT_EQ(order, std::vector<std::string>{"here"});
    EXPECT_TRUE(mock.loop().run_until([&] { return order.size() == 2; }, 3h));
    EXPECT_EQ(mock.loop().now() - begin, 2h);
}

TEST(mock_connection, a_call_without_an_answer_meets_its_deadline) {
    mock_connection mock;
    mock.expect(hello).never();
    mock.expect(motto).after(1h).answer({"too late"});
    auto const client = mock.connect();
    EXPECT_EQ(client.call(hello, {"x", 0}, {.timeout = 90s}).error().error,
              call_error::deadline_passed);
    EXPECT_EQ(client.call(motto, {}, {.timeout = 90s}).error().error, call_error::deadline_passed);
    mock.loop().run_for(2h);
    EXPECT_EQ(mock.complaints(), "");
}

TEST(mock_connection, a_cut_fails_what_waits) {
    mock_connection mock;
    mock.expect(hello, {"wait", 0}).never();
    mock.expect(hello, {"cut", 0}).cut();
    std::vector<connection_state> states;
    auto const client = mock.client()
                            .on_state([&](auto state, auto) { states.push_back(state); })
                            .connect()
                            .value();
    std::optional<error_code> waiting;
    client.async_call(hello, {"wait", 0}, [&](auto answer) { waiting = answer.error().error; });
    EXPECT_EQ(client.call(hello, {"cut", 0}).error().error, rpc::rpc_error::connection_lost);
    EXPECT_EQ(waiting, rpc::rpc_error::connection_lost);
    EXPECT_EQ(states.back(), connection_state::error);
    EXPECT_EQ(client.call(hello, {"cut", 0}).error().error, rpc::rpc_error::not_connected);
    mock.loop().run_until_idle();
    EXPECT_TRUE(mock.peers().empty());
    EXPECT_EQ(mock.complaints(), "");
    mock.expect(motto).answer({"again"});
    auto const other = mock.connect();
    EXPECT_EQ(other.call(motto, {}).value()->text, "again");
}

TEST(mock_connection, a_cut_from_outside_is_noticed) {
    mock_connection mock;
    auto const client = mock.connect();
    mock.cut();
    EXPECT_TRUE(client.is_connected());
    mock.loop().run_until_idle();
    EXPECT_FALSE(client.is_connected());
}

TEST(mock_connection, what_is_said_while_it_stalls_arrives_later) {
    mock_connection mock;
    mock.expect(motto).answer({"onwards"});
    auto const client = mock.connect();
    mock.stall();
    std::string said;
    client.async_call(motto, {}, [&](auto answer) { said = (*answer)->text; });
    mock.loop().run_for(5s);
    EXPECT_EQ(said, "");
    mock.stall(false);
    mock.loop().run_until_idle();
    EXPECT_EQ(said, "onwards");
}

TEST(mock_connection, connects_are_refused_while_it_is_not_reachable) {
    mock_connection mock;
    mock.reachable(false);
    EXPECT_EQ(mock.client().connect().error(), boost::system::errc::connection_refused);
    EXPECT_THROW(static_cast<void>(mock.connect()), boost::system::system_error);
    mock.reachable(true);
    EXPECT_TRUE(mock.connect().is_connected());
}

TEST(mock_connection, events_are_expected_too) {
    mock_connection mock;
    mock.expect(news, {"sunny"});
    mock.expect(news).times(2);
    auto const client = mock.connect();
    client.send(news, {"sunny"});
    client.send(news, {"rain"});
    mock.loop().run_until_idle();
    EXPECT_EQ(mock.complaints(), "expected news of any kind 2 times, came 1 time\n");
    client.send(news, {"wind"});
    client.send(news, {"storm"});
    mock.loop().run_until_idle();
    EXPECT_EQ(mock.complaints(), "unexpected call of news {\"storm\"}; no call is expected\n");
}

TEST(mock_connection, the_far_end_calls_the_client) {
    mock_connection mock;
    std::string heard;
    auto const client = mock.client()
                            .handle(news, [&](greeting const& g) { heard = g.text; })
                            .handle(hello, [](person const& p) { return greeting{p.name + "!"}; })
                            .connect()
                            .value();
    ASSERT_EQ(mock.peers().size(), 1U);
    mock.peers().front().send(news, {"snow"});
    EXPECT_EQ(mock.peers().front().call(hello, {"ada", 1}).value()->text, "ada!");
    EXPECT_EQ(heard, "snow");
}

TEST(mock_connection, real_handlers_stand_beside_the_script) {
    mock_connection mock;
    EXPECT_TRUE(mock.handle(
        hello, [](received<person> p, call_context) -> boost::asio::awaitable<greeting> {
            co_await wait_for(1h);
            co_return greeting{"hello, " + p->name};
        }));
    EXPECT_FALSE(mock.handle(hello, [](person const&) { return greeting{}; }));
    mock.expect(motto).answer({"onwards"});
    auto const client = mock.client().default_timeout(0ms).connect().value();
    EXPECT_EQ(client.call(hello, {"ada", 1}).value()->text, "hello, ada");
    EXPECT_EQ(client.call(motto, {}).value()->text, "onwards");
}

TEST(mock_connection, streams_are_answered_in_parts) {
    mock_connection mock;
    mock.expect(everybody, {"old"}).after(1h).parts({{"ada", 36}, {"bob", 70}});
    mock.expect(everybody, {"young"}).refuse("they are at school");
    mock.expect(everybody).parts({});
    mock.expect(page).parts({as_bytes("raw "), as_bytes("bytes")});
    auto const client = mock.connect();

    auto old = client.open(everybody, {"old"});
    EXPECT_EQ((*old.read().value())->name, "ada");
    EXPECT_EQ((*old.read().value())->age, 70U);
    EXPECT_FALSE(old.read().value().has_value());

    auto young = client.open(everybody, {"young"});
    EXPECT_EQ(young.read().error(), (call_failure{call_error::refused, "they are at school"}));

    auto none = client.open(everybody, {"none"});
    EXPECT_FALSE(none.read().value().has_value());

    auto raw = client.open(page, {});
    std::string all;
    for (auto part = raw.read(); part.value(); part = raw.read()) {
        all += as_text(*part.value());
    }
    EXPECT_EQ(all, "raw bytes");
    EXPECT_EQ(mock.complaints(), "");
}

TEST(mock_connection, streams_have_handlers_too) {
    mock_connection mock;
    EXPECT_TRUE(mock.handle(
        oldest, [](stream_reader<person>& from, call_context) -> boost::asio::awaitable<person> {
            person found;
            for (;;) {
                auto const next = co_await from.async_read(boost::asio::use_awaitable);
                if (!next || !*next) {
                    co_return found;
                }
                co_await wait_for(1min);
                if ((**next)->age > found.age) {
                    found = ***next;
                }
            }
        }));
    auto const client = mock.connect();
    auto call = client.open(oldest);
    EXPECT_TRUE(call.to.write({"ada", 36}).has_value());
    EXPECT_TRUE(call.to.write({"bob", 7}).has_value());
    call.to.finish();
    EXPECT_EQ(call.answer.get().value()->name, "ada");
}

TEST(mock_connection, a_stream_breaks_when_the_link_does) {
    mock_connection mock;
    mock.expect(everybody).cut();
    auto const client = mock.connect();
    auto reader = client.open(everybody, {"old"});
    EXPECT_EQ(reader.read().error().error, rpc::rpc_error::connection_lost);
}

TEST(mock_connection, coroutines_under_test_run_on_its_loop) {
    mock_connection mock;
    mock.expect(hello, {"ada", 1}).after(20min).answer({"hello, ada"});
    auto const client = mock.client().default_timeout(0ms).connect().value();
    std::string said;
    auto tested = [&]() -> boost::asio::awaitable<void> {
        person const ada{"ada", 1};
        auto const answer = co_await client.async_call(hello, ada, boost::asio::use_awaitable);
        co_await wait_for(20min);
        said = answer.value()->text;
    };
    boost::asio::co_spawn(mock.loop().executor(), tested(), boost::asio::detached);
    mock.loop().run_for(39min);
    EXPECT_EQ(said, "");
    mock.loop().run_for(2min);
    EXPECT_EQ(said, "hello, ada");
}

TEST(mock_connection, code_that_makes_its_own_clients_is_given_the_url) {
    mock_connection mock;
    mock.expect(motto).answer({"onwards"});
    auto const client =
        rpc_client::builder(mock.url()).over(mock.names()).run_on(mock.loop()).connect().value();
    EXPECT_EQ(client.call(motto, {}).value()->text, "onwards");
}

TEST(mock_connection, arguments_of_another_kind_are_shown_as_bytes) {
    constexpr typed::method<greeting, greeting> same_name{"hello"};
    mock_connection mock;
    mock.expect(hello, [](person const&) { return true; }).answer({"never"});
    auto const client = mock.connect();
    EXPECT_FALSE(client.call(same_name, {"x"}).has_value());
    EXPECT_THAT(mock.complaints(), HasSubstr("hello with arguments of another kind, "));
}

TEST(mock_connection, it_goes_with_answers_still_due) {
    mock_connection mock;
    mock.expect(hello).after(1h).answer({"late"});
    mock.expect(motto).never();
    auto const client = mock.connect();
    client.async_call(hello, {"x", 0}, [](auto) {});
    client.async_call(motto, {}, [](auto) {});
    mock.loop().run_until_idle();
}

}  // namespace
}  // namespace trunkline
