// What a call costs the server in allocations, from the socket to the store and back, once it has
// served a few: the bytes of its answer, and for requests of more than a few bytes their columns.
#include <trunkline/serve/store_server.hpp>

#include <trunkline/base/counted_heap.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/store_caller.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace trunkline::server {
namespace {

using namespace store_service;
using testing::least_allocations_of;

template <class Request>
std::string arguments_of(Request const& request) {
    return std::string(as_text(bitcode::encode(request).to_vector()));
}

/// One thread serves; it is the only one whose allocations count while a client calls.
class server_allocations : public ::testing::TestWithParam<std::size_t> {
protected:
    static constexpr int warm_up = 200;
    static constexpr int calls = 1000;

    server_allocations() {
        options_.file = (folder_ / "s.bin").string();
        options_.port = 0;
        options_.threads = 1;
        auto settings = settings_of(options_);
        EXPECT_EQ(settle(options_, settings, {.cores = 1, .descriptors = 1024}), "");
        server_ = std::make_unique<store_server>(options_, log_);
        store::open_report report;
        EXPECT_TRUE(server_->listen());
        EXPECT_TRUE(server_->open(report));
        running_ = std::thread([this] { EXPECT_TRUE(server_->run()); });
        testing::heap_counted = false;
        client_ = std::make_unique<test_support::store_caller>("127.0.0.1", server_->port());
    }

    ~server_allocations() override {
        server_->request_stop();
        running_.join();
        testing::heap_counted = true;
    }

    /// Of the server for each of many calls, one after the other on a warm connection. The few of
    /// its timers, which are more the slower it runs, do not come to one for each call.
    template <class Method>
    std::size_t count(Method const& method, std::string const& arguments) {
        auto const call = [&](int times) {
            for (int i = 0; i < times; ++i) {
                EXPECT_EQ(client_->call(method.id, arguments).code, rpc::status::success);
            }
        };
        call(warm_up);
        return least_allocations_of([&] { call(calls); }) / calls;
    }

    /// The same for batches of calls that arrive together.
    template <class Method>
    std::size_t count_together(Method const& method, std::string const& arguments) {
        auto const call = [&](int times) {
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
        };
        call(warm_up);
        return least_allocations_of([&] { call(calls); }) / calls;
    }

    std::string const value_ = std::string(GetParam(), 'v');
    scratch_folder folder_;
    logging::journal log_{logging::level_table(logging::level::error), logging::line_format::text};
    serve_options options_;
    std::unique_ptr<store_server> server_;
    std::thread running_;
    std::unique_ptr<test_support::store_caller> client_;
};
INSTANTIATE_TEST_SUITE_P(bytes, server_allocations, ::testing::Values(100, 4096));

TEST_P(server_allocations, of_a_read_are_two_at_most) {
    auto const key = arguments_of(key_request{as_bytes("a key")});
    auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value_)});
    EXPECT_EQ(client_->call(write.id, entry).code, rpc::status::success);
    EXPECT_LE(count(read, key), 2U);
    EXPECT_LE(count_together(read, key), 2U);
}

TEST_P(server_allocations, of_a_write_are_three) {
    auto const entry = arguments_of(write_request{as_bytes("a key"), as_bytes(value_)});
    EXPECT_LE(count(write, entry), 3U);
    EXPECT_LE(count_together(write, entry), 3U);
}

TEST_P(server_allocations, of_exists_are_three_at_most) {
    auto const key = arguments_of(key_request{as_bytes(value_).first(64)});
    EXPECT_LE(count(exists, key), 3U);
    EXPECT_LE(count_together(exists, key), 3U);
}

TEST_P(server_allocations, of_a_read_of_nothing_are_one) {
    auto const key = arguments_of(key_request{as_bytes("no key")});
    EXPECT_LE(count(read, key), 1U);
}

TEST_P(server_allocations, of_len_are_one) {
    EXPECT_LE(count(len, {}), 1U);
}

}  // namespace
}  // namespace trunkline::server
