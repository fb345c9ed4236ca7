// Clients that find out the header layout of their server. Ours knows both, so the servers here
// speak one only, and treat who speaks the other one as servers may do.
#include <trunkline/peer/test_world.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <optional>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using frame::layout;
using transport::connection_state;

enum class manner {
    reads,     // all in its own layout, whatever that makes of it
    silent,    // to the first who comes
    hangs_up,  // on the first who comes
    talks      // to everybody, in its own layout, before it is asked
};
constexpr std::array manners{manner::reads, manner::silent, manner::hangs_up, manner::talks};

layout other_than(layout of) {
    return of == layout::a ? layout::b : layout::a;
}

/// The accepting end of connections, without methods: every call is answered with status 3.
class one_layout_server {
public:
    one_layout_server(transport::runtime& loop, layout spoken, manner how)
        : loop_(loop), how_(how) {
        options_.session.local_side = rpc::side::acceptor;
        options_.session.layout = spoken;
    }

    void accept(std::unique_ptr<transport::connection> link) {
        ++accepted_;
        bool const odd = accepted_ == 1 || never_serves_;
        if (how_ == manner::hangs_up && odd) {
            return;
        }
        if (how_ == manner::silent && odd) {
            unread_.push_back(std::move(link));
            return;
        }
        drivers_.push_back(std::make_unique<transport::driver>(
            loop_, std::move(link), methods_, options_, [](connection_state, error_code) {}));
        drivers_.back()->start();
        if (how_ == manner::talks) {
            auto const told = drivers_.back()->peer().send(news.id, {});
            EXPECT_TRUE(told.has_value());
        }
    }

    void never_serve() noexcept { never_serves_ = true; }
    [[nodiscard]] int accepted() const noexcept { return accepted_; }

private:
    transport::runtime& loop_;
    manner how_;
    transport::driver::options options_;
    rpc::dispatcher methods_;
    int accepted_ = 0;
    bool never_serves_ = false;
    std::vector<std::unique_ptr<transport::connection>> unread_;
    std::vector<std::unique_ptr<transport::driver>> drivers_;
};

using told_states = std::vector<connection_state>;
told_states const only_made{connection_state::connecting, connection_state::connected};
told_states const only_failed{connection_state::connecting, connection_state::error};

/// One loop in virtual time, a server in memory.
struct memory_world {
    memory_world(layout spoken, manner how)
        : server(loop, spoken, how),
          listening(names.listen(loop, "memory:here", {.message_borders = true}).value()) {
        listening->start([this](auto link) { server.accept(std::move(link)); });
    }

    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names).run_on(loop).detect_layout().on_state(
            [this](auto state, auto) { states.push_back(state); });
        return made;
    }
    [[nodiscard]] transport::runtime::duration passed() const { return loop.now() - begin; }

    memory::hub names;
    transport::simulated_runtime loop;
    transport::runtime::time_point const begin = loop.now();
    one_layout_server server;
    std::unique_ptr<transport::listener> listening;
    told_states states;
};

bool is_served(rpc_client const& client) {
    return client.call(echo, {"x"}).error().error == call_error::unknown_method;
}

TEST(layout_of_a_server, is_found_when_it_is_the_first_one) {
    for (auto const spoken : {layout::a, layout::b}) {
        for (auto const how : {manner::reads, manner::talks}) {
            memory_world world(spoken, how);
            auto const client = world.a_client().layout(spoken).connect().value();
            EXPECT_EQ(world.server.accepted(), 1);
            EXPECT_EQ(world.states, only_made);
            EXPECT_EQ(world.passed(), 0s);
            EXPECT_TRUE(is_served(client));
        }
    }
}

TEST(layout_of_a_server, is_found_when_it_is_the_other_one) {
    for (auto const spoken : {layout::a, layout::b}) {
        for (auto const how : manners) {
            memory_world world(spoken, how);
            auto const client =
                world.a_client().layout(other_than(spoken)).connect_timeout(4min).connect().value();
            EXPECT_EQ(world.server.accepted(), 2);
            EXPECT_EQ(world.states, only_made);
            EXPECT_LE(world.passed(), 1min);
            EXPECT_TRUE(how != manner::silent || world.passed() == 1min);
            EXPECT_TRUE(how != manner::hangs_up || world.passed() == 0s);
            EXPECT_TRUE(client.is_connected());
            EXPECT_TRUE(is_served(client));
        }
    }
}

TEST(layout_of_a_server, is_b_first_unless_set) {
    memory_world world(layout::b, manner::reads);
    EXPECT_TRUE(is_served(world.a_client().connect().value()));
    EXPECT_EQ(world.server.accepted(), 1);
}

TEST(layout_of_a_server, is_not_found_where_nobody_answers) {
    memory_world world(layout::b, manner::silent);
    world.server.never_serve();
    EXPECT_EQ(world.a_client().connect_timeout(8s).connect().error(), rpc::rpc_error::no_layout);
    EXPECT_EQ(world.passed(), 8s);
    EXPECT_EQ(world.server.accepted(), 2);
    EXPECT_EQ(world.states, only_failed);
}

TEST(layout_of_a_server, is_not_found_where_all_are_hung_up_on) {
    memory_world world(layout::b, manner::hangs_up);
    world.server.never_serve();
    EXPECT_EQ(world.a_client().connect().error(), rpc::rpc_error::no_layout);
    EXPECT_EQ(world.passed(), 0s);
    EXPECT_EQ(world.server.accepted(), 2);
    EXPECT_EQ(world.states, only_failed);
}

TEST(layout_of_a_server, is_not_looked_for_where_nobody_is) {
    memory_world world(layout::b, manner::reads);
    world.listening->close();
    EXPECT_EQ(world.a_client().connect().error(), boost::system::errc::connection_refused);
    EXPECT_EQ(world.states, only_failed);
}

TEST(layout_of_a_server, may_be_looked_for_when_its_loop_goes) {
    bool told = false;
    {
        memory_world world(layout::b, manner::silent);
        world.server.never_serve();
        auto builder = world.a_client();
        builder.async_connect([&](result<rpc_client>) { told = true; });
        world.loop.run_for(1s);
        EXPECT_EQ(world.server.accepted(), 1);
    }
    EXPECT_FALSE(told);
}

// Without a further word: the probe has told the server that there is somebody.
TEST(layout_of_a_server, is_found_before_the_server_calls) {
    memory::hub names;
    transport::simulated_runtime loop;
    std::optional<std::string> said;
    auto const server = rpc_server::builder()
                            .listen("memory:here")
                            .over(names)
                            .run_on(loop)
                            .on_connected([&](peer const& joined) {
                                joined.async_call(echo, {"you"}, [&](auto answer) {
                                    said = answer.value()->value;
                                });
                            })
                            .start()
                            .value();
    for (auto const first : {layout::a, layout::b}) {
        said.reset();
        auto const client = rpc_client::builder("memory:here")
                                .over(names)
                                .run_on(loop)
                                .layout(first)
                                .detect_layout()
                                .handle(echo, [](text const& asked) { return asked; })
                                .connect()
                                .value();
        EXPECT_TRUE(is_served(client));
        EXPECT_EQ(said, "you");
    }
}

/// A loop of sockets, and a WebSocket server on it.
struct websocket_world {
    websocket_world(layout spoken, manner how)
        : server(loop, spoken, how),
          listening(
              shared, loop,
              std::move(transport::listen_tcp(*transport::socket_address::parse("127.0.0.1", 0), 1)
                            .value()
                            .front()),
              {}) {
        listening.start([this](auto link) { server.accept(std::move(link)); });
    }

    [[nodiscard]] result<rpc_client> connect(rpc_client::builder builder) {
        std::optional<result<rpc_client>> done;
        builder.run_on(loop.context()).detect_layout().on_state([this](auto state, auto) {
            states.push_back(state);
        });
        builder.async_connect([&](result<rpc_client> made) {
            done.emplace(std::move(made));
            loop.stop();
        });
        loop.run();
        return std::move(*done);
    }

    [[nodiscard]] bool serves(rpc_client const& client) {
        error_code why;
        client.async_call(echo, {"x"}, [&](auto answer) {
            why = answer.error().error;
            loop.stop();
        });
        loop.run();
        return why == call_error::unknown_method;
    }

    transport::asio_runtime loop;
    websocket::context shared{loop};
    one_layout_server server;
    websocket::ws_listener listening;
    told_states states;
};

TEST(layout_of_a_websocket_server, is_found_when_it_is_the_first_one) {
    for (auto const spoken : {layout::a, layout::b}) {
        websocket_world world(spoken, manner::reads);
        rpc_client::builder builder(world.listening.endpoint());
        builder.layout(spoken).connect_timeout(4 * patience);
        auto const client = world.connect(std::move(builder)).value();
        EXPECT_EQ(world.server.accepted(), 1);
        EXPECT_EQ(world.states, only_made);
        EXPECT_TRUE(world.serves(client));
    }
}

TEST(layout_of_a_websocket_server, is_found_when_the_first_one_is_hung_up_on) {
    for (auto const spoken : {layout::a, layout::b}) {
        websocket_world world(spoken, manner::hangs_up);
        rpc_client::builder builder(world.listening.endpoint());
        builder.layout(other_than(spoken)).connect_timeout(4 * patience);
        auto const client = world.connect(std::move(builder)).value();
        EXPECT_EQ(world.server.accepted(), 2);
        EXPECT_EQ(world.states, only_made);
        EXPECT_TRUE(world.serves(client));
    }
}

// Waits a quarter of the time to connect for nothing; the rest is ample.
TEST(layout_of_a_websocket_server, is_found_when_the_first_one_is_met_with_silence) {
    websocket_world world(layout::a, manner::silent);
    rpc_client::builder builder(world.listening.endpoint());
    builder.connect_timeout(8s);
    auto const client = world.connect(std::move(builder)).value();
    EXPECT_EQ(world.server.accepted(), 2);
    EXPECT_EQ(world.states, only_made);
    EXPECT_TRUE(world.serves(client));
}

TEST(layout_of_a_websocket_server, is_not_found_where_all_are_hung_up_on) {
    websocket_world world(layout::b, manner::hangs_up);
    world.server.never_serve();
    rpc_client::builder builder(world.listening.endpoint());
    EXPECT_EQ(world.connect(std::move(builder)).error(), rpc::rpc_error::no_layout);
    EXPECT_EQ(world.server.accepted(), 2);
    EXPECT_EQ(world.states, only_failed);
}

}  // namespace
}  // namespace trunkline
