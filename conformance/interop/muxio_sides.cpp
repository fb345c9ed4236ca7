#include <interop/muxio_sides.hpp>

#include <interop/muxio_parts.hpp>
#include <interop/muxio_turn.hpp>
#include <trunkline/peer/rpc_client.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

constexpr std::chrono::seconds patience{120};

/// Reports as they come from the other side.
class inbox {
public:
    void add(report came) {
        std::lock_guard const lock(mutex_);
        came_.push_back(std::move(came));
        changed_.notify_all();
    }

    [[nodiscard]] report next() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [this] { return !came_.empty(); })) {
            throw std::runtime_error("the other side does not report");
        }
        auto first = std::move(came_.front());
        came_.pop_front();
        return first;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<report> came_;
};

void add_lines(std::vector<std::string>& to, std::string const& who, report const& said) {
    for (std::string const& each : said.lines) {
        to.push_back(who + "|" + each);
    }
}

void ask_for_turn(peer const& server, std::uint64_t seed) {
    if (!server.call(method::take_turn, {seed})) {
        throw std::runtime_error("the other side does not take its turn");
    }
}

}  // namespace

muxio_server::muxio_server(std::string const& url) {
    auto builder = rpc_server::builder();
    add_service(builder.methods(), seen_);
    builder.listen(url).handle(
        method::take_turn, [this](number const& seed, call_context const& context) {
            auto const tell = [this](words news) { server_->broadcast(method::news, news); };
            start({context.caller, seed.value, tell});
            return number{1};
        });
    auto started = builder.start();
    if (!started) {
        throw std::runtime_error(started.error().message());
    }
    server_ = std::move(*started);
}

muxio_server::~muxio_server() {
    server_->stop();
    for (auto& each : turns_) {
        each.join();
    }
}

/// On a thread of its own, beside what is served meanwhile.
void muxio_server::start(turn what) {
    std::lock_guard const lock(mutex_);
    turns_.emplace_back([what = std::move(what)] {
        try {
            (void)what.on.call(method::done, {play(what)});
        } catch (std::exception const& error) {
            std::cerr << "muxio: " << error.what() << '\n';
            what.on.close();  // or the other side would wait for the report
        }
    });
}

std::vector<std::string> take_turns(std::string const& url, frame::layout layout, bool together) {
    sightings seen;
    inbox reports;
    rpc_client::builder builder(url);
    add_service(builder.methods(), seen);
    auto const connected = builder.layout(layout)
                               .handle(method::done,
                                       [&reports](report const& said) {
                                           reports.add(said);
                                           return number{};
                                       })
                               .connect();
    if (!connected) {
        throw std::runtime_error(url + ": " + connected.error().message());
    }
    peer const server = *connected;
    auto const turn_of = [&server](std::uint64_t seed) {
        return play({server, seed, [&server](words news) { server.send(method::news, news); }});
    };
    std::vector<std::string> lines;
    add_lines(lines, "the client", {turn_of(1)});
    ask_for_turn(server, 2);
    add_lines(lines, "the server", reports.next());
    if (together) {
        ask_for_turn(server, 3);
        auto const kinds = turn_of(4).size();
        lines.push_back("both at once|all of that at the same time|" +
                        std::to_string(kinds + reports.next().lines.size()) + " kinds");
    }
    return lines;
}

std::string find_layout(std::string const& url) {
    std::size_t kinds = 0;
    for (auto const first : {frame::layout::a, frame::layout::b}) {
        sightings seen;
        rpc_client::builder builder(url);
        add_service(builder.methods(), seen);
        auto const connected = builder.layout(first).detect_layout().connect();
        if (!connected) {
            throw std::runtime_error(url + ": " + connected.error().message());
        }
        peer const server = *connected;
        kinds +=
            play({server, 5, [&server](words news) { server.send(method::news, news); }}).size();
    }
    return "the client|header found out, whichever is tried first; then all of that|" +
           std::to_string(kinds) + " kinds";
}

void lose_stream(std::string const& url, frame::layout layout, std::function<void()> const& begun) {
    auto const client = rpc_client::builder(url).layout(layout).connect().value();
    bool const streams = (client.call(method::abilities, {}).value()->value & takes_streams) != 0;
    parts_call call(client, streams ? method::mirror : method::echo.id, {});
    call.say(part_of(1, 1));
    if (streams) {
        (void)call.hear_part();
    }
    begun();
    if (!call.fails()) {
        throw std::runtime_error("a stream that ends as if it were whole");
    }
    if (client.call(method::sum, {})) {
        throw std::runtime_error("a call is answered after the server has gone");
    }
}

}  // namespace trunkline::interop
