// What keeping a message of a room costs whoever says it, and what reading it back costs; on files
// of the machine's temporary folder.
#include <trunkline/room_history/stored_history.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace trunkline;

/// A fresh history; the files go with it.
class fresh_history {
public:
    fresh_history() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "trunkline-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        kept_ = room_history::stored_history::open(folder_ / "kept", {}).value();
        for (int i = 0; i < 100; ++i) {
            rooms_.push_back("room " + std::to_string(i));
        }
    }
    ~fresh_history() {
        kept_.reset();
        std::filesystem::remove_all(folder_);
    }
    fresh_history(fresh_history const&) = delete;
    fresh_history& operator=(fresh_history const&) = delete;

    /// In one of 100 rooms, by turns.
    void say(std::size_t size) {
        rooms::message_draft draft(size);
        std::fill(draft.bytes().begin(), draft.bytes().end(), std::byte{'x'});
        ++number_;
        kept_->note(rooms_[number_ % rooms_.size()], std::move(draft).finish(number_));
    }

    [[nodiscard]] room_history::stored_history& kept() noexcept { return *kept_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    std::filesystem::path folder_;
    std::unique_ptr<room_history::stored_history> kept_;
    std::vector<std::string> rooms_;
    std::uint64_t number_ = 0;
};

// Goes on for so long that files turn: their making and moving is part of the mean, and `longest`
// shows the worst message.
void note(benchmark::State& state) {
    fresh_history at;
    auto const size = static_cast<std::size_t>(state.range(0));
    std::chrono::nanoseconds longest{0};
    for (auto _ : state) {
        auto const began = std::chrono::steady_clock::now();
        at.say(size);
        longest =
            std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - began);
    }
    state.counters["longest_us"] = static_cast<double>(longest.count()) / 1000;
}
BENCHMARK(note)->Arg(100)->Arg(1000)->Arg(10'000);

// 64 messages at once, from somewhere in the middle of a room.
void read_page(benchmark::State& state) {
    fresh_history at;
    auto const size = static_cast<std::size_t>(state.range(0));
    for (int i = 0; i < 20'000; ++i) {
        at.say(size);
    }
    for (auto _ : state) {
        auto page = at.kept().after("room 7", at.number() / 2, UINT64_MAX, 64);
        benchmark::DoNotOptimize(page.messages.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 64);
}
BENCHMARK(read_page)->Arg(100)->Arg(1000);

}  // namespace
