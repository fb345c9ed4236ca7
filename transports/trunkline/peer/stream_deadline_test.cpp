// Deadlines of reads and writes: they come to what waits already, and each half has its own.
#include <trunkline/peer/test_streams.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr std::size_t large = 300'000;

class stream_deadline : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        rpc_server::builder made;
        server_ =
            made.listen("memory:here")
                .over(names_)
                .run_on(loop_)
                .handle(mirrored,
                        [this](stream_reader<blob> from, stream_writer<blob> to, call_context) {
                            from_ = std::move(from);
                            to_ = std::move(to);
                        })
                .start()
                .value();
        client_ = rpc_client::builder("memory:here")
                      .over(names_)
                      .run_on(loop_)
                      .extension(GetParam())
                      .connect()
                      .value();
        call_ = client_->open(mirrored);
        loop_.run_for(1s);
        begin_ = loop_.now();
    }

    /// How a read or a write ended, and when.
    struct ending {
        std::optional<error_code> why;
        transport::runtime::duration at{};
    };
    void end(ending& of, error_code why) { of = {why, loop_.now() - begin_}; }
    void read(stream_reader<blob>& from, ending& into) {
        from.async_read([&](call_result<std::optional<received<blob>>> outcome) {
            end(into, outcome ? error_code() : outcome.error().error);
        });
    }
    void write(stream_writer<blob>& to, std::size_t size, ending& into) {
        to.async_write({pattern(size)}, [&](call_result<void> outcome) {
            end(into, outcome ? error_code() : outcome.error().error);
        });
    }
    void expect_all(stream_reader<blob>& from, std::vector<std::size_t> const& sizes) {
        for (std::size_t const size : sizes) {
            auto const part = from.read();
            ASSERT_TRUE(part && *part);
            EXPECT_EQ((**part)->bytes, pattern(size));
        }
    }

    using endings = std::vector<ending>;

    /// More writes than there is room for while nobody reads: some of them wait.
    void fill(stream_writer<blob>& to, endings& of) {
        of.assign(20, {});
        for (ending& each : of) {
            write(to, large, each);
        }
        loop_.run_for(500ms);
        EXPECT_GT(ended(of, {}), 0);
        EXPECT_LT(ended(of, {}), 20);
    }
    static long ended(endings const& of, error_code why) {
        return std::ranges::count(of, std::optional(why), &ending::why);
    }
    /// Reads large parts up to one of `last` bytes; how many there were.
    long count_up_to(stream_reader<blob>& from, std::size_t last) {
        for (long count = 0;; ++count) {
            auto const part = from.read();
            EXPECT_TRUE(part && *part);
            if (!part || !*part || (**part)->bytes.size() != large) {
                EXPECT_TRUE(part && *part && (**part)->bytes == pattern(last));
                return count;
            }
            EXPECT_EQ((**part)->bytes, pattern(large));
        }
    }
    /// Those that had gone, and maybe the one that had begun to go.
    static void expect_whole(long came, endings const& of) {
        EXPECT_GE(came, ended(of, {}));
        EXPECT_LE(came, ended(of, {}) + 1);
    }

    memory::hub names_;
    transport::simulated_runtime loop_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
    conversation<blob, blob> call_;
    stream_reader<blob> from_;
    stream_writer<blob> to_;
    transport::runtime::time_point begin_;
};
INSTANTIATE_TEST_SUITE_P(over, stream_deadline, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "extended" : "base"; });

TEST_P(stream_deadline, DDL_02_one_set_while_a_read_waits_takes_effect_on_it) {
    ending read_end;
    read(call_.from, read_end);
    loop_.run_for(10s);
    EXPECT_FALSE(read_end.why);
    call_.from.expires_after(500ms);
    loop_.run_for(500ms - 1us);
    EXPECT_FALSE(read_end.why);
    loop_.run_for(1us);
    EXPECT_EQ(read_end.why, make_error_code(call_error::deadline_passed));
    EXPECT_EQ(read_end.at, 10s + 500ms);
    EXPECT_EQ(call_.from.read().error().error, call_error::deadline_passed) << "later ones, too";
    ASSERT_TRUE(to_.write({pattern(7)}));
    call_.from.expires_after(1s);
    expect_all(call_.from, {7});
}

TEST_P(stream_deadline, DDL_02_one_set_while_writes_wait_takes_effect_on_them) {
    endings writes;
    fill(call_.to, writes);
    loop_.run_for(9500ms);
    long const gone = ended(writes, {});
    call_.to.expires_after(500ms);
    loop_.run_for(500ms - 1us);
    EXPECT_EQ(ended(writes, call_error::deadline_passed), 0);
    loop_.run_for(5s);
    EXPECT_EQ(ended(writes, call_error::deadline_passed), 20 - gone);
    EXPECT_EQ(writes.back().at, 10s + 500ms);
    EXPECT_EQ(call_.to.write({pattern(1)}).error().error, call_error::deadline_passed);
    call_.to.expires_never();
    ending next;
    write(call_.to, 9, next);
    expect_whole(count_up_to(from_, 9), writes);
    EXPECT_EQ(next.why, error_code());
}

TEST_P(stream_deadline, DDL_02_a_later_one_takes_the_place_of_one_before) {
    ending read_end;
    call_.from.expires_after(1s);
    read(call_.from, read_end);
    loop_.run_for(500ms);
    call_.from.expires_after(2s);
    loop_.run_for(1s);
    EXPECT_FALSE(read_end.why);
    call_.from.expires_never();
    loop_.run_for(1h);
    EXPECT_FALSE(read_end.why);
    call_.from.expires_after(-1ms);
    EXPECT_EQ(read_end.why, make_error_code(call_error::deadline_passed)) << "at once";
}

TEST_P(stream_deadline, DDL_04_that_of_reads_does_not_affect_writes) {
    ending read_end;
    endings writes;
    call_.from.expires_after(1s);
    read(call_.from, read_end);
    fill(call_.to, writes);
    loop_.run_for(10s);
    EXPECT_EQ(read_end.why, make_error_code(call_error::deadline_passed));
    EXPECT_EQ(read_end.at, 1s);
    EXPECT_EQ(ended(writes, call_error::deadline_passed), 0);
    expect_all(from_, std::vector<std::size_t>(20, large));
    EXPECT_EQ(ended(writes, {}), 20);
}

TEST_P(stream_deadline, DDL_04_that_of_writes_does_not_affect_reads) {
    ending read_end;
    endings writes;
    call_.to.expires_after(1s);
    read(call_.from, read_end);
    fill(call_.to, writes);
    loop_.run_for(10s);
    EXPECT_GT(ended(writes, call_error::deadline_passed), 0);
    EXPECT_FALSE(read_end.why);
    ASSERT_TRUE(to_.write({pattern(5)}));
    loop_.run_for(1s);
    EXPECT_EQ(read_end.why, error_code());
    EXPECT_TRUE(call_.to.send({pattern(6)}).taken()) << "it waits for nobody";
    expect_whole(count_up_to(from_, 6), writes);
}

TEST_P(stream_deadline, DDL_04_it_holds_on_the_called_side_as_well) {
    ending read_end;
    endings writes;
    from_.expires_after(1s);
    to_.expires_after(2s);
    read(from_, read_end);
    fill(to_, writes);
    loop_.run_for(10s);
    EXPECT_EQ(read_end.at, 1s);
    EXPECT_EQ(read_end.why, make_error_code(call_error::deadline_passed));
    EXPECT_EQ(writes.back().at, 2s);
    EXPECT_EQ(writes.back().why, make_error_code(call_error::deadline_passed));
    from_.expires_never();
    ASSERT_TRUE(call_.to.write({pattern(11)}));
    expect_all(from_, {11});
    to_.expires_never();
    ending next;
    write(to_, 12, next);
    expect_whole(count_up_to(call_.from, 12), writes);
}

TEST_P(stream_deadline, of_a_stream_that_has_ended_means_nothing) {
    call_.from.cancel();
    loop_.run_for(1s);
    call_.from.expires_after(1s);
    call_.to.expires_after(1s);
    EXPECT_EQ(call_.from.read().error().error, call_error::cancelled);
    server_.reset();
    loop_.run_for(1min);
    call_.to.expires_after(1s);
    loop_.run_for(1min);
    EXPECT_FALSE(client_->is_connected());
}

}  // namespace
}  // namespace trunkline
