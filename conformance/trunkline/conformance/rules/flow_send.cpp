// Sends that do not wait: FLO-11 and FLO-12.
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

// On the thread of the loop, where a send can tell that nothing waits.
template <class Do>
void on_loop(world& at, Do what) {
    bool done = false;
    at.loop().post([&] {
        what();
        done = true;
    });
    expect(at.comes_true([&] { return done; }), "the loop does not run");
}

constexpr std::size_t sent_size = 10'000;

// Parts of which none waits for anybody. On the thread of the loop.
class sends {
public:
    explicit sends(stream_writer<blob> to) : to_(std::move(to)) {
        to_.on_drained([told = drained_] { ++*told; });
    }

    [[nodiscard]] send_outcome one(std::size_t size = sent_size) {
        auto const outcome = to_.send(part_of(taken_, size));
        taken_ += outcome.taken() ? 1 : 0;
        return outcome;
    }
    void expect_told(send_status due, std::string_view of_what, std::size_t size = sent_size) {
        auto const outcome = one(size);
        expect(outcome.status == due && !outcome.why,
               std::string(of_what) + " is told something else");
    }
    // Until one has to wait.
    void fill() {
        std::size_t const before = taken_;
        send_status last = send_status::sent;
        for (;;) {
            send_outcome const outcome = one();
            if (!outcome.taken()) {
                expect(outcome.status == send_status::wait && !outcome.why,
                       "a part that finds no room is refused");
                break;
            }
            last = outcome.status;
            expect((taken_ - before) * sent_size <=
                       send_queue_size_mark + stream_output_size_mark + 2 * chunk_size,
                   "more is taken than may wait");
        }
        expect(last == send_status::queued, "a part that has to wait is said to be sent");
        expect((taken_ - before) * (sent_size + send_part_cost) > send_queue_size_mark,
               "too little is taken");
        expect_told(send_status::wait, "a small part that finds no room", 1);
    }
    void finish() { to_.finish(); }

    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
    // How often the queue has drained.
    [[nodiscard]] std::size_t drained() const noexcept { return *drained_; }

private:
    stream_writer<blob> to_;
    std::size_t taken_ = 0;
    std::shared_ptr<std::size_t> drained_ = std::make_shared<std::size_t>(0);
};

// With the extension and without: waiting for credit, and in a bounded queue.
template <class Check>
void with_a_stream(world& at, Check check) {
    for (bool const extended : {false, true}) {
        unread kept;
        session_limits limits;
        limits.message_size_max = 2 * sent_size;
        pairing made(at);
        if (extended) {
            made.extended();
        }
        auto pair = made.handle(sizes, kept.handler())
                        .on_caller([&](auto& builder) { builder.limits(limits); })
                        .connect();
        auto call = pair.caller().open(sizes);
        expect(at.comes_true([&] { return kept.from.size() == 1; }), "the stream did not begin");
        sends to(std::move(call.to));
        check(to, kept.from.front());
    }
}

void read_one(stream_reader<blob>& from, std::size_t which) {
    auto const next = from.read();
    expect(value_of(next, "a read").has_value(), "the stream ended early");
    auto const& bytes = (**next)->bytes;
    expect(bytes == part_of(which, bytes.size()).bytes, "something else came than was sent");
}

void a_send_says_what_became_of_it(world& at) {
    with_a_stream(at, [&](sends& to, stream_reader<blob>& from) {
        on_loop(at, [&] {
            to.expect_told(send_status::sent, "a part with room", 100);
            auto const large = to.one(2 * sent_size + 1);
            expect(large.status == send_status::refused &&
                       large.why == rpc::rpc_error::message_too_large,
                   "a part above its limit is told something else");
            to.fill();
        });
        std::size_t which = 0;
        for (; which < to.taken(); ++which) {
            read_one(from, which);
        }
        expect(at.comes_true([&] { return to.drained() == 1; }), "the queue does not drain");
        on_loop(at, [&] {
            to.expect_told(send_status::sent, "a part after the queue has drained", 100);
            to.finish();
            auto const late = to.one(1);
            expect(late.status == send_status::refused && late.why == call_error::stream_ended,
                   "a part behind the end is told something else");
        });
        read_one(from, which);
        auto const end = from.read();
        expect(value_of(end, "a read") == std::nullopt, "a part that was not taken was sent");
    });
}

void a_queue_drains_once(world& at) {
    with_a_stream(at, [&](sends& to, stream_reader<blob>& from) {
        std::size_t which = 0;
        on_loop(at, [&] {
            while ((to.taken() + 1) * sent_size <= send_queue_low_mark) {
                static_cast<void>(to.one());
            }
        });
        while (which < to.taken()) {
            read_one(from, which++);
        }
        at.let_pass(1s);
        expect(to.drained() == 0, "a queue that was never above its mark drains");
        for (std::size_t episode = 1; episode <= 3; ++episode) {
            on_loop(at, [&] { to.fill(); });
            expect(to.drained() == episode - 1, "a queue that is full has drained");
            while (which < to.taken()) {
                read_one(from, which++);
                expect(to.drained() <= episode, "a queue drains twice");
            }
            expect(at.comes_true([&] { return to.drained() == episode; }),
                   "a queue that is empty has not drained");
        }
        at.let_pass(1s);
        expect(to.drained() == 3, "a queue drains twice");
    });
}

constexpr std::array rules{
    rule{"FLO-11", level::must,
         "A send that does not wait says which it was: sent, queued, has to wait, or refused; only "
         "what was taken arrives.",
         "What is counted as waiting, and when the mark of a stream is looked at.",
         needs::one_shape, a_send_says_what_became_of_it},
    rule{"FLO-12", level::must,
         "Each time the queue of a stream falls to its low mark the sender is told, once.",
         "Where an episode begins and ends.", needs::one_shape, a_queue_drains_once},
};

}  // namespace

std::span<rule const> flow_send_rules() {
    return rules;
}

}  // namespace trunkline::conformance
