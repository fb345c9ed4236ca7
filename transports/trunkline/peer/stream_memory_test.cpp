// One frame may bring millions of tiny records: what they take is counted while they are unpacked.
// Measured by replacing operator new for this program.
#include <trunkline/peer/test_streams.hpp>

#include <trunkline/frame/header.hpp>
#include <trunkline/peer/called_stream.hpp>
#include <trunkline/peer/wait.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/typed/record.hpp>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {
std::atomic<std::size_t> live = 0;
std::atomic<std::size_t> peak = 0;
}  // namespace

// Not inlined, or g++ 12 sees only one half of a pair and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* const at = std::malloc(size == 0 ? 1 : size)) {
        live += malloc_usable_size(at);
        peak = std::max(peak.load(), live.load());
        return at;
    }
    throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* at) noexcept {
    live -= at == nullptr ? 0 : malloc_usable_size(at);
    std::free(at);
}

[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
    operator delete(at);
}

namespace trunkline {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr std::size_t crowd_size = 4 * mib;

void append(std::vector<std::byte>& to, bytes_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_frame(std::vector<std::byte>& to, frame::kind kind, std::uint32_t sequence,
                  bytes_view payload) {
    std::array<std::byte, frame::header_size_max> bytes{};
    std::size_t const size = frame::encode_header({static_cast<std::uint32_t>(payload.size()), 1,
                                                   sequence, static_cast<std::uint8_t>(kind), 0},
                                                  frame::layout::b, bytes);
    append(to, bytes_view(bytes).first(size));
    append(to, payload);
}

/// Opens a stream of `method_id` and sends one frame of records with `body_size` bytes each.
std::vector<std::byte> crowd_of_records(std::uint64_t method_id, std::size_t body_size) {
    std::vector<std::byte> bytes;
    append_frame(
        bytes, frame::kind::open, 0,
        rpc::encode_header({static_cast<std::uint8_t>(rpc::message_type::call), 1, method_id, 0}));
    std::vector<std::byte> records;
    std::vector<std::byte> const body(body_size);
    while (records.size() < crowd_size) {
        append(records, typed::record_prefix(typed::record_kind::message, body_size));
        append(records, body);
    }
    append_frame(bytes, frame::kind::data, 1, records);
    return bytes;
}

/// A client that is only bytes.
class bare_client {
public:
    bare_client(memory::hub& names, transport::simulated_runtime& loop, std::string const& url)
        : loop_(loop), dialer_(names.make_dialer(loop)) {
        dialer_->dial(url, [this](result<std::unique_ptr<transport::connection>> made) {
            link_ = std::move(made).value();
        });
        loop.run_until_idle();
    }

    void say(bytes_view bytes) {
        std::size_t message_size = bytes.size();  // where the link keeps borders
        while (!bytes.empty()) {
            out_segment const piece{bytes, std::exchange(message_size, 0)};
            auto const taken = link_->write({&piece, 1});
            loop_.run_until_idle();
            ASSERT_GT(taken.size, 0u);
            bytes = bytes.subspan(taken.size);
        }
    }

    /// All that has come, as text.
    [[nodiscard]] std::string hear() {
        std::vector<std::byte> buffer(64 * kib);
        std::array<transport::in_piece, 16> pieces;
        auto const got = link_->read(buffer, pieces);
        std::string all;
        for (auto const& each : std::span(pieces).first(got.pieces)) {
            all += as_text(each.bytes);
        }
        return all;
    }

private:
    transport::simulated_runtime& loop_;
    std::unique_ptr<transport::dialer> dialer_;
    std::unique_ptr<transport::connection> link_;
};

TEST(stream_memory, FLO_11_sends_that_wait_take_no_more_than_the_mark) {
    for (std::size_t const size : {0u, 1u, 100u}) {
        transport::simulated_runtime loop;
        auto const where = std::make_shared<peers::loop_handle>(loop, nullptr);
        auto const on = std::make_shared<peers::line>(where, 1, 0ms);
        // Not begun: all that it takes waits.
        stream_writer<blob> to(peers::called_stream::make(on, {}));
        std::size_t const before = live;
        std::size_t taken = 0;
        while (to.send({pattern(size)}).taken()) {
            ++taken;
            ASSERT_LT(live, before + send_queue_size_mark + send_part_cost + size) << taken;
        }
        EXPECT_GE(taken, send_queue_size_mark / (send_part_cost + size));
    }
}

TEST(stream_memory, a_frame_of_tiny_records_takes_no_more_than_its_connection_may_hold) {
    session_limits limits;
    limits.message_size_max = crowd_size + 1 * mib;
    limits.held_size_max = crowd_size + 2 * mib;
    for (std::size_t const body_size : {0u, 1u, 3u}) {
        memory::hub names;
        transport::simulated_runtime loop;
        auto const server =
            rpc_server::builder()
                .listen("memory:here")
                .over(names)
                .run_on(loop)
                .limits(limits)
                .handle(sizes,
                        [](stream_reader<blob>&, call_context) -> awaitable<call_result<number>> {
                            co_await wait_for(1h);
                            co_return number{};
                        })
                .handle(echo, [](text const& asked) { return asked; })
                .start()
                .value();
        bare_client client(names, loop, "memory:here");
        auto const bytes = crowd_of_records(sizes.id, body_size);
        client.say(bytes_view(bytes).first(bytes.size() - 1));
        peak = live.load();
        std::size_t const before = live;
        client.say(bytes_view(bytes).last(1));
        EXPECT_LT(peak - before, limits.held_size_max + 2 * mib) << body_size;
        std::string const why = make_error_code(rpc::rpc_error::held_too_much).message();
        EXPECT_NE(client.hear().find(why), std::string::npos);
        EXPECT_LT(live, before + 1 * mib);
        auto const other = rpc_client::builder("memory:here").over(names).run_on(loop).connect();
        EXPECT_EQ(other.value().call(echo, {"x"}).value()->value, "x");
    }
}

}  // namespace
}  // namespace trunkline
