// Streams of typed parts: down to the caller, up to the server, and both ways at once. The server
// reads and writes in coroutines, the client by waiting; each can do either.
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <iostream>
#include <string>

using namespace trunkline;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

struct number {
    std::uint32_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};
struct word {
    std::string text;
    static constexpr auto fields() { return std::tuple(&word::text); }
};
constexpr typed::server_stream<number, number> countdown{"countdown"};
constexpr typed::client_stream<number, number> sum{"sum"};
constexpr typed::two_way_stream<word, word> echo{"echo"};

// The coroutine goes on when the client has room for the next part; its end is that of the stream.
awaitable<call_result<void>> count(received<number> from, stream_writer<number>& to, call_context) {
    for (number next = *from; next.value > 0; --next.value) {
        auto const written = co_await to.async_write(next, use_awaitable);
        if (!written) {
            co_return written;  // the client has gone, or wants no more
        }
    }
    co_return call_result<void>();
}

awaitable<call_result<number>> add(stream_reader<number>& from, call_context) {
    number total;
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return total;  // nothing more to come
        }
        total.value += (**next)->value;
    }
}

awaitable<call_result<void>> answer_twice(stream_reader<word>& from, stream_writer<word>& to,
                                          call_context) {
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return call_result<void>();
        }
        word const twice{(**next)->text + " " + (**next)->text};
        auto const written = co_await to.async_write(twice, use_awaitable);
        if (!written) {
            co_return written;
        }
    }
}

int main() {
    auto const server = rpc_server::builder()
                            .listen("ws://127.0.0.1:0/ws")
                            .handle(countdown, count)
                            .handle(sum, add)
                            .handle(echo, answer_twice)
                            .start()
                            .value();
    auto const client = rpc_client::builder(server.endpoints().front()).connect().value();

    auto down = client.open(countdown, {3});
    while (auto const part = down.read().value()) {
        std::cout << "down: " << (*part)->value << '\n';
    }

    auto up = client.open(sum);
    for (std::uint32_t const value : {20, 20, 2}) {
        up.to.write({value}).value();
    }
    up.to.finish();
    std::cout << "up: " << up.answer.get().value()->value << '\n';

    auto talk = client.open(echo);
    for (auto const* const text : {"hello", "goodbye"}) {
        talk.to.write({text}).value();
        auto const back = talk.from.read().value();
        std::cout << "both: " << (*back)->text << '\n';
    }
    talk.to.finish();
    std::cout << "the end: " << std::boolalpha << !talk.from.read().value() << '\n';
}
