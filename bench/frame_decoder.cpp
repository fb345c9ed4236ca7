// How fast frames are found in what reads return: bytes and frames per second, by layout, by
// payload of a frame and by size of a read. The bare loop over the same bytes is the baseline.
#include <trunkline/base/limits.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/header.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::size_t stream_size = 4 * mib;

std::vector<std::byte> frames(frame::layout of, std::size_t payload_size) {
    std::vector<std::byte> bytes;
    std::array<std::byte, frame::header_size_max> head{};
    for (std::uint32_t number = 0; bytes.size() < stream_size; ++number) {
        frame::header const fields{static_cast<std::uint32_t>(payload_size), 1, number,
                                   static_cast<std::uint8_t>(frame::kind::data), 0};
        auto const head_size = frame::encode_header(fields, of, head);
        bytes.insert(bytes.end(), head.begin(),
                     head.begin() + static_cast<std::ptrdiff_t>(head_size));
        bytes.resize(bytes.size() + payload_size, std::byte{0x5a});
    }
    return bytes;
}

void decode_frames(benchmark::State& state) {
    auto const of = state.range(0) == 0 ? frame::layout::a : frame::layout::b;
    auto const bytes = frames(of, static_cast<std::size_t>(state.range(1)));
    auto const read_size = static_cast<std::size_t>(state.range(2));
    std::size_t found = 0;
    for (auto _ : state) {
        frame::decoder decoder(of, 16 * mib);
        for (std::size_t at = 0; at < bytes.size(); at += read_size) {
            auto input = bytes_view(bytes).subspan(at, std::min(read_size, bytes.size() - at));
            for (;;) {
                auto const next = decoder.next(input);
                if (!next || !*next) {
                    break;
                }
                found += (*next)->ends ? 1 : 0;
                benchmark::DoNotOptimize((*next)->bytes.data());
            }
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
    state.SetItemsProcessed(static_cast<std::int64_t>(found));
}
BENCHMARK(decode_frames)
    ->ArgNames({"layout_b", "payload", "read"})
    ->ArgsProduct({{0, 1}, {16, 1024, 65536}, {1400, 65536}});

void read_every_byte(benchmark::State& state) {
    auto const bytes = frames(frame::layout::b, 1024);
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (auto byte : bytes) {
            sum += static_cast<std::uint64_t>(byte);
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(read_every_byte);

}  // namespace
