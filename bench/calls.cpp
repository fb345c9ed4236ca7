// What the typed layer costs: one call there and back in memory, both ends on one simulated loop,
// made on the bare session of a driver and through the library. Allocations of both ends together
// are counted by replacing operator new.
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace {
std::size_t allocations = 0;
}

// Not inlined, or g++ 12 sees only one half of a pair and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* const at = std::malloc(size == 0 ? 1 : size)) {
        return at;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* at) noexcept {
    std::free(at);
}
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}

namespace {

using namespace trunkline;

struct text {
    std::string value;
    static constexpr auto fields() { return std::tuple(&text::value); }
};
constexpr typed::method<text, text> echo{"echo"};

struct text_view {
    std::string_view value;
    static constexpr auto fields() { return std::tuple(&text_view::value); }
};
constexpr typed::method<text_view, text_view> echo_of_views{"echo of views"};

// Times calls one after the other and counts what they allocate once everything is warm.
template <class Call>
void measure(benchmark::State& state, Call const& call) {
    for (int i = 0; i < 100; ++i) {
        call();
    }
    std::size_t const before = allocations;
    for (auto _ : state) {
        call();
    }
    state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                       benchmark::Counter::kAvgIterations);
}

/// Both ends as a user of drivers has them, without the library.
struct bare_ends {
    explicit bare_ends(memory::link_options const& how) {
        static_cast<void>(methods.add(echo.id, [](rpc::request const& asked, rpc::responder to) {
            to.success({asked.arguments, {}});
        }));
        listener = names.listen(loop, "memory:bench", how).value();
        listener->start([this](std::unique_ptr<transport::connection> link) {
            served = join(std::move(link), rpc::side::acceptor);
        });
        dialer = names.make_dialer(loop);
        dialer->dial("memory:bench", [this](result<std::unique_ptr<transport::connection>> link) {
            calling = join(std::move(*link), rpc::side::dialer);
        });
        loop.run_until_idle();
    }

    std::unique_ptr<transport::driver> join(std::unique_ptr<transport::connection> link,
                                            rpc::side side) {
        transport::driver::options options;
        options.session.local_side = side;
        auto made =
            std::make_unique<transport::driver>(loop, std::move(link), methods, options,
                                                [](transport::connection_state, error_code) {});
        made->start();
        return made;
    }

    memory::hub names;
    transport::simulated_runtime loop;
    rpc::dispatcher methods;
    std::unique_ptr<transport::listener> listener;
    std::unique_ptr<transport::dialer> dialer;
    std::unique_ptr<transport::driver> served;
    std::unique_ptr<transport::driver> calling;
};

void on_bare_session(benchmark::State& state, memory::link_options const& how) {
    bare_ends ends(how);
    std::string const said(static_cast<std::size_t>(state.range(0)), 'x');
    measure(state, [&] {
        bool answered = false;
        slice arguments{as_bytes(said), {}};
        auto const sent = ends.calling->peer().call(
            echo.id, {&arguments, 1},
            [&](rpc::response const& answer) { answered = answer.body.size() == said.size(); });
        ends.loop.run_until_idle();
        if (!sent || !answered) {
            std::abort();
        }
    });
}

void bare_session(benchmark::State& state) {
    on_bare_session(state, {});
}
BENCHMARK(bare_session)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(65'000);

/// On a link that keeps the borders of messages, as the library makes it.
void bare_session_of_messages(benchmark::State& state) {
    on_bare_session(state, {.message_borders = true});
}
BENCHMARK(bare_session_of_messages)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(65'000);

/// Through the library, with messages of `Message`.
template <class Message, class Method>
void through_library(benchmark::State& state, Method const& method) {
    memory::hub names;
    transport::simulated_runtime loop;
    auto const server = rpc_server::builder()
                            .listen("memory:bench")
                            .over(names)
                            .run_on(loop)
                            .handle(method, [](Message const& asked) { return asked; })
                            .start()
                            .value();
    auto const client = rpc_client::builder("memory:bench").over(names).run_on(loop).connect();
    std::string const said(static_cast<std::size_t>(state.range(0)), 'x');
    Message const message{said};
    measure(state, [&] {
        bool answered = false;
        client->async_call(method, message, [&](call_result<received<Message>> answer) {
            answered = answer.value()->value.size() == said.size();
        });
        loop.run_until_idle();
        if (!answered) {
            std::abort();
        }
    });
}

/// The same work as that of the bare session: neither end keeps a message but for the answer.
void typed_layer(benchmark::State& state) {
    through_library<text_view>(state, echo_of_views);
}
BENCHMARK(typed_layer)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(65'000);

/// Messages that own their text, each with memory of its own: a request, the same decoded, an
/// answer, the same decoded.
void typed_layer_of_strings(benchmark::State& state) {
    through_library<text>(state, echo);
}
BENCHMARK(typed_layer_of_strings)->ArgName("bytes")->Arg(16)->Arg(1024)->Arg(65'000);

}  // namespace
