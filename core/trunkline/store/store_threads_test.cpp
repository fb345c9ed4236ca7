// Many readers beside one writer, over growth of the table and of the mapping. Run under the thread
// sanitizer as well.
#include <trunkline/store/store.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/generation.hpp>
#include <trunkline/store/reader_gate.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

// A disk whose mappings have no room to grow, so that every few writes need a new one.
class tight_disk final : public disk {
public:
    result<std::unique_ptr<file>> open(std::filesystem::path const& path, open_mode mode) override {
        auto opened = system_disk().open(path, mode);
        if (!opened) {
            return opened.error();
        }
        return std::make_unique<tight_file>(std::move(*opened), path);
    }
    result<void> replace(std::filesystem::path const& from,
                         std::filesystem::path const& to) override {
        return system_disk().replace(from, to);
    }
    result<void> remove(std::filesystem::path const& path) override {
        return system_disk().remove(path);
    }
    result<void> sync_folder_of(std::filesystem::path const& path) override {
        return system_disk().sync_folder_of(path);
    }

private:
    class tight_file final : public file {
    public:
        tight_file(std::unique_ptr<file> real, std::filesystem::path const& path)
            : real_(std::move(real)), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
        tight_file(tight_file const&) = delete;
        tight_file& operator=(tight_file const&) = delete;
        ~tight_file() override { ::close(descriptor_); }

        result<std::uint64_t> size() override { return real_->size(); }
        result<std::uint64_t> write_some(std::uint64_t offset,
                                         std::span<bytes_view const> pieces) override {
            return real_->write_some(offset, pieces);
        }
        result<void> resize(std::uint64_t size) override { return real_->resize(size); }
        result<void> sync() override { return real_->sync(); }
        result<mapping> map(std::uint64_t needed) override {
            return mapping::map(descriptor_, needed, needed);
        }

    private:
        std::unique_ptr<file> real_;
        int descriptor_;
    };
};

std::string payload_of(int key, int version) {
    auto const text = std::to_string(key) + " of version " + std::to_string(version) + ".";
    std::string payload;
    for (int i = 0; i <= key % 13; ++i) {
        payload += text;
    }
    return payload;
}

// True when the bytes are those of some version of the key.
bool is_whole(int key, std::string_view payload) {
    auto const number =
        payload.substr(0, payload.find('.'))
            .substr(std::to_string(key).size() + std::string_view(" of version ").size());
    return payload == payload_of(key, std::stoi(std::string(number)));
}

class readers_beside_a_writer : public ::testing::TestWithParam<bool> {
protected:
    static constexpr int keys = 500;
    static constexpr int rounds = 12;
    static constexpr int reading_threads = 3;

    [[nodiscard]] open_options options() { return {.on = GetParam() ? &tight_ : nullptr}; }

    tight_disk tight_;
    scratch_folder folder_;
};
INSTANTIATE_TEST_SUITE_P(room, readers_beside_a_writer, ::testing::Bool(),
                         [](auto const& chosen) { return chosen.param ? "tight" : "ample"; });

TEST_P(readers_beside_a_writer, see_whole_values_and_never_lose_a_key) {
    auto const shared = store::open(folder_ / "store.bin", options()).value();
    std::atomic<int> written{-1};
    std::atomic<bool> done{false};
    std::atomic<int> failures{0};
    std::atomic<std::uint64_t> found_values{0};
    auto const read = [&] {
        std::vector<value> held;
        for (int i = 0; !done.load() || i % keys != 0; ++i) {
            auto const key = i % keys;
            auto const last = written.load();
            auto const text = std::to_string(key);
            auto found = shared->read(as_bytes(text));
            if (!found) {
                // The first round writes every key; after that none is ever absent.
                failures += last >= keys ? 1 : 0;
                continue;
            }
            ++found_values;
            failures += is_whole(key, as_text(found->bytes)) ? 0 : 1;
            if (i % 7 == 0) {
                held.push_back(std::move(*found));
            }
            if (held.size() > 100) {
                for (auto const& each : held) {
                    failures += each.bytes.back() == std::byte{'.'} ? 0 : 1;
                }
                held.clear();
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < reading_threads; ++i) {
        threads.emplace_back(read);
    }
    for (int i = 0; i < keys * rounds; ++i) {
        auto const text = std::to_string(i % keys);
        ASSERT_TRUE(
            shared->write(as_bytes(text), as_bytes(payload_of(i % keys, i / keys))).has_value());
        written = i;
        if (i % 1500 == 1499) {
            ASSERT_TRUE(shared->compact().has_value());
        }
    }
    done = true;
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_GT(found_values, 0U);
    EXPECT_EQ(shared->size(), static_cast<std::uint64_t>(keys));
}

// Pairs of keys are written in one batch; no batch read may see one without the other.
TEST_P(readers_beside_a_writer, batch_reads_see_one_state) {
    auto const shared = store::open(folder_ / "store.bin", options()).value();
    std::atomic<bool> done{false};
    std::atomic<int> failures{0};
    std::atomic<std::uint64_t> compared{0};
    auto const read = [&] {
        for (int i = 0; !done.load() || i < 100; ++i) {
            auto const left = "left " + std::to_string(i % 5);
            auto const right = "right " + std::to_string(i % 5);
            std::vector<bytes_view> const asked{as_bytes(left), as_bytes(right)};
            auto const found = shared->batch_read(asked);
            failures += found[0].has_value() == found[1].has_value() ? 0 : 1;
            if (found[0] && found[1]) {
                ++compared;
                failures += as_text(found[0]->bytes) == as_text(found[1]->bytes) ? 0 : 1;
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < reading_threads; ++i) {
        threads.emplace_back(read);
    }
    for (int i = 0; i < 4000; ++i) {
        auto const left = "left " + std::to_string(i % 5);
        auto const right = "right " + std::to_string(i % 5);
        auto const payload = std::to_string(i);
        auto const other = "other " + payload;
        std::vector<key_value> const batch{{as_bytes(left), as_bytes(payload)},
                                           {as_bytes(other), as_bytes(payload)},
                                           {as_bytes(right), as_bytes(payload)}};
        ASSERT_TRUE(shared->batch_write(batch).has_value());
        if (i % 1000 == 999) {
            ASSERT_TRUE(shared->compact().has_value());
        }
    }
    done = true;
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_GT(compared, 0U);
}

// A stream holds up all other writes for as long as its source takes, here until a reader has gone
// on. A batch read whose keys were just being written must not wait for it.
TEST_P(readers_beside_a_writer, batch_reads_do_not_wait_for_a_stream) {
    auto const shared = store::open(folder_ / "store.bin", options()).value();
    // So many that a write comes between nearly always.
    std::vector<bytes_view> const asked(5000, as_bytes("hot"));
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> finished{0};
    std::thread reader([&] {
        while (!done.load()) {
            static_cast<void>(shared->batch_read(asked));
            ++finished;
            finished.notify_one();
        }
    });
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 300; ++i) {
            ASSERT_TRUE(shared->write(as_bytes("hot"), as_bytes("value")).has_value());
        }
        bool asked_once = false;
        auto const source = [&](mutable_bytes into) -> result<std::size_t> {
            if (std::exchange(asked_once, true)) {
                return std::size_t{0};
            }
            auto const before = finished.load();
            for (auto now = before; now < before + 2; now = finished.load()) {
                finished.wait(now);
            }
            into.front() = std::byte{'s'};
            return std::size_t{1};
        };
        ASSERT_TRUE(shared->write_stream(as_bytes("stream"), source).has_value());
    }
    done = true;
    reader.join();
}

// Which write of history_beside_readers() an entry comes from; -1 when it is of none, or broken.
int number_of(entry_handle const& entry, int keys) {
    auto const text = std::string(as_text(entry.bytes()));
    auto const version = text.find("version ");
    if (version == std::string::npos || !entry.has_right_checksum()) {
        return -1;
    }
    auto const key = std::stoi(text);
    auto const number = std::stoi(text.substr(version + 8)) * keys + key;
    bool const own = entry.key_hash() == hash_key(as_bytes(std::to_string(key)));
    return own && text == payload_of(key, number / keys) ? number : -1;
}

// Write i gives key i % keys its version i / keys, so one state has the last writes without a gap.
// Between them another key comes and goes, and the file is compacted.
class history_beside_readers : public readers_beside_a_writer {
protected:
    void write_all_of(store& to) {
        for (int i = 0; i < keys * rounds; ++i) {
            auto const text = std::to_string(i % keys);
            ASSERT_TRUE(
                to.write(as_bytes(text), as_bytes(payload_of(i % keys, i / keys))).has_value());
            written = i;
            if (i % 10 == 9) {
                ASSERT_TRUE(to.write(as_bytes("passing"), as_bytes("by")).has_value());
                ASSERT_TRUE(to.remove(as_bytes("passing")).has_value());
            }
            if (i % 700 == 699) {
                ASSERT_TRUE(to.compact().has_value());
            }
        }
        done = true;
    }

    void expect(bool holds) { failures += holds ? 0 : 1; }

    // All of it is that of the moment when it began.
    void iterate(store const& over) {
        auto const before = written.load();
        auto cursor = over.entries();
        auto const after = written.load() + 1;
        std::vector<int> found;
        auto above = file_size_max;
        while (auto const entry = cursor.next()) {
            expect(entry->end_offset() < above);
            above = entry->end_offset();
            if (entry->key_hash() != passing) {
                found.push_back(number_of(*entry, keys));
            }
        }
        std::ranges::sort(found);
        auto const newest = found.empty() ? -1 : found.back();
        auto const count = std::min(keys, newest + 1);
        expect(newest >= before && newest <= after);
        expect(static_cast<int>(found.size()) == count);
        expect(found.empty() || found.front() == newest - count + 1);
        expect(std::ranges::adjacent_find(found) == found.end());
    }

    // Two threads: no key twice, none is missed, and each has a value that it had meanwhile.
    void divide(store const& over) {
        auto const before = written.load();
        auto shares = over.shares_of_entries(2);
        std::array<std::vector<int>, 2> found;
        auto const take = [&](std::size_t which) {
            while (auto const entry = shares[which].next()) {
                if (entry->key_hash() != passing) {
                    found[which].push_back(number_of(*entry, keys));
                }
            }
        };
        std::thread other(take, std::size_t{1});
        take(0);
        other.join();
        auto const after = written.load() + 1;
        std::set<int> seen;
        for (auto const& some : found) {
            for (auto const number : some) {
                expect(number >= std::max(0, before - keys + 1) && number <= after);
                expect(seen.insert(number % keys).second);
            }
        }
        expect(before < keys || seen.size() == static_cast<std::size_t>(keys));
    }

    // Always there, and whole; after a compaction the oldest one.
    void look_at_last(store const& of) {
        auto const before = written.load();
        auto const last = of.last_entry();
        auto const after = written.load() + 1;
        if (!last) {
            expect(before < 0);
        } else if (last->key_hash() != passing) {
            auto const number = number_of(*last, keys);
            expect(number >= std::max(0, before - keys + 1) && number <= after);
        }
    }

    std::uint64_t const passing = hash_key(as_bytes("passing"));
    std::atomic<int> written{-1};
    std::atomic<bool> done{false};
    std::atomic<int> failures{0};
};
INSTANTIATE_TEST_SUITE_P(room, history_beside_readers, ::testing::Bool(),
                         [](auto const& chosen) { return chosen.param ? "tight" : "ample"; });

TEST_P(history_beside_readers, is_seen_in_one_state) {
    auto const shared = store::open(folder_ / "store.bin", options()).value();
    std::vector<std::thread> threads;
    auto const again_and_again = [&](auto look) {
        threads.emplace_back([&, look] {
            do {
                look();
            } while (!done.load());
            look();
        });
    };
    again_and_again([&] { iterate(*shared); });
    again_and_again([&] { divide(*shared); });
    again_and_again([&] { look_at_last(*shared); });
    write_all_of(*shared);
    done = true;
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(written, keys * rounds - 1);
}

TEST_P(readers_beside_a_writer, writers_take_turns) {
    auto const path = folder_ / "store.bin";
    auto shared = store::open(path, options()).value();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&shared, thread] {
            for (int i = 0; i < 300; ++i) {
                auto const key = std::to_string(thread) + "/" + std::to_string(i);
                EXPECT_TRUE(shared->write(as_bytes(key), as_bytes(key)).has_value());
                if (i % 3 == 0) {
                    EXPECT_TRUE(shared->remove(as_bytes(key)).has_value());
                }
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(shared->size(), 600U);
        EXPECT_EQ(as_text(shared->read(as_bytes("2/299"))->bytes), "2/299");
        shared.reset();
        shared = store::open(path, options()).value();
    }
}

TEST(generation, lives_until_the_last_pin_is_gone) {
    auto const memory = make_memory_file(as_bytes("bytes")).value();
    auto owner = generation::make(memory->map(5).value());
    auto const view = bytes_view(owner->data(), 5);
    std::vector<pin> pins;
    std::thread([&] { pins.push_back(owner->hold()); }).join();
    pins.push_back(owner->hold());
    owner.reset();
    EXPECT_EQ(as_text(view), "bytes");
    pins.erase(pins.begin());
    EXPECT_EQ(as_text(view), "bytes");
    std::thread([&] { pins.clear(); }).join();
    // The pages are gone: the system can no longer tell about them.
    unsigned char resident = 0;
    auto const page = reinterpret_cast<std::uintptr_t>(view.data()) & ~std::uintptr_t{4095};
    EXPECT_NE(::mincore(reinterpret_cast<void*>(page), 1, &resident), 0);
}

TEST(reader_gate, keeps_what_a_reader_may_see_until_it_leaves) {
    reader_gate gate;
    auto object = std::make_shared<int const>(1);
    std::weak_ptr<int const> const watch = object;
    {
        reader_gate::pass const inside(gate);
        gate.expect();
        gate.retire(std::move(object));
        gate.collect();
        EXPECT_FALSE(watch.expired());
    }
    gate.collect();
    EXPECT_TRUE(watch.expired());
}

TEST(reader_gate, a_reader_that_came_later_holds_nothing_back) {
    reader_gate gate;
    auto object = std::make_shared<int const>(1);
    std::weak_ptr<int const> const watch = object;
    gate.expect();
    gate.retire(std::move(object));
    EXPECT_TRUE(watch.expired());
    reader_gate::pass const inside(gate);
    gate.collect();
}

}  // namespace
}  // namespace trunkline::store
