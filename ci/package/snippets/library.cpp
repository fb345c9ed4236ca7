// The snippets of docs/library.md, word for word, with what they take for granted around them.
#include <trunkline/mock/mock_connection.hpp>
#include <trunkline/peer/interceptor.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/store_client/store_client.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace trunkline;
using namespace std::chrono_literals;

struct greeting {
    std::string text;
    static constexpr auto fields() { return std::tuple(&greeting::text); }
};

// Methods

struct person {
    std::string name;
    static constexpr auto fields() { return std::tuple(&person::name); }
};
constexpr typed::method<person, greeting> hello{"hello"};
constexpr typed::event<person> joined{"joined"};  // nobody answers an event

// Streams

constexpr typed::server_stream<person, greeting> greet_often{
    "greet often"};  // one request, many parts
constexpr typed::client_stream<person, greeting> greet_all{
    "greet all"};  // many parts, one response
constexpr typed::two_way_stream<person, greeting> greet_each{"greet each"};  // both as they come

asio::awaitable<void> greets_each(stream_reader<person>& from, stream_writer<greeting>& to,
                                  call_context) {
    for (;;) {
        auto const who = co_await from.async_read(asio::use_awaitable);
        if (!who || !*who) {
            co_return;
        }
        greeting const said{"hello, " + (**who)->name};
        co_await to.async_write(said, asio::use_awaitable);
    }
}

// Servers

greeting by_value(person const& who);
greeting with_context(person const& who, call_context context);
asio::awaitable<greeting> coroutine(received<person> who, call_context context);

greeting by_value(person const& who) {
    return {"hello, " + who.name};
}
greeting with_context(person const& who, call_context) {
    return {"hello, " + who.name};
}
asio::awaitable<greeting> coroutine(received<person> who, call_context) {
    co_return greeting{"hello, " + who->name};
}

// A test framework, and a library of logs.

bool all_equal = true;
#define EXPECT_EQ(first, second) all_equal = (first) == (second) && all_equal

namespace spdlog {
void info(std::string const& line) {
    EXPECT_EQ(line.find("call=incoming kind="), 0);
}
}  // namespace spdlog

// Interceptors

void to_my_log(call_record const& call) {
    std::ostringstream line;
    line << call;  // call=incoming kind=unary connection=1 peer=127.0.0.1:4711 method=hello ...
    spdlog::info(line.str());
}

bool is_night() {
    return false;
}

void count(std::string_view method, std::optional<rpc::status> status, std::chrono::microseconds) {
    EXPECT_EQ(method, "hello");
    EXPECT_EQ(status, rpc::status::success);
}

void intercept(rpc_server::builder& builder) {
    struct only_by_day : interceptor {
        std::optional<call_failure> before(call_record const& call) override {
            if (is_night() && call.direction == call_direction::incoming) {
                return call_failure{call_error::refused, "come back tomorrow"};
            }
            return std::nullopt;
        }
        void after(call_record const& call) override {
            count(call.method, call.status, call.duration);
        }
    };
    builder.intercept(std::make_shared<only_by_day>()).intercept(log_calls(to_my_log));
}

// Clients and calls

asio::awaitable<std::string> call_in_coroutine(rpc_client const& client) {
    person const who{"world"};  // in a coroutine
    auto answer = co_await client.async_call(hello, who, asio::use_awaitable);
    co_return answer.value()->text;
}

asio::awaitable<call_result<greeting>> greet_by(rpc_client const& another, received<person> who,
                                                call_context context) {
    call_options const options{.timeout = 2s, .on_behalf_of = context};
    auto const answer = co_await another.async_call(hello, *who, options, asio::use_awaitable);
    if (!answer) {
        co_return answer.error();
    }
    co_return greeting{(*answer)->text};
}

with_metadata<greeting> tells_who(person const& who, call_context context) {
    bool const is_known = context.metadata.find("tenant").has_value();
    return {{is_known ? "hello, " + who.name : "who are you?"}, {{"served-by", "a"}}};
}

bool asks_with_metadata(rpc_client const& client) {
    call_options const options{.metadata = {{"tenant", "7"}, {"tag", "a"}, {"tag", "b"}}};
    auto const answer = client.call(hello, {"world"}, options);
    auto const server = answer->metadata().find("served-by");  // bytes, or nothing
    return server.has_value();
}

void carry_metadata() {
    auto builder = rpc_server::builder();
    auto const server =
        builder.listen("ws://127.0.0.1:0/ws").handle(hello, tells_who).start().value();
    auto const url = server.endpoints().front();
    EXPECT_EQ(asks_with_metadata(rpc_client::builder(url).extension().connect().value()), true);
}

void pass_on(rpc_client const& another) {
    auto builder = rpc_server::builder();
    builder.listen("ws://127.0.0.1:0/ws");
    builder.handle(hello, [&](received<person> who, call_context context) {
        return greet_by(another, std::move(who), std::move(context));
    });
    auto const between = builder.start().value();
    auto const client = rpc_client::builder(between.endpoints().front()).connect().value();
    EXPECT_EQ(client.call(hello, {"world"}).value()->text, "hello, world");
}

void call(rpc_client const& client) {
    std::promise<std::string> called;
    auto const on_answer = [&](call_result<received<greeting>> given) {
        called.set_value(given.value()->text);
    };
    auto answer = client.call(hello, {"world"});     // waits
    client.async_call(hello, {"world"}, on_answer);  // on the connection's thread
    auto later = client.async_call(hello, {"world"}, asio::use_future);
    EXPECT_EQ(answer.value()->text, "hello, world");
    EXPECT_EQ(called.get_future().get(), "hello, world");
    EXPECT_EQ(later.get().value()->text, "hello, world");

    asio::io_context context;
    auto fourth = asio::co_spawn(context, call_in_coroutine(client), asio::use_future);
    context.run();
    EXPECT_EQ(fourth.get(), "hello, world");
}

void stream(rpc_client const& client) {
    std::ostringstream heard;
    auto* const before = std::cout.rdbuf(heard.rdbuf());
    auto many = client.open(greet_often, {"world"});
    while (auto const next = many.read().value()) {
        std::cout << (*next)->text << '\n';
    }

    auto each = client.open(greet_each);
    each.to.write({"world"}).value();
    auto const back = each.from.read();
    each.to.finish();
    std::cout.rdbuf(before);
    EXPECT_EQ(heard.str(), "hello, world\nhello again, world\n");
    EXPECT_EQ((*back.value())->text, "hello, world");

    auto all = client.open(greet_all);
    all.to.write({"ada"}).value();
    all.to.write({"bob"}).value();
    all.to.finish();
    EXPECT_EQ(all.answer.get().value()->text, "hello, ada bob");
}

void handle_streams(rpc_server::builder& builder) {
    builder.handle(greet_each, greets_each);
    builder.handle(greet_often, on_pool([](received<person> who, stream_writer<greeting>& to,
                                           call_context const&) {
                       to.write({"hello, " + who->name}).value();
                       to.write({"hello again, " + who->name}).value();
                   }));
    builder.handle(greet_all, on_pool([](stream_reader<person>& from, call_context const&) {
                       greeting all{"hello,"};
                       while (auto const who = from.read().value()) {
                           all.text += " " + (*who)->name;
                       }
                       return all;
                   }));
}

void serve_and_call() {
    auto builder = rpc_server::builder();
    builder.listen("ws://127.0.0.1:0/ws");
    builder.handle(hello, on_pool(with_context));
    intercept(builder);
    auto const server = builder.start().value();
    auto const client = rpc_client::builder(server.endpoints().front()).connect().value();
    call(client);
    pass_on(client);
    carry_metadata();
}

void serve_and_stream() {
    auto builder = rpc_server::builder();
    builder.listen("ws://127.0.0.1:0/ws");
    handle_streams(builder);
    auto const server = builder.start().value();
    stream(rpc_client::builder(server.endpoints().front()).connect().value());
}

// TLS

void talk_in_private() {
    auto const serving = tls::context::for_server(
        {.own = {"cert.pem", "key.pem"}, .client_authorities = "clients.pem"});
    auto const server =
        rpc_server::builder().listen("tls://127.0.0.1:7001").certificates(*serving).start();

    auto const trust =
        tls::context::for_client({.authorities = "ca.pem", .own = {{"me.pem", "me.key"}}});
    auto const client = rpc_client::builder("tls://127.0.0.1:7001").trust(*trust).connect();
}

// Inside a program with sockets of its own

asio::awaitable<void> hand_over(rpc_server const& server, asio::ip::tcp::socket socket,
                                http::request<http::string_body> request) {
    boost::beast::flat_buffer buffer;
    if (server.adopt(socket, request, buffer.data())) {
        co_return;  // the socket belongs to the server now
    }
}

// Time that the test decides

asio::awaitable<greeting> greet_late(received<person> who, call_context) {
    co_await wait_for(20min);
    co_return greeting{"hello, " + who->name};
}

void wait_in_no_time() {
    transport::simulated_runtime loop;
    memory::hub names;
    auto const server = rpc_server::builder()
                            .listen("memory:here")
                            .over(names)
                            .run_on(loop)
                            .handle(hello, greet_late)
                            .start()
                            .value();
    auto const client =
        rpc_client::builder("memory:here").over(names).run_on(loop).connect().value();
    auto const answer =
        client.call(hello, {"world"}, {.timeout = 1h}).value();  // runs the loop until it is there
    EXPECT_EQ(answer->text, "hello, world");
}

// Tests of code that calls

void test_with_a_mock() {
    mock_connection far_end;
    far_end.expect(hello, {"ada"}).answer({"hello, ada"});
    far_end.expect(hello, {"bob"}).after(20s).refuse("not today");
    auto const client = far_end.connect();
    EXPECT_EQ(client.call(hello, {"ada"}).value()->text, "hello, ada");
    EXPECT_EQ(client.call(hello, {"bob"}).error().message, "not today");
    EXPECT_EQ(far_end.complaints(), "");  // what came unexpected, what never came
}

// Stores; not run, as there is no server on that port.

std::string use_a_store() {
    auto const store = store_client::connect("ws://127.0.0.1:8080/ws").value();
    store.write(as_bytes("key"), as_bytes("value")).value();
    auto const found = store.read(as_bytes("key")).value();
    return std::string(as_text(found->bytes()));
}

int main(int count, char**) {
    serve_and_call();
    serve_and_stream();
    wait_in_no_time();
    test_with_a_mock();
    if (count > 1) {
        std::cout << use_a_store();
    }
    std::cout << (all_equal ? "as promised\n" : "not as promised\n");
}
