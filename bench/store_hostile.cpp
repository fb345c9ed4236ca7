// Finding the history of files that were made to be hard to read, beside valid files of the same
// size, whole and torn at the end. To reach: at most 4 times the time of the valid file that takes
// longest (docs/store-bench.md). The index is built in all of them, as opening does.
#include <trunkline/store/alignment.hpp>
#include <trunkline/store/hostile_files.hpp>
#include <trunkline/store/index_builder.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace trunkline;

constexpr std::size_t file_size = 16 << 20;
constexpr std::uint32_t alignment = 64;

void read_history(benchmark::State& state, std::string const& file) {
    for (auto _ : state) {
        auto const found = store::recover_aligned(as_bytes(file)).value();
        auto const built = store::build_index(as_bytes(file), found.found.tail, found.found.entries,
                                              found.alignment);
        benchmark::DoNotOptimize(built->live_keys);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file.size()));
}

std::string some_valid_file(benchmark::State const& state) {
    return store::valid_file(file_size, static_cast<std::size_t>(state.range(1)),
                             static_cast<std::uint32_t>(state.range(0)));
}

void valid(benchmark::State& state) {
    read_history(state, some_valid_file(state));
}
BENCHMARK(valid)
    ->ArgNames({"alignment", "value"})
    ->ArgsProduct({{64, 16, 1}, {1, 64, 1024}})
    ->Unit(benchmark::kMillisecond);

void torn(benchmark::State& state) {
    auto file = some_valid_file(state);
    file.resize(file.size() - 5);
    read_history(state, file);
}
BENCHMARK(torn)
    ->ArgNames({"alignment", "value"})
    ->ArgsProduct({{64, 16, 1}, {1, 64, 1024}})
    ->Unit(benchmark::kMillisecond);

void hostile(benchmark::State& state) {
    auto const shape = store::hostile_shapes().at(static_cast<std::size_t>(state.range(0)));
    state.SetLabel(shape.name);
    read_history(state, store::hostile_file(shape, file_size, alignment));
}
BENCHMARK(hostile)
    ->DenseRange(0, static_cast<std::int64_t>(store::hostile_shapes().size()) - 1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
