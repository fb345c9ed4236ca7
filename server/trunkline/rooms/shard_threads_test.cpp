// Rooms over real threads: whoever says what from where, all members hear the same.
#include <trunkline/rooms/shard.hpp>

#include <trunkline/rooms/testing.hpp>
#include <trunkline/transport/asio_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace trunkline::rooms {
namespace {

using namespace testing;

constexpr int threads = 4;
constexpr int guests_per_thread = 20;
constexpr int messages_per_thread = 500;

/// One thread with its loop and its shard, which are used there alone.
class station {
public:
    station() : thread_([this] { run(); }) { ready_.get_future().wait(); }
    ~station() {
        call([this] { loop_->stop(); });
        thread_.join();
    }
    station(station const&) = delete;
    station& operator=(station const&) = delete;

    /// Runs it there; returns once it was asked for.
    void call(std::function<void()> work) { loop_->post(std::move(work)); }

    /// Runs it there, and waits for it.
    void ask(std::function<void()> work) {
        std::promise<void> done;
        call([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    [[nodiscard]] shard& at() noexcept { return *shard_; }

private:
    void run() {
        transport::asio_runtime loop;
        shard own(loop, {.longest = std::chrono::milliseconds(0)});  // drained once, all is heard
        loop_ = &loop;
        shard_ = &own;
        ready_.set_value();
        loop.run();
    }

    transport::asio_runtime* loop_ = nullptr;
    shard* shard_ = nullptr;
    std::promise<void> ready_;
    std::thread thread_;
};

TEST(shard_threads, hear_one_order_whoever_speaks) {
    local_bus network;
    hall all(network);
    auto where = all.open("r");
    std::vector<guest> guests(threads * guests_per_thread);
    {
        std::vector<std::unique_ptr<station>> stations;
        for (int i = 0; i < threads; ++i) {
            stations.push_back(std::make_unique<station>());
        }
        for (std::size_t i = 0; i < guests.size(); ++i) {
            station& on = *stations[i % threads];
            on.ask([&] { std::ignore = guests[i].in.join(on.at(), where, guests[i].is, i, {}); });
        }
        EXPECT_EQ(where->members(), guests.size());
        for (int i = 0; i < threads; ++i) {
            station& on = *stations[static_cast<std::size_t>(i)];
            on.call([&, i] {
                for (int k = 0; k < messages_per_thread; ++k) {
                    say(*where, std::to_string(i) + ":" + std::to_string(k));
                    if (k % 10 == 0) {
                        on.at().drain();
                    }
                }
            });
        }
        // All have spoken once each was asked, and all was heard once each was asked again.
        for (int round = 0; round < 2; ++round) {
            for (auto const& each : stations) {
                each->ask([&] { each->at().drain(); });
            }
        }
        for (std::size_t i = 0; i < guests.size(); ++i) {
            stations[i % threads]->ask([&] { std::ignore = guests[i].in.leave(); });
        }
        where.reset();
        for (auto const& each : stations) {
            each->ask([&] { each->at().drain(); });
        }
    }
    for (guest const& each : guests) {
        ASSERT_EQ(each.is.heard.size(), threads * messages_per_thread);
        EXPECT_EQ(each.is.heard, guests[0].is.heard);
        EXPECT_EQ(each.is.numbers, guests[0].is.numbers);
    }
    EXPECT_TRUE(std::is_sorted(guests[0].is.numbers.begin(), guests[0].is.numbers.end()));
    EXPECT_EQ(all.rooms(), 0U);
}

// While all speak, somebody joins again and again behind the last that it has heard: it gets all of
// it, each once.
TEST(shard_threads, come_back_by_offset_while_all_speak) {
    plain_history kept;
    local_bus network;
    hall all(network, [](std::string_view) { return room_options{}; }, &kept);
    auto where = all.open("r");
    constexpr std::size_t total = threads * messages_per_thread;
    std::vector<std::vector<std::uint64_t>> heard(threads);
    {
        std::vector<std::unique_ptr<station>> stations;
        for (int i = 0; i < threads; ++i) {
            stations.push_back(std::make_unique<station>());
        }
        for (std::size_t i = 0; i < threads; ++i) {
            stations[i]->call([&, i] {
                station& on = *stations[i];
                auto& own = heard[i];
                for (int k = 0; k < messages_per_thread; ++k) {
                    auto said = draft("x");
                    said.keep();
                    where->publish(std::move(said));
                    guest comes_back;
                    std::ignore = comes_back.in.join(on.at(), where, comes_back.is, i, {},
                                                     own.empty() ? 0 : own.back());
                    on.at().drain();
                    auto const& numbers = comes_back.is.numbers;
                    own.insert(own.end(), numbers.begin(), numbers.end());
                }
            });
        }
        for (std::size_t i = 0; i < threads; ++i) {
            stations[i]->ask([] {});
        }
        for (std::size_t i = 0; i < threads; ++i) {
            stations[i]->ask([&, i] {
                guest last;
                std::ignore = last.in.join(stations[i]->at(), where, last.is, i, {},
                                           heard[i].empty() ? 0 : heard[i].back());
                heard[i].insert(heard[i].end(), last.is.numbers.begin(), last.is.numbers.end());
            });
        }
        where.reset();
        for (auto const& each : stations) {
            each->ask([&] { each->at().drain(); });
        }
    }
    std::vector<std::uint64_t> said;
    for (auto const& each : kept.rooms["r"]) {
        said.push_back(each.number());
    }
    ASSERT_EQ(said.size(), total);
    for (auto const& each : heard) {
        EXPECT_EQ(each, said);
    }
    kept.rooms.clear();
}

// Rooms come and go, members are slow and hold publishers back, and nothing is heard twice, out of
// order or by a stranger.
TEST(shard_threads, come_and_go_while_all_speak) {
    local_bus network;
    hall all(network, [](std::string_view name) {
        return room_options{
            .slow = name == "a" ? slow_policy::wait : slow_policy::drop_oldest,
            .queue = {.messages_max = 8, .size_max = 1000},
        };
    });
    std::atomic<int> misplaced = 0;
    {
        std::vector<std::unique_ptr<station>> stations;
        for (int i = 0; i < threads; ++i) {
            stations.push_back(std::make_unique<station>());
        }
        for (auto const& each : stations) {
            each->call([&, on = each.get()] {
                for (int round = 0; round < 100; ++round) {
                    std::string const name = round % 2 == 0 ? "a" : "b";
                    guest quick;
                    guest slow(3);
                    std::ignore = quick.in.join(on->at(), all.open(name), quick.is, 1, {});
                    std::ignore = slow.in.join(on->at(), all.open(name), slow.is, 2, "slow");
                    for (int k = 0; k < 20; ++k) {
                        if (quick.in.may_publish()) {
                            say(quick.in.where(), name);
                        }
                        on->at().drain();
                    }
                    slow.is.take_more(scripted_member::everything);
                    for (guest const* who : {&quick, &slow}) {
                        for (std::string const& heard : who->is.heard) {
                            misplaced += heard != name && !heard.starts_with("missed") ? 1 : 0;
                        }
                    }
                    auto const& numbers = quick.is.numbers;
                    misplaced += std::is_sorted(numbers.begin(), numbers.end()) ? 0 : 1;
                    std::ignore = slow.in.leave();
                    std::ignore = quick.in.leave();
                    on->at().drain();
                }
            });
        }
        for (auto const& each : stations) {
            each->ask([&] { each->at().drain(); });
        }
        for (auto const& each : stations) {
            each->ask([&] { each->at().drain(); });
        }
    }
    EXPECT_EQ(misplaced, 0);
    EXPECT_EQ(all.rooms(), 0U);
    EXPECT_EQ(shared_message::size_of_all(), 0U);
}

}  // namespace
}  // namespace trunkline::rooms
