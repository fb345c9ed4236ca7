// What the holders of a stream ask of it is done in the order of asking, whatever their threads;
// and when nobody is left to do it, they are told.
#include <trunkline/peer/called_stream.hpp>
#include <trunkline/peer/test_stepped_client.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/post.hpp>

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct numbered {
    std::uint64_t number = 0;
    std::vector<std::byte> bytes;
    static constexpr auto fields() { return std::tuple(&numbered::number, &numbered::bytes); }
};
struct numbers {
    std::vector<std::uint64_t> all;
    static constexpr auto fields() { return std::tuple(&numbers::all); }
};

constexpr typed::client_stream<numbered, numbers> in_order{"in order"};

awaitable<call_result<numbers>> notes_order(stream_reader<numbered>& from, call_context) {
    numbers seen;
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return seen;
        }
        seen.all.push_back((**next)->number);
    }
}

/// A call whose client's loop is run by the test: meanwhile what is asked of it gathers.
class stream_order : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        here_.expect_an_echo();  // so the call has begun
    }

    [[nodiscard]] send_status send(std::uint64_t number) {
        return call_.to.send({number, pattern(part_size)}).status;
    }
    void write(std::uint64_t number) {
        call_.to.async_write({number, pattern(part_size)},
                             [](call_result<void> outcome) { EXPECT_TRUE(outcome); });
    }
    /// As another thread than the one that runs the loop.
    template <class Act>
    void elsewhere(Act act) {
        std::thread(std::move(act)).join();
    }
    /// As the loop, before it comes to what it is asked for later.
    template <class Act>
    void inside(Act act) {
        boost::asio::post(here_.loop(), std::move(act));
    }
    /// What the server has read until the end.
    [[nodiscard]] std::vector<std::uint64_t> arrived() {
        std::optional<call_result<received<numbers>>> answer;
        call_.answer.async_get([&](auto outcome) { answer = std::move(outcome); });
        here_.run_until([&] { return answer.has_value(); });
        EXPECT_TRUE(*answer) << answer->error().error.message();
        return *answer ? (**answer)->all : std::vector<std::uint64_t>();
    }
    [[nodiscard]] static std::vector<std::uint64_t> first(std::uint64_t count) {
        std::vector<std::uint64_t> all;
        for (std::uint64_t i = 0; i < count; ++i) {
            all.push_back(i);
        }
        return all;
    }

    memory::hub names_;
    rpc_server const server_ = rpc_server::builder()
                                   .listen("memory:here")
                                   .over(names_)
                                   .handle(in_order, notes_order)
                                   .handle(echo, [](text const& said) { return said; })
                                   .start()
                                   .value();
    stepped_client here_{
        std::move(rpc_client::builder("memory:here").over(names_).extension(GetParam()))};
    upload<numbered, numbers> call_ = here_.client().open(in_order);
};
INSTANTIATE_TEST_SUITE_P(over, stream_order, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "credit" : "queue"; });

TEST_P(stream_order, FLO_12_what_is_sent_when_told_comes_behind_what_another_thread_has_sent) {
    std::uint64_t next = 0;
    bool told = false;
    call_.to.on_drained([&] {
        if (std::exchange(told, true)) {
            return;
        }
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(send(next++), send_status::queued);
        }
        call_.to.finish();
    });
    elsewhere([&] {
        while (send(next) == send_status::queued) {
            ++next;
        }
    });
    std::uint64_t const filled = next;
    EXPECT_GT(filled * part_size, send_queue_low_mark);
    EXPECT_EQ(arrived(), first(filled + 3));
}

TEST_P(stream_order, sends_and_writes_of_all_threads_keep_their_order) {
    inside([&] {
        EXPECT_LE(send(5), send_status::queued);
        write(6);
        call_.to.finish();
    });
    elsewhere([&] {
        EXPECT_EQ(send(0), send_status::queued);
        write(1);
        EXPECT_EQ(send(2), send_status::queued);
    });
    elsewhere([&] {
        call_.to.expires_after(0ms);
        call_.to.expires_never();
        write(3);
        EXPECT_EQ(send(4), send_status::queued);
    });
    EXPECT_EQ(arrived(), first(7));
}

TEST_P(stream_order, a_writer_that_has_finished_elsewhere_may_be_dropped_on_the_loop) {
    inside([&] { call_.to = {}; });
    elsewhere([&] {
        EXPECT_EQ(send(0), send_status::queued);
        call_.to.finish();
    });
    EXPECT_EQ(arrived(), first(1));
}

TEST_P(stream_order, FLO_11_nothing_is_taken_behind_finish) {
    elsewhere([&] {
        EXPECT_EQ(send(0), send_status::queued);
        call_.to.finish();
        EXPECT_EQ(send(1), send_status::refused);
    });
    EXPECT_EQ(call_.to.send({2, {}}).why, call_error::stream_ended);
    EXPECT_EQ(arrived(), first(1));
}

TEST(stream_without_loop, FLO_11_a_stream_that_cannot_begin_takes_nothing) {
    memory::hub names;
    auto const server =
        rpc_server::builder().listen("memory:here").over(names).handle(sizes, sizes_up).start();
    peer kept;
    {
        auto const client = rpc_client::builder("memory:here").over(names).connect().value();
        kept = client;
    }
    auto call = kept.open(sizes);
    for (std::size_t const size : {100u, 100'000u}) {
        send_outcome const outcome = call.to.send({pattern(size)});
        EXPECT_EQ(outcome.status, send_status::refused);
        EXPECT_EQ(outcome.why, rpc::rpc_error::not_connected);
    }
}

TEST(stream_without_loop, FLO_11_FLO_12_a_part_that_is_dropped_is_refused_and_nobody_told) {
    transport::simulated_runtime loop;
    auto const where = std::make_shared<peers::loop_handle>(loop, nullptr);
    auto const on = std::make_shared<peers::line>(where, 1, 0ms);
    stream_writer<blob> to(peers::called_stream::make(on, {}));
    int told = 0;
    to.on_drained([&] {
        if (++told < 10) {  // or this would never end
            static_cast<void>(to.send({pattern(100'000)}));
        }
    });
    where->shut();
    send_outcome const outcome = to.send({pattern(100'000)});
    EXPECT_EQ(outcome.status, send_status::refused);
    EXPECT_EQ(outcome.why, rpc::rpc_error::not_connected);
    EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace trunkline
