// One call there and back between two endpoints without any transport: frames, sessions, dispatcher
// and handler. Several at once share the batches in which bytes change sides.
#include <trunkline/rpc/endpoint.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::uint64_t echo = 1;

std::uint64_t any_time(void*) noexcept {
    return 1'800'000'000'000'000;
}

rpc::session_options side(rpc::side of) {
    rpc::session_options made;
    made.local_side = of;
    if (of == rpc::side::dialer) {
        made.layout = frame::layout::b;
    }
    return made;
}

/// Takes all output of `from` to `to`, as one read there.
void carry(rpc::session& from, rpc::session& to, std::vector<std::byte>& room) {
    room.clear();
    std::array<out_segment, 64> segments;
    while (!from.output().empty()) {
        std::size_t const count = from.output().peek(segments);
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            bytes_view const bytes = segments[i].bytes;
            room.insert(room.end(), bytes.begin(), bytes.end());
            size += bytes.size();
        }
        from.output().consume(size);
    }
    for (bytes_view rest(room); !rest.empty();) {
        auto const taken = to.receive(rest, true, 0);
        if (!taken) {
            std::abort();
        }
        rest = rest.subspan(*taken);
    }
    if (!to.settle()) {
        std::abort();
    }
}

void there_and_back(benchmark::State& state) {
    rpc::dispatcher none;
    rpc::dispatcher methods;
    static_cast<void>(methods.add(echo, [](rpc::request const& asked, rpc::responder to) {
        to.success({asked.arguments, {}});
    }));
    rpc::endpoint calling(side(rpc::side::dialer), none, any_time, nullptr);
    rpc::endpoint serving(side(rpc::side::acceptor), methods, any_time, nullptr);
    std::string const text(static_cast<std::size_t>(state.range(0)), 'x');
    std::int64_t const at_once = state.range(1);
    std::vector<std::byte> room;
    for (auto _ : state) {
        std::int64_t answered = 0;
        for (std::int64_t i = 0; i < at_once; ++i) {
            slice arguments{as_bytes(text), {}};
            static_cast<void>(calling.call(echo, {&arguments, 1}, [&](rpc::response const& answer) {
                answered += answer.body.size() == text.size() ? 1 : 0;
            }));
        }
        carry(calling.protocol(), serving.protocol(), room);
        carry(serving.protocol(), calling.protocol(), room);
        if (answered != at_once) {
            std::abort();
        }
    }
    state.SetItemsProcessed(state.iterations() * at_once);
}
BENCHMARK(there_and_back)
    ->ArgNames({"bytes", "at_once"})
    ->ArgsProduct({{16, 1024, 60000}, {1, 16}});

}  // namespace
