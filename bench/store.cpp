// Reads and writes of the store by size of the value, on a file of the machine's temporary folder.
// A std::map in memory is the baseline for reads.
#include <trunkline/store/store.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::size_t keys = 1000;

/// A fresh store with `keys` values of one size; the file goes with it.
class filled_store {
public:
    explicit filled_store(std::size_t value_size, store::durability level = store::durability::os)
        : value_(value_size, std::byte{0x5a}) {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "trunkline-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        store_ = store::store::open(folder_ / "bench.store", {.level = level}).value();
        for (std::size_t number = 0; number < keys; ++number) {
            names_.push_back("key " + std::to_string(number));
            write(number);
        }
    }
    ~filled_store() {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    filled_store(filled_store const&) = delete;
    filled_store& operator=(filled_store const&) = delete;

    void write(std::size_t number) {
        (void)store_->write(as_bytes(names_[number]), value_).value();
    }
    [[nodiscard]] auto read(std::size_t number) const {
        return store_->read(as_bytes(names_[number]));
    }
    [[nodiscard]] std::string const& name(std::size_t number) const { return names_[number]; }

private:
    std::filesystem::path folder_;
    std::vector<std::byte> value_;
    std::vector<std::string> names_;
    std::unique_ptr<store::store> store_;
};

store::durability level_of(std::int64_t group) {
    return group != 0 ? store::durability::group : store::durability::os;
}

void set_counters(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void read_value(benchmark::State& state) {
    filled_store const values(static_cast<std::size_t>(state.range(0)));
    std::mt19937 chance(1);
    for (auto _ : state) {
        auto const value = values.read(chance() % keys);
        benchmark::DoNotOptimize(value->bytes.data());
    }
    set_counters(state);
}
BENCHMARK(read_value)->ArgName("value")->Arg(100)->Arg(65536);

void read_from_map(benchmark::State& state) {
    std::map<std::string, std::vector<std::byte>, std::less<>> values;
    filled_store const names(1);
    for (std::size_t number = 0; number < keys; ++number) {
        values[names.name(number)].resize(static_cast<std::size_t>(state.range(0)));
    }
    std::mt19937 chance(1);
    for (auto _ : state) {
        auto const found = values.find(names.name(chance() % keys));
        benchmark::DoNotOptimize(found->second.data());
    }
    set_counters(state);
}
BENCHMARK(read_from_map)->ArgName("value")->Arg(100);

void write_value(benchmark::State& state) {
    filled_store values(static_cast<std::size_t>(state.range(0)));
    std::size_t number = 0;
    for (auto _ : state) {
        values.write(number++ % keys);
    }
    set_counters(state);
}
BENCHMARK(write_value)->ArgName("value")->Arg(100)->Arg(65536)->Iterations(2000);

// What meets in one store: to be read by the CPU time of one operation, which is the same however
// many threads there are where none waits for another.

std::unique_ptr<filled_store> shared;

void share(benchmark::State const& state) {
    shared = std::make_unique<filled_store>(static_cast<std::size_t>(state.range(0)),
                                            level_of(state.range(1)));
}
void unshare(benchmark::State const&) {
    shared.reset();
}

void read_by_threads(benchmark::State& state) {
    std::mt19937 chance(static_cast<unsigned>(state.thread_index()));
    for (auto _ : state) {
        auto const value = shared->read(chance() % keys);
        benchmark::DoNotOptimize(value->bytes.data());
    }
    set_counters(state);
}
BENCHMARK(read_by_threads)
    ->ArgNames({"value", "group"})
    ->Args({100, 0})
    ->Setup(share)
    ->Teardown(unshare)
    ->ThreadRange(1, 4)
    ->UseRealTime();

void write_by_threads(benchmark::State& state) {
    auto number = static_cast<std::size_t>(state.thread_index());
    for (auto _ : state) {
        shared->write(number++ % keys);
    }
    set_counters(state);
}
BENCHMARK(write_by_threads)
    ->ArgNames({"value", "group"})
    ->Args({100, 0})
    ->Args({100, 1})
    ->Setup(share)
    ->Teardown(unshare)
    ->ThreadRange(1, 16)
    ->Iterations(500)
    ->UseRealTime();

}  // namespace
