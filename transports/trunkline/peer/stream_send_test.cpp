// Sends that do not wait: what each is told, and the event that it may go on.
#include <trunkline/flow/limits.hpp>
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

/// Without and with the extension: a bounded queue, and credit.
class stream_send : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen("memory:here").over(names_).run_on(loop_);
        return made;
    }
    [[nodiscard]] rpc_client::builder a_client() {
        rpc_client::builder made("memory:here");
        made.over(names_).run_on(loop_).extension(GetParam());
        return made;
    }
    /// Hands both halves of each call to the test.
    auto keeps_halves() {
        return [this](stream_reader<blob> from, stream_reply<number> to, call_context) {
            from_ = std::move(from);
            reply_ = std::move(to);
        };
    }
    /// Sends until it has to wait; the number of parts that were taken.
    std::size_t fill(stream_writer<blob>& to) {
        std::size_t taken = 0;
        for (;;) {
            send_outcome const outcome = to.send({pattern(part_size)});
            EXPECT_FALSE(outcome.why);
            if (!outcome.taken()) {
                EXPECT_EQ(outcome.status, send_status::wait);
                return taken;
            }
            last_ = outcome.status;
            ++taken;
        }
    }
    std::size_t read_some(std::size_t parts) {
        for (std::size_t i = 0; i < parts; ++i) {
            auto const next = from_.read();
            EXPECT_TRUE(next && *next);
            EXPECT_EQ((**next)->bytes, pattern(part_size));
        }
        return parts;
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    stream_reader<blob> from_;
    std::optional<stream_reply<number>> reply_;
    send_status last_ = send_status::refused;
};
INSTANTIATE_TEST_SUITE_P(over, stream_send, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "credit" : "queue"; });

/// What may be on its way beside the queue to a reader that does not read.
constexpr std::size_t under_way_max =
    stream_output_size_mark + stream_input_size_mark + 8 * chunk_size + 1 * mib;

TEST_P(stream_send, FLO_11_each_is_told_sent_queued_wait_or_refused) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    loop_.run_until_idle();
    EXPECT_EQ(call.to.send({pattern(100)}).status, send_status::sent);
    std::size_t const taken = fill(call.to);
    EXPECT_EQ(last_, send_status::queued);
    EXPECT_GT(taken * (part_size + send_part_cost), send_queue_size_mark);
    EXPECT_LT(taken * part_size, send_queue_size_mark + stream_output_size_mark + 2 * chunk_size);
    EXPECT_EQ(call.to.send({pattern(100)}).status, send_status::wait) << "whatever its size";
    loop_.run_for(1s);
    EXPECT_EQ(from_.read().value().value()->bytes, pattern(100));
    read_some(taken);
    loop_.run_until_idle();
    EXPECT_EQ(call.to.send({pattern(100)}).status, send_status::sent);
    call.to.finish();
    send_outcome const late = call.to.send({pattern(100)});
    EXPECT_EQ(late.status, send_status::refused);
    EXPECT_EQ(late.why, call_error::stream_ended);
    EXPECT_EQ(from_.read().value().value()->bytes, pattern(100));
    EXPECT_FALSE(from_.read().value()) << "what was refused, or had to wait, was not sent";
}

TEST_P(stream_send, FLO_11_what_is_taken_without_a_reader_is_bounded) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    std::size_t taken = 0;
    for (int i = 0; i < 50; ++i) {
        taken += fill(call.to);
        loop_.run_for(100ms);
    }
    std::size_t const under_way = GetParam() ? flow::first_credit + chunk_size : under_way_max;
    EXPECT_LT(taken * part_size, under_way + send_queue_size_mark + part_size);
    loop_.run_for(5s);
    EXPECT_EQ(fill(call.to), 0u) << "it has come to rest";
}

TEST_P(stream_send, FLO_11_a_part_that_is_too_large_is_refused_alone) {
    session_limits small;
    small.message_size_max = 100'000;
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().limits(small).connect().value();
    auto call = client.open(sizes);
    loop_.run_until_idle();
    send_outcome const refused = call.to.send({pattern(100'001)});
    EXPECT_EQ(refused.status, send_status::refused);
    EXPECT_EQ(refused.why, rpc::rpc_error::message_too_large);
    EXPECT_EQ(call.to.send({pattern(100)}).status, send_status::sent);
    EXPECT_EQ(from_.read().value().value()->bytes, pattern(100));
}

TEST_P(stream_send, FLO_12_drained_comes_once_each_time_the_queue_falls_under_the_low_mark) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    int drained = 0;
    call.to.on_drained([&] { ++drained; });
    loop_.run_until_idle();
    std::size_t unread = 0;
    for (int episode = 1; episode <= 5; ++episode) {
        unread += fill(call.to);
        EXPECT_EQ(drained, episode - 1);
        // One after the other, so that the queue goes down in small steps.
        while (unread > 0) {
            unread -= read_some(1);
            loop_.run_for(1ms);
            EXPECT_LE(drained, episode);
        }
        EXPECT_EQ(drained, episode);
    }
}

TEST_P(stream_send, FLO_12_a_queue_that_was_never_above_the_low_mark_does_not_drain) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    int drained = 0;
    call.to.on_drained([&] { ++drained; });
    // Held until the call has begun, which is when the loop runs.
    std::size_t const parts = send_queue_low_mark / part_size;
    for (std::size_t i = 0; i < parts; ++i) {
        EXPECT_TRUE(call.to.send({pattern(part_size)}).taken());
    }
    loop_.run_for(1s);
    EXPECT_EQ(read_some(parts), parts);
    EXPECT_EQ(drained, 0);
}

TEST_P(stream_send, FLO_11_parts_without_bytes_wait_too) {
    constexpr typed::client_stream<nothing, number> nothings{"nothings"};
    std::optional<stream_reader<nothing>> from;
    auto const server =
        a_server()
            .handle(nothings,
                    [&](stream_reader<nothing> reader, stream_reply<number> to, call_context) {
                        from = std::move(reader);
                        reply_ = std::move(to);
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto call = client.open(nothings);
    int drained = 0;
    call.to.on_drained([&] { ++drained; });
    std::size_t taken = 0;
    // What does not wait is in the output, and takes a frame there.
    while (taken < stream_output_size_mark && call.to.send({}).taken()) {
        ++taken;
    }
    EXPECT_EQ(call.to.send({}).status, send_status::wait);
    call.to.finish();
    ASSERT_TRUE(loop_.run_until([&] { return from.has_value(); }, 1s));
    std::size_t came = 0;
    while (from->read().value()) {
        ++came;
    }
    EXPECT_EQ(came, taken);
    EXPECT_EQ(drained, 1);
}

TEST_P(stream_send, FLO_12_who_has_dropped_its_writer_is_not_told) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    auto writer = std::make_unique<stream_writer<blob>>(std::move(call.to));
    int told = 0;
    writer->on_drained([&] { ++told; });
    loop_.run_until_idle();
    EXPECT_GT(fill(*writer), 0u);
    writer.reset();
    loop_.run_for(1s);
    EXPECT_EQ(call.answer.get().error().error, call_error::cancelled);
    EXPECT_EQ(told, 0);
}

/// Writes parts of which none waits here, as soon as it may.
struct part_source {
    explicit part_source(stream_writer<blob> writer, std::uint64_t parts)
        : to(std::move(writer)), left(parts) {}

    void go_on() {
        for (; left > 0; --left) {
            if (!to.send({pattern(part_size)}).taken()) {
                return;
            }
        }
        to.finish();
    }

    stream_writer<blob> to;
    std::uint64_t left;
};

TEST_P(stream_send, FLO_12_who_sends_when_it_is_told_sends_everything) {
    constexpr std::uint64_t count = 500;
    std::shared_ptr<part_source> source;
    auto const server =
        a_server()
            .handle(blobs,
                    [&](received<number> parts, stream_writer<blob> to, call_context) {
                        source = std::make_shared<part_source>(std::move(to), parts->value);
                        source->to.on_drained([&] { source->go_on(); });
                        source->go_on();
                    })
            .start()
            .value();
    auto const client = a_client().connect().value();
    auto from = client.open(blobs, {count});
    std::uint64_t came = 0;
    while (auto const next = from.read().value()) {
        ASSERT_EQ((*next)->bytes, pattern(part_size));
        ++came;
    }
    EXPECT_EQ(came, count);
}

TEST_P(stream_send, FLO_12_the_end_of_the_stream_drains_what_waits_and_refuses_the_rest) {
    auto const server = a_server().handle(sizes, keeps_halves()).start().value();
    auto const client = a_client().connect().value();
    auto call = client.open(sizes);
    int drained = 0;
    call.to.on_drained([&] { ++drained; });
    loop_.run_until_idle();
    EXPECT_GT(fill(call.to), 0u);
    (*reply_)({7});
    EXPECT_EQ(call.answer.get().value()->value, 7u);
    EXPECT_EQ(drained, 1);
    send_outcome const late = call.to.send({pattern(100)});
    EXPECT_EQ(late.status, send_status::refused);
    EXPECT_EQ(late.why, call_error::stream_ended);
}

class send_over : public over_transports {};
INSTANTIATE_TEST_SUITE_P(transports, send_over, ::testing::ValuesIn(every_transport),
                         [](auto const& of) { return of.param; });

TEST_P(send_over, FLO_11_FLO_12_a_thread_of_its_own_sends_as_fast_as_it_is_read) {
    constexpr std::size_t count = 300;
    auto const server = a_server().handle(sizes, sizes_up).start().value();
    for (bool const extended : {false, true}) {
        auto const client = a_client(server).extension(extended).connect().value();
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t drained = 0;
        auto call = client.open(sizes);
        call.to.on_drained([&] {
            std::lock_guard const lock(mutex);
            ++drained;
            changed.notify_all();
        });
        for (std::size_t sent = 0; sent < count;) {
            std::size_t before = 0;
            {
                std::lock_guard const lock(mutex);
                before = drained;
            }
            switch (call.to.send({pattern(part_size)}).status) {
                case send_status::queued:
                    ++sent;
                    break;
                case send_status::wait: {
                    std::unique_lock lock(mutex);
                    ASSERT_TRUE(changed.wait_for(lock, patience, [&] { return drained > before; }));
                    break;
                }
                case send_status::sent:
                case send_status::refused:
                    FAIL() << "of another thread, of a stream that lives";
            }
        }
        call.to.finish();
        EXPECT_EQ(call.answer.get().value()->value, count * part_size);
    }
}

}  // namespace
}  // namespace trunkline
