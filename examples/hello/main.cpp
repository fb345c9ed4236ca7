// A server that greets, and a client that calls it: one method, described once for both.
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <iostream>
#include <string>

using namespace trunkline;

struct person {
    std::string name;
    static constexpr auto fields() { return std::tuple(&person::name); }
};
struct greeting {
    std::string text;
    static constexpr auto fields() { return std::tuple(&greeting::text); }
};
constexpr typed::method<person, greeting> hello{"hello"};

int main() {
    auto const server =
        rpc_server::builder()
            .listen("ws://127.0.0.1:0/ws")
            .handle(hello, [](person const& who) { return greeting{"hello, " + who.name}; })
            .start()
            .value();

    auto const client = rpc_client::builder(server.endpoints().front()).connect().value();
    std::cout << client.call(hello, {"world"}).value()->text << '\n';
}
