// Cold values are read in beside the loop: what needs no disk goes on.
#include <trunkline/serve/value_loader.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/rpc/testing.hpp>
#include <trunkline/serve/loading_backend.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/transport/asio_runtime.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <string>

namespace trunkline::server {
namespace {

using rpc::testing::outcome;

/// Says of values what it is told to, and reads them in when it is told to.
class slow_pages final : public resident_pages {
public:
    bool hold(bytes_view bytes) override { return !cold_ || bytes.front() != std::byte{'c'}; }
    void read_in(bytes_view) override {
        open_.wait(false);
        cold_ = false;
        ++reads;
    }
    void let_go_on() {
        open_ = true;
        open_.notify_all();
    }
    std::atomic<int> reads = 0;

private:
    std::atomic<bool> cold_ = true;
    std::atomic<bool> open_ = false;
};

struct value_loading : ::testing::Test {
    value_loading() {
        auto const backend = std::make_shared<loading_backend>(*data, loader, loop);
        EXPECT_TRUE(store_service::add_methods(wire.acceptor_methods, backend));
        write("cold", std::string(200'000, 'c'));
        write("warm", std::string(200'000, 'w'));
        write("small", std::string(1000, 'c'));
    }

    void write(std::string_view key, std::string const& value) {
        EXPECT_TRUE(data->write(as_bytes(key), as_bytes(value)).has_value());
    }

    void read(std::string_view key, outcome& into) {
        auto const arguments =
            bitcode::encode(store_service::key_request{as_bytes(key)}).to_vector();
        slice piece{arguments, {}};
        EXPECT_TRUE(
            wire.dialer->call(store_service::read.id, {&piece, 1}, rpc::testing::note(into)));
        wire.run();
    }

    scratch_folder folder;
    std::unique_ptr<store::store> data = store::store::open(folder / "s.bin", {}).value();
    slow_pages pages;
    transport::asio_runtime loop;
    rpc::testing::two_peers wire;
    value_loader loader{pages};
};

TEST_F(value_loading, keeps_nobody_else_waiting) {
    outcome cold;
    outcome warm;
    outcome small;
    read("cold", cold);
    read("warm", warm);
    read("small", small);
    EXPECT_TRUE(warm.done);
    EXPECT_TRUE(small.done) << "64 KiB and less are not looked at";
    EXPECT_FALSE(cold.done);
    pages.let_go_on();
    auto const waits = boost::asio::make_work_guard(loop.context());
    while (!cold.done) {
        loop.context().run_one();
        wire.run();
    }
    EXPECT_EQ(cold.code, rpc::status::success);
    EXPECT_GT(cold.body.size(), 1'000U) << "packed";
    EXPECT_EQ(pages.reads, 1);
}

TEST_F(value_loading, drops_what_has_not_begun_when_it_ends) {
    std::vector<outcome> cold(5);
    for (outcome& each : cold) {
        read("cold", each);
    }
    pages.let_go_on();
}

TEST(system_pages, know_and_change_what_is_in_memory) {
    scratch_folder const folder;
    auto const data = store::store::open(folder / "s.bin", {}).value();
    std::string const payload(300'000, 'x');
    ASSERT_TRUE(data->write(as_bytes(std::string_view("k")), as_bytes(payload)).has_value());
    auto const value = data->read(as_bytes(std::string_view("k")));
    ASSERT_TRUE(value.has_value());
    EXPECT_TRUE(system_pages().hold(value->bytes)) << "just written";
    system_pages().read_in(value->bytes);
    EXPECT_TRUE(system_pages().hold(value->bytes));
    EXPECT_EQ(as_text(value->bytes), payload);
    EXPECT_TRUE(system_pages().hold({}));
}

// Pages that nothing has touched are of no file, so this needs no eviction.
TEST(system_pages, see_what_is_not_there) {
    auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    constexpr std::size_t pages = 2000;  // more than one look
    void* const at =
        ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(at, MAP_FAILED);
    bytes_view const all(static_cast<std::byte const*>(at), pages * page);
    EXPECT_FALSE(system_pages().hold(all));
    system_pages().read_in(all.first(1500 * page));
    EXPECT_TRUE(system_pages().hold(all.first(1500 * page)));
    EXPECT_TRUE(system_pages().hold(all.subspan(100, 1400 * page)));
    EXPECT_FALSE(system_pages().hold(all));
    EXPECT_FALSE(system_pages().hold(all.subspan(1499 * page, 2 * page)));
    ::munmap(at, pages * page);
}

}  // namespace
}  // namespace trunkline::server
