// How fast frames are put into sequence: those of many streams in turns, in order and each pair
// swapped, which makes every second frame wait.
#include <trunkline/frame/reassembly.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

using namespace trunkline;
using frame::kind;

constexpr std::uint32_t frames_per_stream = 64;

frame::fragment make(std::uint32_t stream_id, std::uint32_t sequence, kind of, bytes_view bytes) {
    frame::fragment made;
    made.head.payload_size = static_cast<std::uint32_t>(bytes.size());
    made.head.stream_id = stream_id;
    made.head.sequence = sequence;
    made.head.kind_byte = static_cast<std::uint8_t>(of);
    made.bytes = bytes;
    return made;
}

/// Frame after frame of all streams in turns, and their ends.
std::vector<frame::fragment> interleaved(std::uint32_t streams, bytes_view payload, bool swapped) {
    std::vector<frame::fragment> made;
    for (std::uint32_t sequence = 0; sequence < frames_per_stream; ++sequence) {
        std::uint32_t const told = swapped ? sequence ^ 1U : sequence;
        for (std::uint32_t stream = 0; stream < streams; ++stream) {
            made.push_back(make(stream, told, told == 0 ? kind::open : kind::data, payload));
        }
    }
    for (std::uint32_t stream = 0; stream < streams; ++stream) {
        made.push_back(make(stream, frames_per_stream, kind::end, {}));
    }
    return made;
}

void put_into_sequence(benchmark::State& state) {
    std::vector<std::byte> const payload(static_cast<std::size_t>(state.range(1)));
    auto const frames =
        interleaved(static_cast<std::uint32_t>(state.range(0)), payload, state.range(2) != 0);
    frame::reassembly streams;
    for (auto _ : state) {
        std::size_t pieces = 0;
        for (auto const& each : frames) {
            auto const placed = streams.place(each);
            pieces += placed && placed->what == frame::arrival::piece ? 1 : 0;
            while (streams.next_held()) {
                ++pieces;
            }
        }
        if (pieces != frames.size() || streams.streams() != 0) {
            std::abort();
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames.size()));
}
BENCHMARK(put_into_sequence)
    ->ArgNames({"streams", "payload", "swapped"})
    ->ArgsProduct({{1, 64, 1024}, {16, 1024}, {0, 1}});

}  // namespace
