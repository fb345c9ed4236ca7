// A server that speaks first: it calls its clients, streams to them and tells all of them at once.
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <iostream>
#include <latch>
#include <map>
#include <string>

using namespace trunkline;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

struct text {
    std::string words;
    static constexpr auto fields() { return std::tuple(&text::words); }
};
struct number {
    std::uint32_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};
constexpr typed::method<text, text> ask{"ask"};
constexpr typed::client_stream<text, number> deliver{"deliver"};
constexpr typed::event<text> news{"news"};

awaitable<call_result<number>> count_letters(stream_reader<text>& from, call_context) {
    number letters;
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return letters;
        }
        letters.value += static_cast<std::uint32_t>((**next)->words.size());
    }
}

// What the server may ask of a client, the client serves: with handlers, as a server does.
rpc_client visitor(std::string const& url, std::string name, std::latch& told) {
    return rpc_client::builder(url)
        .handle(ask, [name](text const& question) { return text{question.words + " " + name}; })
        .handle(deliver, count_letters)
        .handle(news, [&told](text const&) { told.count_down(); })
        .connect()
        .value();
}

int main() {
    std::latch arrived(2);
    auto const server = rpc_server::builder()
                            .listen("ws://127.0.0.1:0/ws")
                            .on_connected([&arrived](peer) { arrived.count_down(); })
                            .start()
                            .value();

    std::latch told(2);
    auto const ada = visitor(server.endpoints().front(), "Ada", told);
    auto const ben = visitor(server.endpoints().front(), "Ben", told);
    arrived.wait();

    std::map<std::string, peer> clients;  // by what they say of themselves
    for (peer const& each : server.peers()) {
        clients.emplace(each.call(ask, {"I am"}).value()->words, each);
    }
    for (auto const& [name, who] : clients) {
        std::cout << "called: " << name << '\n';
    }

    auto letters = clients.at("I am Ada").open(deliver);
    letters.to.write({"Dear Ada,"}).value();
    letters.to.write({"yours, the server"}).value();
    letters.to.finish();
    std::cout << "streamed: " << letters.answer.get().value()->value << " letters\n";

    server.broadcast(news, {"the server is about to stop"});
    told.wait();
    std::cout << "told: everybody\n";
}
