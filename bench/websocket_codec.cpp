// How fast a server finds messages in masked WebSocket frames, by size of a message and of a read;
// and masking alone, which is its floor.
#include <trunkline/websocket/frame_header.hpp>
#include <trunkline/websocket/mask.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::size_t stream_size = 1 * mib;
constexpr websocket::mask_key key = 0x1234'5678;

/// Masked binary messages, zeros once unmasked.
std::vector<std::byte> frames(std::size_t payload_size, std::size_t count) {
    websocket::frame_header head;
    head.payload_size = payload_size;
    head.mask = key;
    head.masked = true;
    std::array<std::byte, websocket::header_size_max> bytes;
    std::size_t const size = websocket::encode_header(head, bytes);
    std::vector<std::byte> const payload(payload_size);
    std::vector<std::byte> made;
    for (std::size_t i = 0; i < count; ++i) {
        made.insert(made.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        made.resize(made.size() + payload_size);
        websocket::copy_masked(payload, made.data() + made.size() - payload_size, key);
    }
    return made;
}

void find_messages(benchmark::State& state) {
    auto const payload_size = static_cast<std::size_t>(state.range(0));
    auto const read_size = static_cast<std::size_t>(state.range(1));
    std::size_t const count = std::max<std::size_t>(1, stream_size / payload_size);
    auto const wire = frames(payload_size, count);
    std::vector<std::byte> room(wire.size());
    websocket_limits const limits;
    for (auto _ : state) {
        // They are unmasked where they lie, so each turn needs them afresh.
        state.PauseTiming();
        std::ranges::copy(wire, room.begin());
        state.ResumeTiming();
        websocket::protocol server(websocket::role::server);
        std::size_t found = 0;
        for (std::size_t at = 0; at < room.size(); at += read_size) {
            auto input = mutable_bytes(room).subspan(at, std::min(read_size, room.size() - at));
            for (;;) {
                auto const event = server.next(input, limits);
                if (event.type == websocket::event_type::none) {
                    break;
                }
                found += event.ends ? 1 : 0;
            }
        }
        if (found != count) {
            std::abort();
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wire.size()));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(find_messages)
    ->ArgNames({"payload", "read"})
    ->ArgsProduct({{16, 1024, 65536}, {1400, 65536}});

void mask_in_place(benchmark::State& state) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(websocket::apply_mask(bytes, key));
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(mask_in_place)->Arg(16)->Arg(1024)->Arg(65536);

void write_headers(benchmark::State& state) {
    websocket::frame_header head;
    head.payload_size = static_cast<std::uint64_t>(state.range(0));
    std::array<std::byte, websocket::header_size_max> bytes;
    for (auto _ : state) {
        benchmark::DoNotOptimize(head);
        benchmark::DoNotOptimize(websocket::encode_header(head, bytes));
    }
}
BENCHMARK(write_headers)->Arg(16)->Arg(1024)->Arg(65536);

}  // namespace
