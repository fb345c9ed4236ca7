// Our library as the peer of a published muxio program (rust/muxio.rs):
//   serve URL                  prints where it listens; ends with its standard input
//   connect URL a|b [together] prints what either side did
//   find URL                   finds out the layout, with either guess first, and plays
//   lose URL a|b               prints "calling"; its stream fails when the server goes
#include <interop/muxio_sides.hpp>

#include <exception>
#include <iostream>
#include <limits>
#include <span>
#include <stdexcept>

namespace trunkline::interop {
namespace {

void run(std::span<std::string const> words) {
    if (words.size() == 2 && words[0] == "serve") {
        muxio_server const server(words[1]);
        std::cout << "listening on " << server.url() << '\n' << std::flush;
        std::cin.ignore(std::numeric_limits<std::streamsize>::max());
        return;
    }
    if (words.size() < 2 || (words.size() < 3 && words[0] != "find")) {
        throw std::runtime_error("serve|find URL, or connect|lose URL a|b");
    }
    auto const& url = words[1];
    if (words[0] == "find") {
        std::cout << find_layout(url) << '\n';
        return;
    }
    auto const layout = words[2] == "a" ? frame::layout::a : frame::layout::b;
    if (words[0] == "lose") {
        lose_stream(url, layout, [] { std::cout << "calling\n" << std::flush; });
        return;
    }
    for (auto const& line : take_turns(url, layout, words.size() > 3)) {
        std::cout << line << '\n';
    }
}

}  // namespace
}  // namespace trunkline::interop

int main(int count, char** arguments) {
    try {
        std::vector<std::string> const words(arguments + 1, arguments + count);
        trunkline::interop::run(words);
        return 0;
    } catch (std::exception const& error) {
        std::cerr << "muxio: " << error.what() << '\n';
        return 1;
    }
}
