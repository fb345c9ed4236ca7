// How fast the requests and answers of the store become bytes and come back: values of random
// bytes, which are sent plain, and of digits, which are packed.
#include <trunkline/base/noise.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/store_service/messages.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace trunkline;
using namespace store_service;

std::string value_of(benchmark::State const& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    return state.range(1) != 0 ? std::string(size, '7') : noise(size, 1);
}

void arguments(benchmark::internal::Benchmark* of) {
    of->ArgNames({"value", "digits"})->ArgsProduct({{16, 100, 4096, 1 << 20}, {0, 1}});
}

void encode_write(benchmark::State& state) {
    std::string const value = value_of(state);
    for (auto _ : state) {
        auto const made =
            bitcode::encode(write_request{as_bytes("a key of 16 byte"), as_bytes(value)});
        benchmark::DoNotOptimize(made.size());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode_write)->Apply(arguments);

void decode_write(benchmark::State& state) {
    std::string const value = value_of(state);
    auto const bytes =
        bitcode::encode(write_request{as_bytes("a key of 16 byte"), as_bytes(value)}).to_vector();
    for (auto _ : state) {
        auto const found = bitcode::decode<write_request>(bytes);
        if (!found || (*found)->payload.size() != value.size()) {
            std::abort();
        }
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode_write)->Apply(arguments);

void batch_read_answer(benchmark::State& state) {
    std::string const value = noise(100, 1);
    batch_read_response<bytes_view> answer;
    answer.entries_payloads.assign(static_cast<std::size_t>(state.range(0)), as_bytes(value));
    for (auto _ : state) {
        benchmark::DoNotOptimize(bitcode::encode(answer).size());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(batch_read_answer)->ArgName("entries")->Arg(10)->Arg(1000);

void batch_read_request_read(benchmark::State& state) {
    std::vector<std::string> keys;
    batch_read_request asked;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        keys.push_back(noise(16, static_cast<std::uint64_t>(i)));
    }
    for (std::string const& each : keys) {
        asked.keys.push_back(as_bytes(each));
    }
    auto const bytes = bitcode::encode(asked).to_vector();
    for (auto _ : state) {
        auto const found = bitcode::decode<batch_read_request>(bytes);
        if (!found || (*found)->keys.size() != keys.size()) {
            std::abort();
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(batch_read_request_read)->ArgName("keys")->Arg(10)->Arg(1000);

}  // namespace
