// A chat: `chat serve URL` opens a room, `chat URL NAME` joins it; both end when their input does.
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>

#include <iostream>
#include <limits>
#include <string>
#include <vector>

using namespace trunkline;

struct words {
    std::string who, text;
    static constexpr auto fields() { return std::tuple(&words::who, &words::text); }
};
struct heard {
    static constexpr auto fields() { return std::tuple(); }
};
constexpr typed::method<words, heard> say{"say"};
constexpr typed::event<words> said{"said"};

void serve(std::string const& url) {
    std::vector<peer> room;  // only touched on the one thread of the server
    auto const welcome = [&](peer who) {
        std::erase_if(room, [](peer const& each) { return !each.is_connected(); });
        room.push_back(std::move(who));
    };
    auto const pass_on = [&](words const& of) {
        for (peer const& each : room) {
            each.send(said, of);
        }
        return heard{};
    };
    auto builder = rpc_server::builder();
    builder.listen(url).on_connected(welcome).handle(say, pass_on);
    auto const server = builder.start().value();
    std::cout << server.endpoints().front() << '\n' << std::flush;
    std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}

void join(std::string const& url, std::string const& name) {
    auto const show = [](words const& of) {
        std::cout << of.who << ": " << of.text << '\n' << std::flush;
    };
    auto const client = rpc_client::builder(url).handle(said, show).connect().value();
    client.call(say, {name, "I am here"}).value();
    for (std::string text; std::getline(std::cin, text);) {
        client.call(say, {name, text}).value();
    }
}

int main(int count, char** arguments) try {
    std::vector<std::string> const given(arguments, arguments + count);
    given.at(1) == "serve" ? serve(given.at(2)) : join(given.at(1), given.at(2));
} catch (std::exception const& why) {
    std::cerr << "chat: " << why.what() << '\n';
    return 1;
}
