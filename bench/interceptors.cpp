// What interceptors cost: one call there and back in memory, both ends on one simulated loop, with
// none, one and three of them at each end. The difference, halved, is that of one end.
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/interceptor.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <tuple>

namespace {

using namespace trunkline;

struct number {
    std::uint64_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};
constexpr typed::method<number, number> add_one{"add one"};

/// Does what most do: looks and counts.
class counter final : public interceptor {
public:
    void after(call_record const& call) override { bytes_ += call.request_size; }

private:
    std::uint64_t bytes_ = 0;
};

void call_with_interceptors(benchmark::State& state) {
    memory::hub names;
    transport::simulated_runtime loop;
    rpc_server::builder serving;
    serving.listen("memory:bench").over(names).run_on(loop).handle(add_one, [](number const& n) {
        return number{n.value + 1};
    });
    rpc_client::builder calling("memory:bench");
    calling.over(names).run_on(loop);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        serving.intercept(std::make_shared<counter>());
        calling.intercept(std::make_shared<counter>());
    }
    auto const server = serving.start().value();
    auto const client = calling.connect().value();
    std::uint64_t sum = 0;
    for (auto _ : state) {
        sum += client.call(add_one, {sum}).value()->value;
    }
    benchmark::DoNotOptimize(sum);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(call_with_interceptors)->ArgName("interceptors")->Arg(0)->Arg(1)->Arg(3);

}  // namespace
