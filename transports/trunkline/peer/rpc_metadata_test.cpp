// What goes with calls and answers beside their messages, between two Trunkline peers.
#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr typed::method<text, text> refusing{"refusing"};
constexpr typed::method<text, text> slow{"slow"};
constexpr typed::method<text, text> blocking{"blocking"};

std::vector<std::byte> all_values() {
    std::vector<std::byte> values;
    for (int i = 0; i < 256; ++i) {
        values.push_back(static_cast<std::byte>(i));
    }
    return values;
}

/// Keys that come again, binary and empty values, in no order.
call_metadata odd_metadata(std::string_view of) {
    call_metadata made{{"of", of}, {"z", "1"}, {"a", "2"}, {"z", "0"}, {"empty", ""}};
    made.add("every", all_values()).add("", "no key").add("z", "1");
    made.add(std::string_view("\0\xff", 2), "binary key");
    return made;
}

constexpr trace_context a_trace{.trace_id = {std::byte{1}, std::byte{2}, std::byte{0xff}},
                                .span_id = {std::byte{0}, std::byte{9}},
                                .flags = 1};
constexpr trace_context another_trace{.trace_id = {std::byte{3}}, .span_id = {}, .flags = 0};

class metadata_over : public over_transports {
protected:
    /// Handlers of every kind; each notes what came and gives something back.
    [[nodiscard]] rpc_server::builder a_noting_server() {
        auto made = a_server();
        made.handle(echo, [this](text const& said, call_context context) {
            came.add(context.metadata);
            return with_metadata<text>{said, odd_metadata("echo")};
        });
        made.handle(refusing, [this](text const&, call_context context) -> call_result<text> {
            came.add(context.metadata);
            return call_failure{call_error::refused, "no", {}, odd_metadata("refusing")};
        });
        made.handle(slow,
                    [this](received<text> said,
                           call_context context) -> awaitable<call_result<with_metadata<text>>> {
                        came.add(context.metadata);
                        co_await wait_for(1us);
                        with_metadata<text> answer{{said->value}, odd_metadata("slow")};
                        co_return answer;
                    });
        made.handle(blocking, on_pool([this](text const& said, call_context context) {
                        came.add(context.metadata);
                        return with_metadata<text>{said, odd_metadata("blocking")};
                    }));
        return made;
    }

    seen<call_metadata> came;
};
INSTANTIATE_TEST_SUITE_P(transports, metadata_over, ::testing::ValuesIn(every_transport),
                         [](auto const& of) { return of.param; });

TEST_P(metadata_over, INT_12_arrives_unchanged_and_in_order_on_requests_answers_and_errors) {
    auto const server = a_noting_server().start().value();
    auto const client = a_client(server).extension().connect().value();
    call_options const options{.metadata = odd_metadata("call")};
    std::size_t calls = 0;
    for (auto const& [method, name] :
         {std::pair{echo, "echo"}, std::pair{slow, "slow"}, std::pair{blocking, "blocking"}}) {
        auto const answer = client.call(method, {"x"}, options);
        ASSERT_TRUE(answer) << answer.error();
        EXPECT_EQ((*answer)->value, "x");
        EXPECT_EQ(answer->metadata(), odd_metadata(name));
        EXPECT_EQ(came.wait_for(++calls).back(), options.metadata);
    }
    auto const refused = client.call(refusing, {"x"}, options);
    EXPECT_EQ(refused.error().error, call_error::refused);
    EXPECT_EQ(refused.error().message, "no");
    EXPECT_EQ(refused.error().metadata, odd_metadata("refusing"));
    EXPECT_EQ(came.wait_for(++calls).back(), options.metadata);
}

TEST_P(metadata_over, INT_12_goes_with_a_call_whose_connection_agrees_and_with_no_other) {
    for (bool const client_asks : {true, false}) {
        for (bool const server_agrees : {true, false}) {
            auto const server = a_noting_server().extension(server_agrees).start().value();
            auto const client = a_client(server).extension(client_asks).connect().value();
            auto const answer = client.call(echo, {"x"}, {.metadata = {{"key", "value"}}});
            if (client_asks && server_agrees) {
                EXPECT_TRUE(answer);
                continue;
            }
            EXPECT_EQ(answer.error().error, rpc::rpc_error::not_extended);
            EXPECT_EQ(answer.error().progress, call_progress::not_sent);
            auto const plain = client.call(echo, {"x"}, {.trace = a_trace});
            ASSERT_TRUE(plain) << plain.error();
            EXPECT_TRUE(plain->metadata().empty()) << "nothing comes back that was not agreed on";
        }
    }
}

class metadata : public ::testing::Test {
protected:
    [[nodiscard]] rpc_server::builder a_server(std::string const& url = "memory:here") {
        rpc_server::builder made;
        made.listen(url).over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client a_client(std::string const& url = "memory:here") {
        return rpc_client::builder(url).over(names_).run_on(loop_).extension().connect().value();
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
};

TEST_F(metadata, INT_12_goes_with_streams_and_their_answers) {
    std::vector<call_metadata> came;
    auto const server =
        a_server()
            .handle(count_to,
                    [&](received<number> last, stream_writer<number>& to,
                        call_context context) -> awaitable<call_result<void>> {
                        came.push_back(context.metadata);
                        if (last->value == 0) {
                            co_return call_failure{
                                call_error::refused, "none", {}, odd_metadata("refused")};
                        }
                        to.send_with(odd_metadata("parts"));
                        auto const written = co_await counts(std::move(last), to, context);
                        co_return written;
                    })
            .handle(sum,
                    [&](stream_reader<number>& from,
                        call_context context) -> awaitable<call_result<with_metadata<number>>> {
                        came.push_back(context.metadata);
                        auto const total = co_await adds(from, context);
                        with_metadata<number> answer{total.value(), odd_metadata("sum")};
                        co_return answer;
                    })
            .start()
            .value();
    auto const client = a_client();
    call_options const options{.metadata = odd_metadata("open")};
    auto parts = client.open(count_to, {3}, options);
    EXPECT_EQ(read_all(parts).value(), one_to(3));
    EXPECT_EQ(parts.metadata(), odd_metadata("parts"));
    auto none = client.open(count_to, {0}, options);
    EXPECT_EQ(none.read().error().metadata, odd_metadata("refused"));
    auto upload = client.open(sum, options);
    ASSERT_TRUE(upload.to.write({5}));
    upload.to.finish();
    auto const total = upload.answer.get();
    EXPECT_EQ(total.value()->value, 5u);
    EXPECT_EQ(total->metadata(), odd_metadata("sum"));
    EXPECT_EQ(came, std::vector<call_metadata>(3, options.metadata));
}

TEST_F(metadata, OBS_03_the_trace_that_the_caller_gives_is_the_one_the_handler_sees) {
    std::vector<std::optional<trace_context>> traces;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& said, call_context context) {
                                        traces.push_back(context.trace);
                                        return said;
                                    })
                            .handle(count_to,
                                    [&](received<number> last, stream_writer<number>& to,
                                        call_context context) -> awaitable<call_result<void>> {
                                        traces.push_back(context.trace);
                                        auto const done =
                                            co_await counts(std::move(last), to, context);
                                        co_return done;
                                    })
                            .start()
                            .value();
    auto const client = a_client();
    ASSERT_TRUE(client.call(echo, {"x"}, {.trace = a_trace}));
    ASSERT_TRUE(client.call(echo, {"x"}));
    auto parts = client.open(count_to, {1}, {.trace = another_trace});
    EXPECT_TRUE(read_all(parts));
    EXPECT_EQ(traces, (std::vector<std::optional<trace_context>>{a_trace, {}, another_trace}));
}

TEST_F(metadata, OBS_03_it_goes_on_with_calls_made_for_a_call_unless_they_have_their_own) {
    std::vector<std::optional<trace_context>> traces;
    auto const second = a_server("memory:second")
                            .handle(echo,
                                    [&](text const& said, call_context context) {
                                        traces.push_back(context.trace);
                                        return said;
                                    })
                            .start()
                            .value();
    auto const onward = a_client("memory:second");
    auto const first =
        a_server()
            .handle(slow,
                    [&](received<text> said, call_context context) -> awaitable<text> {
                        for (std::optional<trace_context> own :
                             {std::optional<trace_context>(), std::optional(another_trace)}) {
                            text const request{said->value};
                            call_options const options{.on_behalf_of = context, .trace = own};
                            auto const answer =
                                co_await onward.async_call(echo, request, options, use_awaitable);
                            EXPECT_TRUE(answer);
                        }
                        co_return text{said->value};
                    })
            .start()
            .value();
    ASSERT_TRUE(a_client().call(slow, {"x"}, {.trace = a_trace}));
    EXPECT_EQ(traces, (std::vector<std::optional<trace_context>>{a_trace, another_trace}));
}

call_metadata entries(std::size_t count) {
    call_metadata made;
    for (std::size_t i = 0; i < count; ++i) {
        made.add("k", "v");
    }
    return made;
}

TEST_F(metadata, LIM_05_up_to_the_limits_it_passes_and_above_them_nothing_is_sent) {
    std::vector<call_metadata> came;
    auto const server = a_server()
                            .handle(echo,
                                    [&](text const& said, call_context context) {
                                        came.push_back(context.metadata);
                                        return said;
                                    })
                            .handle(count_to, counts)
                            .start()
                            .value();
    auto const client = a_client();
    // Beside it the header has the deadline of the call, in 11 bytes.
    std::size_t const value_max = extension::header_size_max - 11 - 4 - 1;
    std::string const key(255, 'k');
    for (call_metadata const& least :
         {entries(extension::metadata_entries_max),
          call_metadata().add("k", std::string(value_max, 'v')), call_metadata().add(key, "v")}) {
        ASSERT_TRUE(client.call(echo, {"x"}, {.metadata = least}));
        EXPECT_EQ(came.back(), least);
    }
    std::size_t const calls = came.size();
    for (call_metadata const& most : {entries(extension::metadata_entries_max + 1),
                                      call_metadata().add("k", std::string(value_max + 1, 'v')),
                                      call_metadata().add(key + "k", "v")}) {
        auto const refused = client.call(echo, {"x"}, {.metadata = most});
        EXPECT_EQ(refused.error().error, rpc::rpc_error::metadata_too_large);
        EXPECT_EQ(refused.error().progress, call_progress::not_sent);
    }
    call_metadata const too_many = entries(extension::metadata_entries_max + 1);
    auto stream = client.open(count_to, {1}, {.metadata = too_many});
    auto const unread = stream.read();
    ASSERT_FALSE(unread);
    EXPECT_EQ(unread.error().error, rpc::rpc_error::metadata_too_large);
    EXPECT_EQ(unread.error().progress, call_progress::not_sent);
    EXPECT_EQ(came.size(), calls);
    EXPECT_TRUE(client.call(echo, {"x"}));
}

// What goes beside the message is held as long as the handler runs: only so many begin.
TEST_F(metadata, LIM_05_of_running_handlers_counts_as_held) {
    std::size_t running = 0;
    auto const server =
        a_server()
            .handle(slow,
                    [&](received<text>, call_context) -> awaitable<call_result<text>> {
                        ++running;
                        co_await wait_for(1h);
                        co_return text{};
                    })
            .handle(sum,
                    [&](stream_reader<number>&, call_context) -> awaitable<call_result<number>> {
                        ++running;
                        co_await wait_for(1h);
                        co_return number{};
                    })
            .start()
            .value();
    std::string const value(16'000, 'v');
    std::size_t const held_max = session_limits().held_size_max;
    auto const begin = [&](auto call) {
        running = 0;
        auto const client = a_client();
        for (std::size_t i = 0; i < 1000; ++i) {
            call(client);
            loop_.run_until_idle();
        }
        EXPECT_GT(running, 100u);
        EXPECT_LE(running * value.size(), held_max);
    };
    call_options const options{.metadata = {{"k", value}}};
    begin([&](rpc_client const& client) { client.async_call(slow, {}, options, [](auto) {}); });
    std::vector<upload<number, number>> kept;
    begin([&](rpc_client const& client) { kept.push_back(client.open(sum, options)); });
}

TEST_F(metadata, LIM_05_an_answer_that_cannot_have_it_fails_and_a_failure_goes_without) {
    std::string const huge(extension::header_size_max, 'x');
    call_metadata const too_much{{"k", huge}};
    auto const server =
        a_server()
            .handle(echo, [&](text const& said) { return with_metadata<text>{said, too_much}; })
            .handle(refusing,
                    [&](text const&) -> call_result<text> {
                        return call_failure{call_error::refused, "no", {}, too_much};
                    })
            .handle(count_to,
                    [&](received<number> last, stream_writer<number>& to,
                        call_context context) -> awaitable<call_result<void>> {
                        to.send_with(too_much);
                        auto const done = co_await counts(std::move(last), to, context);
                        co_return done;
                    })
            .handle(sum,
                    [&](stream_reader<number>&, call_context) -> awaitable<with_metadata<number>> {
                        with_metadata<number> answer{{1}, too_much};
                        co_return answer;
                    })
            .start()
            .value();
    auto const client = a_client();
    auto const said = make_error_code(rpc::rpc_error::metadata_too_large).message();
    auto const failed = client.call(echo, {"x"});
    EXPECT_EQ(failed.error(), (call_failure{call_error::system_failure, said}));
    auto const refused = client.call(refusing, {"x"});
    EXPECT_EQ(refused.error(), (call_failure{call_error::refused, "no"}));
    EXPECT_TRUE(refused.error().metadata.empty());
    auto parts = client.open(count_to, {1});
    EXPECT_EQ(parts.read().error(), (call_failure{call_error::system_failure, said}));
    auto upload = client.open(sum);
    EXPECT_EQ(upload.answer.get().error(), (call_failure{call_error::system_failure, said}));
}

TEST(call_metadata, finds_the_first_value_of_a_key) {
    call_metadata const some{{"a", "1"}, {"b", ""}, {"a", "2"}};
    EXPECT_EQ(as_text(some.find("a").value()), "1");
    EXPECT_TRUE(some.find("b").value().empty());
    EXPECT_FALSE(some.find("c"));
    EXPECT_EQ(some.size(), 3u);
}

}  // namespace
}  // namespace trunkline
