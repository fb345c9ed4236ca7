// Uses the installed libraries: the same typed call through memory and through WebSocket, with both
// ends in this process, and a value in a store.
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/typed/handler.hpp>
#include <trunkline/websocket/ws_dialer.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace {

using namespace trunkline;

struct question {
    std::string_view text;
    static constexpr auto fields() { return std::tuple(&question::text); }
};

struct answer {
    std::string text;
    static constexpr auto fields() { return std::tuple(&answer::text); }
};

constexpr typed::method<question, answer> echo{"echo"};

std::string failed(error_code why) {
    return "failed: " + why.message();
}

/// Dials, calls echo and gives what came back. Gives up after ten seconds.
std::string call_echo(transport::asio_runtime& loop, transport::listener& at,
                      transport::dialer& by) {
    rpc::dispatcher methods;
    if (!typed::add(methods, echo, [](question const& asked, typed::reply<answer> reply) {
            reply({std::string(asked.text)});
        })) {
        return "refused";
    }
    rpc::dispatcher const none;
    std::string heard = "nothing";
    auto const finish = [&](std::string what) {
        heard = std::move(what);
        loop.stop();
    };
    std::unique_ptr<transport::driver> server;
    std::unique_ptr<transport::driver> client;
    auto const keep_state = [](transport::connection_state, error_code) {};

    at.start([&](std::unique_ptr<transport::connection> link) {
        server = std::make_unique<transport::driver>(loop, std::move(link), methods,
                                                     transport::driver::options{}, keep_state);
        server->start();
    });
    by.dial(at.endpoint(), [&](result<std::unique_ptr<transport::connection>> link) {
        if (!link) {
            return finish(failed(link.error()));
        }
        transport::driver::options options;
        options.session.local_side = rpc::side::dialer;
        client =
            std::make_unique<transport::driver>(loop, std::move(*link), none, options, keep_state);
        client->start();
        auto arguments = bitcode::encode(question{"hello"});
        auto const sent =
            client->peer().call(echo.id, arguments.slices(), [&](rpc::response const& got) {
                auto const value = bitcode::decode<answer>(got.body);
                finish(value ? (*value)->text : failed(value.error()));
            });
        if (!sent) {
            finish(failed(sent.error()));
        }
    });
    auto const patience = loop.after(std::chrono::seconds(10), [&] { finish("too late"); });
    loop.run();
    at.close();
    return heard;
}

std::string through_memory() {
    transport::asio_runtime loop;
    memory::hub hub;
    auto const listener = hub.listen(loop, "memory:echo", {});
    auto const dialer = hub.make_dialer(loop);
    return listener ? call_echo(loop, **listener, *dialer) : failed(listener.error());
}

std::string through_websocket() {
    transport::asio_runtime loop;
    websocket::context shared(loop);
    auto const address = transport::socket_address::parse("127.0.0.1", 0);
    if (!address) {
        return failed(address.error());
    }
    auto sockets = transport::listen_tcp(*address, 1);
    if (!sockets) {
        return failed(sockets.error());
    }
    websocket::ws_listener listener(shared, loop, std::move(sockets->front()), {});
    websocket::ws_dialer dialer(shared, loop);
    return call_echo(loop, listener, dialer);
}

std::string through_store(char const* file) {
    auto const opened = store::store::open(file);
    if (!opened) {
        return failed(opened.error());
    }
    if (auto const done = (*opened)->write(as_bytes("key"), as_bytes("hello")); !done) {
        return failed(done.error());
    }
    auto const value = (*opened)->read(as_bytes("key"));
    return value ? std::string(as_text(value->bytes)) : "absent";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    std::cout << (__cplusplus > 202002L ? "C++23" : "C++20") << "\nmemory: " << through_memory()
              << "\nwebsocket: " << through_websocket() << "\nstore: " << through_store(argv[1])
              << '\n';
}
