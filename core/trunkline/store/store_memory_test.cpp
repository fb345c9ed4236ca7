// Memory runs out at any allocation of a call: nothing is half done, everybody is told, and the
// store goes on.
#include <trunkline/store/store.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/check.hpp>
#include <trunkline/store/fault_steps.hpp>
#include <trunkline/store/reader_gate.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

// Which allocation of this thread fails, counted down; below zero none.
thread_local constinit long left_to_failure = -1;
thread_local constinit bool all_from_there = false;
thread_local constinit bool has_failed = false;

bool fails_now() noexcept {
    if (left_to_failure < 0) {
        return false;
    }
    if (left_to_failure > 0) {
        --left_to_failure;
        return false;
    }
    has_failed = true;
    left_to_failure = all_from_there ? 0 : -1;
    return true;
}

[[gnu::noinline]] void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (fails_now()) {
        return nullptr;
    }
    auto const rounded = (size + alignment - 1) / alignment * alignment;
    return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

[[gnu::noinline]] void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    if (auto* const memory = allocate(size, alignment)) {
        return memory;
    }
    throw std::bad_alloc();
}

[[gnu::noinline]] void give_back(void* memory) noexcept {
    std::free(memory);
}

constexpr std::size_t usual = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) {
    return allocate_or_throw(size, usual);
}
void* operator new[](std::size_t size) {
    return allocate_or_throw(size, usual);
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    return allocate(size, usual);
}
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept {
    return allocate(size, usual);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    give_back(memory);
}
void operator delete[](void* memory) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::nothrow_t const&) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::nothrow_t const&) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    give_back(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    give_back(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    give_back(memory);
}

namespace trunkline::store {
namespace {

using namespace fault_steps;

void fail_at(long allocation, bool and_all_later) noexcept {
    has_failed = false;
    all_from_there = and_all_later;
    left_to_failure = allocation;
}

// True when an allocation has failed since fail_at().
bool stop_failing() noexcept {
    left_to_failure = -1;
    return has_failed;
}

// Gives true when `act` does and does not throw.
bool try_with(std::function<bool(store&)> const& act, store& on, long allocation, bool all_later) {
    fail_at(allocation, all_later);
    bool done = false;
    try {
        done = act(on);
    } catch (std::bad_alloc const&) {
        done = false;
    }
    return done;
}

// The disk of this machine, which calls before it writes, and waits for nothing.
class watched_disk final : public disk {
public:
    std::function<void()> before_write;

    result<std::unique_ptr<file>> open(std::filesystem::path const& name, open_mode mode) override {
        auto made = std::make_unique<watched_file>(*this);
        auto opened = system_disk().open(name, mode);
        if (!opened) {
            return opened.error();
        }
        made->real = std::move(*opened);
        return std::unique_ptr<file>(std::move(made));
    }
    result<void> replace(std::filesystem::path const& from,
                         std::filesystem::path const& to) override {
        return system_disk().replace(from, to);
    }
    result<void> remove(std::filesystem::path const& name) override {
        return system_disk().remove(name);
    }
    result<void> sync_folder_of(std::filesystem::path const&) override { return {}; }

private:
    class watched_file final : public file {
    public:
        explicit watched_file(watched_disk& where) : where_(where) {}
        result<std::uint64_t> size() override { return real->size(); }
        result<std::uint64_t> write_some(std::uint64_t offset,
                                         std::span<bytes_view const> pieces) override {
            if (auto const call = std::exchange(where_.before_write, nullptr)) {
                call();
            }
            return real->write_some(offset, pieces);
        }
        result<void> resize(std::uint64_t size) override { return real->resize(size); }
        result<void> sync() override { return {}; }
        result<mapping> map(std::uint64_t needed) override { return real->map(needed); }

        std::unique_ptr<file> real;

    private:
        watched_disk& where_;
    };
};

class missing_memory : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] std::unique_ptr<store> open(std::string const& content, durability level) {
        write_file(path_, content);
        return store::open(path_, {.level = level, .on = &disk_}).value();
    }

    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }

    // The store is usable, and what it shows is in the file of its name.
    void check(std::unique_ptr<store> opened, contents expected, std::string const& where) const {
        EXPECT_EQ(read_all(*opened, all_keys), expected) << where;
        EXPECT_EQ(std::filesystem::file_size(path_), opened->file_size()) << where;
        EXPECT_EQ(files(), 1U) << where;
        ASSERT_TRUE(opened->write(as_bytes("fresh"), as_bytes("later")).has_value()) << where;
        ASSERT_TRUE(opened->remove(as_bytes("kept")).has_value()) << where;
        expected["fresh"] = "later";
        expected.erase("kept");
        EXPECT_EQ(read_all(*opened, all_keys), expected) << where;
        opened.reset();
        EXPECT_TRUE(check_file(path_).value().sound()) << where;
        EXPECT_EQ(read_all(*store::open(path_).value(), all_keys), expected) << where;
    }

    watched_disk disk_;
    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "store.bin";
};
INSTANTIATE_TEST_SUITE_P(from_some_time_on, missing_memory, ::testing::Bool(),
                         [](auto const& chosen) { return chosen.param ? "for_good" : "once"; });

TEST_P(missing_memory, leaves_a_write_done_or_not_done_at_all) {
    for (auto const level : {durability::os, durability::sync}) {
        for (auto const& [name, act, after] : steps()) {
            for (long allocation = 0;; ++allocation) {
                auto opened = open(base_file(), level);
                auto const before = read_all(*opened, all_keys);
                bool const done = try_with(act, *opened, allocation, GetParam());
                bool const failed = stop_failing();
                auto const where = std::string(name) + ", allocation " + std::to_string(allocation);
                check(std::move(opened), done ? after : before, where);
                if (!failed) {
                    EXPECT_TRUE(done) << where;
                    break;
                }
                ASSERT_FALSE(HasFailure());
            }
        }
    }
}

// The memory is missing after a part of the batch has been written: the list of its pieces grows.
TEST_P(missing_memory, takes_back_what_was_written_before) {
    auto const after = many_values();
    std::string const large(5000, 'L');
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) {
        names.push_back("large " + std::to_string(i));
    }
    std::vector<key_value> batch;
    for (auto const& [key, payload] : after) {
        batch.push_back({as_bytes(key), as_bytes(payload)});
    }
    for (auto const& name : names) {
        batch.push_back({as_bytes(name), as_bytes(large)});
    }
    auto const act = [&](store& on) { return on.batch_write(batch).has_value(); };
    int taken_back = 0;
    for (long allocation = 0;; ++allocation) {
        auto opened = open(base_file(), durability::os);
        auto const before = read_all(*opened, all_keys);
        bool wrote = false;
        disk_.before_write = [&] { wrote = true; };
        bool const done = try_with(act, *opened, allocation, GetParam());
        bool const failed = stop_failing();
        disk_.before_write = nullptr;
        taken_back += wrote && !done ? 1 : 0;
        auto expected = before;
        if (done) {
            expected.insert(after.begin(), after.end());
        }
        check(std::move(opened), expected, "allocation " + std::to_string(allocation));
        ASSERT_FALSE(HasFailure());
        if (!failed) {
            EXPECT_TRUE(done);
            break;
        }
    }
    EXPECT_GT(taken_back, 0);
}

// Neither a writer on one file with the index of another, nor writes to a file that has lost its
// name.
TEST_P(missing_memory, leaves_a_compaction_done_or_not_done_at_all) {
    auto file = plain_image(64);
    file.write("kept", "overwritten");
    file.write("kept", "as it was");
    file.write("changed", std::string(5000, 'c'));
    contents const expected{{"kept", "as it was"}, {"changed", std::string(5000, 'c')}};
    for (long allocation = 0;; ++allocation) {
        auto opened = open(file.bytes, durability::os);
        auto const act = [](store& on) { return on.compact().has_value(); };
        bool const done = try_with(act, *opened, allocation, GetParam());
        bool const failed = stop_failing();
        EXPECT_EQ(done, opened->file_size() < file.bytes.size());
        check(std::move(opened), expected, "allocation " + std::to_string(allocation));
        ASSERT_FALSE(HasFailure());
        if (!failed) {
            EXPECT_TRUE(done);
            EXPECT_GT(allocation, 5);
            break;
        }
    }
}

// The thread that has the turn finds no memory for the writes that came meanwhile.
TEST_P(missing_memory, of_the_leading_thread_is_told_to_all_that_wait) {
    for (long allocation = 0;; ++allocation) {
        auto opened = open("", durability::os);
        std::promise<void> leads;
        disk_.before_write = [&] {
            leads.set_value();
            while (opened->waiting_writes() < 2) {
                std::this_thread::yield();
            }
            fail_at(allocation, GetParam());
        };
        bool failed = false;
        std::thread leader([&] {
            EXPECT_TRUE(opened->write(as_bytes("first"), as_bytes("1")).has_value());
            failed = stop_failing();
        });
        leads.get_future().wait();
        std::vector<result<std::uint64_t>> told(2, std::uint64_t{0});
        std::vector<std::thread> others;
        for (std::size_t i = 0; i < told.size(); ++i) {
            others.emplace_back([&, i] {
                // Together more than the smallest index holds.
                std::vector<std::string> keys;
                std::vector<key_value> batch;
                for (int key = 0; key < 40; ++key) {
                    keys.push_back(std::to_string(i) + "/" + std::to_string(key));
                }
                for (auto const& key : keys) {
                    batch.push_back({as_bytes(key), as_bytes(key)});
                }
                told[i] = opened->batch_write(batch);
            });
        }
        leader.join();
        for (auto& each : others) {
            each.join();
        }
        std::size_t keys = 1;
        for (std::size_t i = 0; i < told.size(); ++i) {
            EXPECT_EQ(opened->exists(as_bytes(std::to_string(i) + "/39")), told[i].has_value());
            keys += told[i] ? 40 : 0;
            EXPECT_TRUE(told[i] || told[i].error() == boost::system::errc::not_enough_memory);
        }
        EXPECT_EQ(opened->size(), keys);
        EXPECT_EQ(std::filesystem::file_size(path_), opened->file_size());
        EXPECT_TRUE(opened->write(as_bytes("later"), as_bytes("x")).has_value());
        opened.reset();
        EXPECT_EQ(store::open(path_).value()->size(), keys + 1);
        EXPECT_TRUE(check_file(path_).value().sound());
        ASSERT_FALSE(HasFailure());
        if (!failed) {
            EXPECT_EQ(keys, 81U);
            EXPECT_GT(allocation, 2);
            break;
        }
    }
}

TEST(reader_gate, needs_no_memory_to_keep_what_a_reader_may_see) {
    reader_gate gate;
    for (int i = 0; i < 20; ++i) {
        auto object = std::make_shared<int const>(i);
        std::weak_ptr<int const> const watch = object;
        reader_gate::pass const inside(gate);
        gate.expect();
        fail_at(0, true);
        gate.retire(std::move(object));
        EXPECT_FALSE(stop_failing());
        EXPECT_FALSE(watch.expired());
    }
}

}  // namespace
}  // namespace trunkline::store
