#include <trunkline/store_client/store_client.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store_service/service.hpp>

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace trunkline {
namespace {

/// A store on a disk in memory, served over memory and WebSocket.
class stores_at_a_distance : public ::testing::TestWithParam<std::string> {
protected:
    stores_at_a_distance() {
        data_ = store::store::open("served.bin", {.on = &disk_}).value();
        rpc_server::builder builder;
        builder.listen(GetParam()).over(names_);
        EXPECT_TRUE(store_service::add_methods(builder.methods(), *data_));
        server_.emplace(builder.start().value());
        client_.emplace(
            rpc_client::builder(server_->endpoints().front()).over(names_).connect().value());
    }

    [[nodiscard]] store_client client() const { return store_client(*client_); }

    memory::hub names_;
    store::faulty_disk disk_;
    std::unique_ptr<store::store> data_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
};
/// A name of this process alone.
std::string unix_name() {
    return "unix:@trunkline-store-client-test-" + std::to_string(::getpid());
}

INSTANTIATE_TEST_SUITE_P(over, stores_at_a_distance,
                         ::testing::Values("memory:store", "ws://127.0.0.1:0/ws",
                                           "tcp://127.0.0.1:0", unix_name()),
                         [](auto const& each) {
                             return each.param.substr(0, each.param.find(':'));
                         });

TEST_P(stores_at_a_distance, all_nine_methods_do_what_the_store_does) {
    auto const far = client();
    EXPECT_TRUE(far.is_empty().value());
    auto const tail = far.write(as_bytes("a"), as_bytes("first")).value();
    EXPECT_EQ(tail, data_->file_size());
    EXPECT_EQ(far.file_size().value(), tail);
    std::array const more{store::key_value{as_bytes("b"), as_bytes("second")},
                          store::key_value{as_bytes(""), as_bytes("third")}};
    auto const tail_of_batch = far.batch_write(more).value();
    EXPECT_EQ(tail_of_batch, data_->file_size());
    EXPECT_EQ(far.len().value(), 3U);
    EXPECT_FALSE(far.is_empty().value());

    auto const found = far.read(as_bytes("a")).value();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(as_text(found->bytes()), "first");
    EXPECT_FALSE(far.read(as_bytes("none")).value().has_value());
    std::array const keys{as_bytes("b"), as_bytes("none"), as_bytes("")};
    auto const all = far.batch_read(keys).value();
    ASSERT_EQ(all->entries_payloads.size(), 3U);
    EXPECT_EQ(as_text(*all->entries_payloads[0]), "second");
    EXPECT_FALSE(all->entries_payloads[1].has_value());
    EXPECT_EQ(as_text(*all->entries_payloads[2]), "third");

    EXPECT_TRUE(far.exists(as_bytes("a")).value());
    auto const last_tail = far.remove(as_bytes("a")).value();
    EXPECT_EQ(last_tail, data_->file_size());
    EXPECT_FALSE(far.exists(as_bytes("a")).value());
    EXPECT_EQ(far.len().value(), 2U);
}

TEST_P(stores_at_a_distance, what_the_store_refuses_comes_with_its_words) {
    auto const refused = client().write(as_bytes("a"), {});
    EXPECT_EQ(refused.error(),
              (call_failure{call_error::system_failure, "Payload cannot be empty."}));
    EXPECT_TRUE(client().is_empty().value());
}

TEST_P(stores_at_a_distance, values_that_fill_a_message_come_back) {
    auto const large = noise(15 * mib, 1);  // does not pack
    EXPECT_TRUE(client().write(as_bytes("large"), as_bytes(large)).has_value());
    auto const found = client().read(as_bytes("large")).value();
    EXPECT_TRUE(as_text(found->bytes()) == large);
    auto const larger = noise(17 * mib, 2);
    EXPECT_EQ(client().write(as_bytes("larger"), as_bytes(larger)).error().error,
              rpc::rpc_error::message_too_large);
}

boost::asio::awaitable<void> use_all_methods(store_client far, std::vector<std::string>& found) {
    call_options const options;
    auto const key = as_bytes("key");
    auto const value = as_bytes("value");
    auto const wrote = co_await far.async_write(key, value, options, boost::asio::use_awaitable);
    found.push_back(std::to_string(wrote.value()->tail_offset));
    auto const read = co_await far.async_read(key, options, boost::asio::use_awaitable);
    found.emplace_back(as_text(read.value()->entry_payload.value()));
    auto const count = co_await far.async_len(options, boost::asio::use_awaitable);
    found.push_back(std::to_string(count.value()->value));
    auto const there = co_await far.async_exists(key, options, boost::asio::use_awaitable);
    found.push_back(there.value()->value ? "there" : "not there");
    auto const gone = co_await far.async_remove(key, options, boost::asio::use_awaitable);
    found.push_back(std::to_string(gone.value()->tail_offset));
    auto const empty = co_await far.async_is_empty(options, boost::asio::use_awaitable);
    found.push_back(empty.value()->value ? "empty" : "not empty");

    std::array const entries{store::key_value{key, value},
                             store::key_value{as_bytes("more"), value}};
    auto const batch = co_await far.async_batch_write(entries, options, boost::asio::use_awaitable);
    found.push_back(std::to_string(batch.value()->tail_offset));
    auto const size = co_await far.async_file_size(options, boost::asio::use_awaitable);
    found.push_back(std::to_string(size.value()->value));
    std::array const keys{as_bytes("none"), key};
    auto const both = co_await far.async_batch_read(keys, options, boost::asio::use_awaitable);
    found.emplace_back(both.value()->entries_payloads.at(0) ? "there" : "not there");
    found.emplace_back(as_text(both.value()->entries_payloads.at(1).value()));
}

TEST_P(stores_at_a_distance, coroutines_use_the_same_methods) {
    boost::asio::io_context mine;
    std::vector<std::string> found;
    boost::asio::co_spawn(mine, use_all_methods(client(), found), boost::asio::detached);
    mine.run();
    EXPECT_EQ(found,
              (std::vector<std::string>{"25", "value", "1", "there", "46", "empty",
                                        std::to_string(data_->file_size()),
                                        std::to_string(data_->file_size()), "not there", "value"}));
}

TEST(a_store_client, says_why_it_cannot_connect) {
    EXPECT_EQ(store_client::connect("ws://127.0.0.1:1/ws").error(),
              boost::system::errc::connection_refused);
}

}  // namespace
}  // namespace trunkline
