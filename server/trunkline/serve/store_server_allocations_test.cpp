// What a call costs the server in allocations, from the socket to the store and back: none, once it
// has served a few.
#include <trunkline/serve/store_server.hpp>

#include <trunkline/base/counted_heap.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/serve/test_one_thread_server.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/store_caller.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Instead of those of the system: while a disk takes its time, timers would be what is counted.
extern "C" int fdatasync(int) {
    return 0;
}

namespace trunkline::server {
namespace {

using namespace store_service;
using testing::least_allocations_of;

/// One thread serves; it is the only one whose allocations count while a client calls.
class server_allocations : public ::testing::TestWithParam<std::size_t> {
protected:
    static constexpr int warm_up = 200;
    static constexpr int calls = 1000;

    server_allocations() { start("os"); }

    void start(std::string const& durability) {
        client_.reset();
        server_.reset();
        testing::heap_counted = true;
        server_.emplace([] {}, durability);
        testing::heap_counted = false;
        client_ = std::make_unique<test_support::store_caller>("127.0.0.1", server_->port());
    }

    ~server_allocations() override {
        client_.reset();
        server_.reset();
        testing::heap_counted = true;
    }

    void keep(bytes_view key) { keep(key, value_); }
    void keep(bytes_view key, std::string const& value) {
        auto const entry = arguments_of(write_request{key, as_bytes(value)});
        EXPECT_EQ(client_->call(write.id, entry).code, rpc::status::success);
    }

    [[nodiscard]] static std::vector<std::string> names(std::size_t how_many) {
        std::vector<std::string> made;
        for (std::size_t i = 0; i < how_many; ++i) {
            made.push_back("a key of a batch, the " + std::to_string(i));
        }
        return made;
    }

    struct one_call {
        std::uint64_t method;
        std::string arguments;
    };

    /// Of the server, for every ten of many calls on a warm connection, which `call` makes. The few
    /// of its timers, which are more the slower it runs, do not come to one.
    template <class Call>
    static std::size_t count_of(Call const& call) {
        call(warm_up);
        return least_allocations_of([&] { call(calls); }) / (calls / 10);
    }

    /// Of calls one after the other.
    std::size_t count_in_turn(std::vector<one_call> const& turns) {
        return count_of([&](int times) {
            for (int i = 0; i < times; ++i) {
                auto const& [method, arguments] = turns[static_cast<std::size_t>(i) % turns.size()];
                EXPECT_EQ(client_->call(method, arguments).code, rpc::status::success);
            }
        });
    }
    template <class Method>
    std::size_t count(Method const& method, std::string const& arguments) {
        return count_in_turn({{method.id, arguments}});
    }

    /// Of calls that arrive together.
    template <class Method>
    std::size_t count_together(Method const& method, std::string const& arguments) {
        return count_of([&](int times) {
            for (int i = 0; i < times; i += 20) {
                std::string bytes;
                for (int k = 0; k < 20; ++k) {
                    bytes += client_->call_bytes(method.id, arguments);
                }
                std::size_t const due = client_->answers().size() + 20;
                client_->socket().send_raw(bytes);
                while (client_->answers().size() < due) {
                    ASSERT_TRUE(client_->receive_one());
                }
            }
        });
    }

    std::string const value_ = std::string(GetParam(), 'v');
    std::optional<one_thread_server> server_;
    std::unique_ptr<test_support::store_caller> client_;
};
INSTANTIATE_TEST_SUITE_P(bytes, server_allocations, ::testing::Values(100, 4096, 60'000));

TEST_P(server_allocations, of_a_read_are_none) {
    keep(as_bytes("a key"));
    auto const key = arguments_of(key_request{as_bytes("a key")});
    EXPECT_EQ(count(read, key), 0U);
    EXPECT_EQ(count_together(read, key), 0U);
}

TEST_P(server_allocations, of_a_read_of_nothing_are_none) {
    auto const key = arguments_of(key_request{as_bytes("no key")});
    EXPECT_EQ(count(read, key), 0U);
    EXPECT_EQ(count_together(read, key), 0U);
}

TEST_P(server_allocations, of_exists_are_none) {
    auto const key = arguments_of(key_request{as_bytes(value_).first(64)});
    EXPECT_EQ(count(exists, key), 0U);
    EXPECT_EQ(count_together(exists, key), 0U);
}

TEST_P(server_allocations, of_a_write_are_none) {
    auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value_)});
    EXPECT_EQ(count(write, entry), 0U);
    EXPECT_EQ(count_together(write, entry), 0U);
}

// In several frames, joined in memory that is used again.
TEST_P(server_allocations, of_a_large_write_are_none) {
    for (std::size_t const size : {2 * GetParam() + 65'536, 5 * GetParam() + 200'000}) {
        auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(noise(size, 1))});
        EXPECT_EQ(count(write, entry), 0U) << size;
    }
}

// Nor by the thread that waits for the disk, and on the way to it and back.
TEST_P(server_allocations, of_a_write_that_waits_for_the_disk_are_none) {
    for (std::string const durability : {"sync", "group"}) {
        start(durability);
        auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value_)});
        auto const key = arguments_of(key_request{as_bytes("a key")});
        EXPECT_EQ(count(write, entry), 0U) << durability;
        EXPECT_EQ(count_in_turn({{write.id, entry}, {remove.id, key}}), 0U) << durability;
    }
}

TEST_P(server_allocations, of_a_delete_are_none) {
    auto const key = arguments_of(key_request{as_bytes("a key")});
    auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value_)});
    EXPECT_EQ(count(remove, key), 0U);  // of no key
    EXPECT_EQ(count_in_turn({{write.id, entry}, {remove.id, key}}), 0U);
}

TEST_P(server_allocations, of_a_batch_read_are_none) {
    std::vector<std::string> const keys = names(GetParam() < 1000 ? 1000 : 80'000 / GetParam());
    batch_read_request asked;
    for (std::string const& each : keys) {
        keep(as_bytes(each));
        asked.keys.push_back(as_bytes(each));
    }
    asked.keys.push_back(as_bytes("no key"));
    EXPECT_EQ(count(batch_read, arguments_of(asked)), 0U);
    EXPECT_EQ(count_together(batch_read, arguments_of(asked)), 0U);
}

// Nor where each value is sent from where it lies, or copied by itself.
TEST_P(server_allocations, of_a_batch_read_of_what_cannot_be_packed_are_none) {
    std::vector<std::string> const keys = names(std::min<std::size_t>(3000, 600'000 / GetParam()));
    std::string const value = noise(GetParam(), 1);
    batch_read_request asked;
    for (std::string const& each : keys) {
        keep(as_bytes(each), value);
        asked.keys.push_back(as_bytes(each));
    }
    EXPECT_EQ(count(batch_read, arguments_of(asked)), 0U);
}

TEST_P(server_allocations, of_a_batch_write_are_none) {
    // Within one frame: what comes in several is joined in memory of its own.
    std::vector<std::string> const keys = names(std::max<std::size_t>(1, 40'000 / GetParam()));
    batch_write_request asked;
    for (std::string const& each : keys) {
        asked.entries.push_back({as_bytes(each), as_bytes(value_)});
    }
    EXPECT_EQ(count(batch_write, arguments_of(asked)), 0U);
    EXPECT_EQ(count_together(batch_write, arguments_of(asked)), 0U);
}

TEST_P(server_allocations, of_what_counts_are_none) {
    EXPECT_EQ(count(len, {}), 0U);
    EXPECT_EQ(count(is_empty, {}), 0U);
    EXPECT_EQ(count(file_size, {}), 0U);
}

}  // namespace
}  // namespace trunkline::server
