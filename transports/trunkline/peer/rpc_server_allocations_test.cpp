// What the two ends of a call allocate in the steady state, each counted by itself: on the bare
// session of a driver and through the library.
#include <trunkline/peer/rpc_server.hpp>

#include <trunkline/base/counted_heap.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using testing::allocations_of;

struct text_view {
    std::string_view value;
    static constexpr auto fields() { return std::tuple(&text_view::value); }
};
struct text {
    std::string value;
    static constexpr auto fields() { return std::tuple(&text::value); }
};
struct numbers {
    std::uint64_t sum = 0;
    std::optional<std::uint32_t> more;
    static constexpr auto fields() { return std::tuple(&numbers::sum, &numbers::more); }
};
constexpr typed::method<text_view, text_view> echo{"echo"};
constexpr typed::method<text, text> echo_of_its_own{"echo of its own"};
constexpr typed::method<numbers, numbers> add_one{"add one"};

constexpr int warm_up = 200;
constexpr int calls = 1000;

struct counted {
    double server = 0;
    double client = 0;
    friend std::ostream& operator<<(std::ostream& to, counted const& shown) {
        return to << "server " << shown.server << ", client " << shown.client << " per call";
    }
};

/// Each end has a loop of its own; one runs after the other, on this thread.
class two_loops {
public:
    memory::hub names;
    transport::simulated_runtime server;
    transport::simulated_runtime client;

    void run() {
        for (int i = 0; i < 8; ++i) {
            client.run_until_idle();
            server.run_until_idle();
        }
    }

    /// `call` begins one call, whose answer it notes.
    [[nodiscard]] counted count(std::function<void()> const& call) {
        for (int i = 0; i < warm_up; ++i) {
            call();
            run();
        }
        std::size_t by_server = 0;
        std::size_t by_client = 0;
        for (int i = 0; i < calls; ++i) {
            by_client += allocations_of([&] {
                call();
                client.run_until_idle();
            });
            by_server += allocations_of([&] { server.run_until_idle(); });
            by_client += allocations_of([&] { client.run_until_idle(); });
        }
        return {static_cast<double>(by_server) / calls, static_cast<double>(by_client) / calls};
    }
};

/// What the memory transport itself takes of each end: two pieces of work for the loops, and the
/// bytes on their way.
[[nodiscard]] counted of_bare_sessions(std::string const& said) {
    two_loops loops;
    rpc::dispatcher methods;
    EXPECT_TRUE(methods.add(echo.id, [](rpc::request const& asked, rpc::responder to) {
        to.success({asked.arguments, {}});
    }));
    auto const join = [&methods](transport::runtime& loop,
                                 std::unique_ptr<transport::connection> link, rpc::side side) {
        transport::driver::options options;
        options.session.local_side = side;
        auto made =
            std::make_unique<transport::driver>(loop, std::move(link), methods, options,
                                                [](transport::connection_state, error_code) {});
        made->start();
        return made;
    };
    std::unique_ptr<transport::driver> served;
    std::unique_ptr<transport::driver> calling;
    auto const listener =
        loops.names.listen(loops.server, "memory:bare", {.message_borders = true}).value();
    listener->start([&](std::unique_ptr<transport::connection> link) {
        served = join(loops.server, std::move(link), rpc::side::acceptor);
    });
    auto const dialer = loops.names.make_dialer(loops.client);
    dialer->dial("memory:bare", [&](result<std::unique_ptr<transport::connection>> link) {
        calling = join(loops.client, std::move(*link), rpc::side::dialer);
    });
    loops.run();
    int answers = 0;
    auto const each = loops.count([&] {
        slice arguments{as_bytes(said), {}};
        auto const sent =
            calling->peer().call(echo.id, {&arguments, 1}, [&](rpc::response const& answer) {
                answers += answer.body.size() == said.size() ? 1 : 0;
            });
        EXPECT_TRUE(sent);
    });
    EXPECT_EQ(answers, warm_up + calls);
    return each;
}

/// A client and a server of the library; `Method` echoes. Without deadlines, as the bare sessions,
/// unless a timeout is given.
template <class Method, class Message>
[[nodiscard]] counted of_library(Method const& method, Message const& said,
                                 std::chrono::milliseconds timeout = {}) {
    two_loops loops;
    auto const server = rpc_server::builder()
                            .listen("memory:peer")
                            .over(loops.names)
                            .run_on(loops.server)
                            .handle(method, [](Message const& asked) { return asked; })
                            .start()
                            .value();
    std::optional<rpc_client> client;
    rpc_client::builder("memory:peer")
        .over(loops.names)
        .run_on(loops.client)
        .default_timeout(timeout)
        .async_connect([&](result<rpc_client> made) { client.emplace(std::move(*made)); });
    loops.run();
    int answers = 0;
    auto const each = loops.count([&] {
        client->async_call(method, said, [&](call_result<received<Message>> const& answer) {
            answers += answer.has_value() ? 1 : 0;
        });
    });
    EXPECT_EQ(answers, warm_up + calls);
    client.reset();
    return each;
}

class rpc_allocations : public ::testing::TestWithParam<std::size_t> {
protected:
    std::string const said_ = std::string(GetParam(), 'x');
};
INSTANTIATE_TEST_SUITE_P(bytes, rpc_allocations, ::testing::Values(16, 1024, 10'000, 60'000));

TEST_P(rpc_allocations, the_library_adds_none_on_the_server) {
    auto const bare = of_bare_sessions(said_);
    auto const typed = of_library(echo, text_view{said_});
    RecordProperty("bare", ::testing::PrintToString(bare));
    RecordProperty("typed", ::testing::PrintToString(typed));
    EXPECT_EQ(typed.server, bare.server) << typed;
}

// Those that have ended are forgotten together.
TEST_P(rpc_allocations, a_deadline_adds_none_for_each_call) {
    auto const without = of_library(echo, text_view{said_});
    auto const with = of_library(echo, text_view{said_}, default_call_timeout);
    EXPECT_NEAR(with.client, without.client, 0.05);
    EXPECT_NEAR(with.server, without.server, 0.05);
}

TEST_P(rpc_allocations, the_library_adds_the_answer_that_is_kept_on_the_client) {
    auto const bare = of_bare_sessions(said_);
    auto const typed = of_library(echo, text_view{said_});
    EXPECT_EQ(typed.client, bare.client + 1) << typed;
}

// A text that the message owns: one in the request as it is decoded, one in the handler's copy.
TEST_P(rpc_allocations, messages_that_own_text_allocate_for_it_alone) {
    auto const bare = of_bare_sessions(said_);
    auto const typed = of_library(echo_of_its_own, text{said_});
    EXPECT_EQ(typed.server, bare.server + 2) << typed;
    EXPECT_EQ(typed.client, bare.client + 2) << typed;
}

TEST(rpc_allocations_of_numbers, are_those_of_the_session) {
    auto const bare = of_bare_sessions("12345678");
    auto const typed = of_library(add_one, numbers{42, 4711});
    EXPECT_EQ(typed.server, bare.server) << typed;
    EXPECT_EQ(typed.client, bare.client) << typed;
}

// Over a socket nothing of the server's is for the transport alone: its thread, which is the only
// one that counts, allocates nothing at all. (The few of its timers do not come to one for every
// ten calls.)
TEST_P(rpc_allocations, a_server_of_websockets_allocates_nothing) {
    auto const server = rpc_server::builder()
                            .listen("ws://127.0.0.1:0/ws")
                            .handle(echo, [](text_view const& asked) { return asked; })
                            .start()
                            .value();
    testing::heap_counted = false;
    boost::asio::io_context loop;
    auto const work = boost::asio::make_work_guard(loop);
    std::optional<rpc_client> client;
    rpc_client::builder(server.endpoints().front())
        .run_on(loop)
        .async_connect([&](result<rpc_client> made) { client.emplace(std::move(*made)); });
    while (!client) {
        loop.run_one();
    }
    auto const call = [&](int times) {
        for (int i = 0; i < times; ++i) {
            bool answered = false;
            client->async_call(echo, {said_}, [&](call_result<received<text_view>> const& answer) {
                answered = true;
                EXPECT_EQ((*answer)->value, said_);
            });
            while (!answered) {
                loop.run_one();
            }
        }
    };
    call(warm_up);
    EXPECT_EQ(testing::least_allocations_of([&] { call(calls); }) / (calls / 10), 0U);
    client.reset();
    testing::heap_counted = true;
}

}  // namespace
}  // namespace trunkline
