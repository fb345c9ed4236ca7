#include <trunkline/conformance/leftovers.hpp>

#include <trunkline/conformance/rules/heap.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

// How long a thread may take to end whose work is over.
constexpr auto threads_patience = 2s;

std::optional<std::size_t> entries_of(char const* folder) {
    std::error_code failed;
    std::filesystem::directory_iterator const all(folder, failed);
    if (failed) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::optional<std::size_t> threads_now() {
    return entries_of("/proc/self/task");
}

std::optional<std::size_t> bytes_now() {
    if (heap_is_sanitized) {
        return std::nullopt;
    }
    try {
        return heap_in_use();
    } catch (rule_not_applicable const&) {
        return std::nullopt;
    }
}

std::size_t growth(std::optional<std::size_t> before, std::optional<std::size_t> now) {
    return before && now && *now > *before ? *now - *before : 0;
}

std::size_t new_threads(process_holdings const& before) {
    return growth(before.threads, threads_now());
}

// "left behind: 1 links, 2 descriptors".
class account {
public:
    void add(std::size_t count, std::string_view what) {
        if (count != 0) {
            text_ += (text_.empty() ? "left behind: " : ", ") + std::to_string(count) + " ";
            text_ += what;
        }
    }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

private:
    std::string text_;
};

// Calls `pass` until `done()`, but not for long. The system tells nobody when a thread has gone.
void wait_for_threads(std::function<bool()> const& done, std::function<void()> const& pass) {
    auto const end = std::chrono::steady_clock::now() + threads_patience;
    while (!done() && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
        pass();
    }
}

}  // namespace

process_holdings process_holdings::now() {
    return {
        .descriptors = entries_of("/proc/self/fd"), .threads = threads_now(), .bytes = bytes_now()};
}

void expect_nothing_left(world& at) {
    // Closes linger, and what they wait for takes a while.
    auto const is_quiet = [&] { return at.place().links() == 0 && at.pending() == 0; };
    if (at.comes_true(is_quiet)) {
        // Who holds it still is another thread, or waits for a turn of a loop that has other work.
        wait_for_threads([&] { return at.remaining() == 0; }, [&] { at.let_pass(1ms); });
    }
    account left;
    left.add(at.place().links(), "links");
    left.add(at.pending(), "timers and deliveries");
    left.add(at.remaining(), "clients and servers");
    if (!left.text().empty()) {
        throw rule_broken{left.text()};
    }
}

verdict on_a_thread(std::function<verdict()> const& work) {
    verdict found;
    std::thread([&] { found = work(); }).join();
    return found;
}

verdict left_in_process(process_holdings const& before, looks_at_bytes bytes,
                        std::function<verdict()> const& again) {
    // One that was joined is in the list of the system for a moment more.
    wait_for_threads([&] { return new_threads(before) == 0; }, [] {});
    auto was = before;
    auto now = process_holdings::now();
    account left;
    left.add(growth(was.descriptors, now.descriptors), "descriptors");
    auto const has_grown = [&] {
        return growth(was.threads, now.threads) != 0 ||
               (bytes == looks_at_bytes::yes && growth(was.bytes, now.bytes) != 0);
    };
    for (std::size_t i = 0; i < repetitions && left.text().empty() && has_grown(); ++i) {
        if (auto repeated = on_a_thread(again); repeated.what != outcome::passed) {
            return repeated;
        }
        wait_for_threads([&] { return new_threads(before) == 0; }, [] {});
        was = std::exchange(now, process_holdings::now());
    }
    if (left.text().empty() && has_grown()) {
        left.add(growth(was.threads, now.threads), "threads by each run");
        if (left.text().empty() && bytes == looks_at_bytes::yes) {  // threads have some, too
            left.add(growth(was.bytes, now.bytes), "bytes of the heap by each run");
        }
    }
    return left.text().empty() ? verdict{} : verdict{outcome::failed, left.text(), {}};
}

}  // namespace trunkline::conformance
