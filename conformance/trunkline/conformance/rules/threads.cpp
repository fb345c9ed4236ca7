// Other threads, and calls from within callbacks: the family THR.
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/sides.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

// Runs the loop here while that many threads do their work, each told its number.
void work_beside(world& at, std::size_t threads, std::function<void(std::size_t)> const& work) {
    if (at.options().virtual_time) {
        throw rule_not_applicable{"threads do not wait for a clock that is simulated"};
    }
    std::size_t ended = 0;
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < threads; ++i) {
        all.emplace_back([&, i] {
            work(i);
            at.loop().post([&] { ++ended; });
        });
    }
    // Work of any length, on a machine of any speed, but for the limit of the run.
    while (ended != threads && at.broken_off().empty()) {
        static_cast<void>(at.comes_true([&] { return ended == threads; }));
    }
    expect(ended == threads, "a thread never came to its end");
}

// Calls nearly everything there is, on a peer that may go meanwhile.
void use(peer const& one, std::size_t turn) {
    static_cast<void>(one.is_connected());
    static_cast<void>(one.is_reconnecting());
    static_cast<void>(one.name());
    static_cast<void>(one.credentials());
    one.send(news, {"told"});
    switch (turn % 5) {
        case 0:
            static_cast<void>(one.call(echo, {"x"}));
            break;
        case 1: {
            auto down = one.open(blobs, {2});
            down.expires_after(10s);
            static_cast<void>(down.read());
            down.expires_never();
            break;
        }
        case 2: {
            auto up = one.open(sizes);
            up.to.expires_after(10s);
            static_cast<void>(up.to.write(part_of(turn, 100)));
            static_cast<void>(up.to.send(part_of(turn, 100)));
            up.to.finish();
            static_cast<void>(up.answer.get());
            break;
        }
        case 3: {
            auto talk = one.open(loop_back);
            talk.to.on_drained([] {});
            static_cast<void>(talk.to.write(part_of(turn, 100)));
            talk.from.cancel();
            break;
        }
        case 4:
            static_cast<void>(one.ping({.timeout = 10s}));
            break;
    }
}

// Both sides of a pair can be called.
sides a_busy_pair(world& at, mixed_calls const& served, observed* seen = nullptr) {
    pairing joining(at);
    auto const serve = [&](auto& builder) {
        served.serve(builder);
        builder.handle(news, [](text const&) {});
        if (seen != nullptr) {
            seen->watch(builder);
        }
    };
    joining.on_caller(serve).on_callee(serve).extended();
    return joining.connect();
}

void any_thread_may_call(world& at) {
    mixed_calls const served(100, 2);
    auto pair = a_busy_pair(at, served);
    peer const client = pair.client();
    peer const serving = pair.serving();
    std::size_t const turns = at.amount("turns");
    work_beside(at, 4, [&](std::size_t which) {
        for (std::size_t turn = which; turn < which + turns; ++turn) {
            use(which % 2 == 0 ? client : serving, turn);
            static_cast<void>(pair.server().peers());
            static_cast<void>(pair.server().endpoints());
            pair.server().broadcast(news, {"to all"});
        }
    });
    expect_usable(pair);
}

void a_close_ends_what_threads_do(world& at) {
    mixed_calls const served(100, 2);
    observed seen;
    auto pair = a_busy_pair(at, served, &seen);
    peer const client = pair.client();
    peer const serving = pair.serving();
    std::size_t const threads = at.amount("threads");
    std::size_t const turns = at.amount("turns");
    std::atomic<std::size_t> used = 0;
    work_beside(at, threads, [&](std::size_t which) {
        for (std::size_t turn = which; turn < which + turns; ++turn) {
            use(which % 2 == 0 ? client : serving, turn);
            if (++used == threads * turns / 2) {
                client.close();
            }
        }
    });
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "a closed connection goes on");
    expect(!client.is_connected() && !serving.is_connected(), "it is said to be connected");
    seen.client().expect_lawful();
    seen.server().expect_lawful();
}

// Whether whoever is inside is there alone.
class turnstile {
public:
    void pass() {
        overlapped_ = overlapped_ || inside_.exchange(true);
        inside_ = false;
        ++passed_;
    }
    [[nodiscard]] bool overlapped() const noexcept { return overlapped_; }
    [[nodiscard]] std::size_t passed() const noexcept { return passed_; }

private:
    std::atomic<bool> inside_ = false;
    std::atomic<bool> overlapped_ = false;
    std::atomic<std::size_t> passed_ = 0;
};

void callbacks_never_overlap(world& at) {
    turnstile one;
    pairing joining(at);
    joining.handle(echo, [&](text const& said) {
        one.pass();
        return said;
    });
    joining.handle(news, [&](text const&) { one.pass(); });
    auto pair = joining.connect();
    peer const caller = pair.caller();
    std::size_t const turns = at.amount("turns");
    std::atomic<std::size_t> ended = 0;
    work_beside(at, 4, [&](std::size_t) {
        for (std::size_t turn = 0; turn < turns; ++turn) {
            caller.send(news, {"x"});
            // Also what fails at once is told where everything else is.
            call_options const options{.timeout = turn % 3 == 0 ? -1ms : 10s};
            caller.async_call(echo, {"x"}, options, [&](auto const&) {
                one.pass();
                ++ended;
            });
        }
    });
    expect(at.comes_true([&] { return ended == 4 * turns; }), "a call never ended");
    expect(!one.overlapped(), "two callbacks of one connection ran at once");
    expect(one.passed() > 4 * turns, "no handler was called");
}

// Calls from within a callback, and how many of them have ended.
class poking {
public:
    void poke(peer const& one) {
        if (begun_ >= most) {
            return;
        }
        ++begun_;
        static_cast<void>(one.is_connected());
        static_cast<void>(one.name());
        one.send(news, {"from within"});
        one.async_call(echo, {"x"}, [this](auto const&) { ++ended_; });
        one.async_ping({.timeout = 1s}, [](auto const&) {});
        auto const down = one.open(blobs, {1});
        auto const waiting = one.call(echo, {"blocks"});
        blocked_ = blocked_ || waiting.has_value();
        refused_ += !waiting && waiting.error().error == call_error::would_deadlock ? 1 : 0;
    }

    [[nodiscard]] std::size_t begun() const noexcept { return begun_; }
    [[nodiscard]] bool have_ended() const noexcept { return ended_ == begun_; }
    // No blocking call was made from within: each was refused at once.
    [[nodiscard]] bool is_refused() const noexcept { return !blocked_ && refused_ == begun_; }

private:
    static constexpr std::size_t most = 200;

    std::size_t begun_ = 0;
    std::size_t ended_ = 0;
    std::size_t refused_ = 0;
    bool blocked_ = false;
};

void callbacks_may_call_anything(world& at) {
    poking all;
    mixed_calls const served(100, 2);
    pairing joining(at);
    auto const set = [&](auto& builder) {
        served.serve(builder);
        builder.handle(news, [](text const&) {});
    };
    joining.on_caller(set).on_callee(set).extended();
    joining.handle(add_one, [&](number const& given, call_context const& context) {
        all.poke(context.caller);
        return number{given.value + 1};
    });
    joining.server().on_state([&](peer const& who, auto state, auto) {
        if (state == transport::connection_state::connected || is_end(state)) {
            all.poke(who);
        }
    });
    auto pair = joining.connect();
    peer const caller = pair.caller();
    expect(all.begun() == 1, "an observer was not called");
    static_cast<void>(value_of(caller.call(add_one, {1}), "a call whose handler calls"));
    std::size_t told = 0;
    caller.async_call(echo, {"x"}, [&](auto const&) {
        all.poke(caller);
        ++told;
    });
    caller.async_ping({.timeout = 10s}, [&](auto const&) {
        all.poke(caller);
        ++told;
    });
    auto down = caller.open(blobs, {1});
    down.async_read([&](auto const&) {
        all.poke(caller);
        ++told;
    });
    auto up = caller.open(sizes);
    up.to.async_write(part_of(0, 100), [&](auto const&) {
        all.poke(caller);
        ++told;
    });
    expect(at.comes_true([&] { return told == 4 && all.have_ended(); }),
           "what was called from within a callback never ended");
    pair.caller().close();
    expect(at.comes_true([&] { return all.begun() >= 7 && all.have_ended(); }),
           "what was called at the end never ended");
    expect(all.is_refused(), "a callback may wait for what only its own thread can bring");
}

// How much of the stack callbacks use, from the first one on.
class stack_use {
public:
    void note() {
        // Not that of a local: sanitizers keep those elsewhere.
        auto const at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        lowest_ = std::min(lowest_, at);
        highest_ = std::max(highest_, at);
    }
    [[nodiscard]] std::size_t size() const noexcept { return highest_ - lowest_; }

private:
    std::uintptr_t lowest_ = UINTPTR_MAX;
    std::uintptr_t highest_ = 0;
};

// Callbacks of which each asks for the next one. It has to outlive what calls them.
class chain {
public:
    void run(world& at, std::string const& of, std::function<void()> ask) {
        steps_ = at.amount("callbacks");
        ask_ = std::move(ask);
        ask_();
        // Where links take their time all of them last longer than anybody waits.
        std::size_t before = 0;
        do {
            before = done_;
            static_cast<void>(at.comes_true([&] { return done_ == steps_; }));
        } while (done_ < steps_ && done_ > before);
        ask_ = nullptr;
        expect(done_ == steps_, of + " do not go on");
        expect(used_.size() <= stack_max, of + " that ask for the next one take " +
                                              std::to_string(used_.size()) + " bytes of the stack");
    }

    void called() {
        used_.note();
        ++done_;
        if (ask_ != nullptr && done_ < steps_) {
            ask_();
        }
    }

private:
    static constexpr std::size_t stack_max = 128 * kib;

    std::function<void()> ask_;
    std::size_t steps_ = 0;
    std::size_t done_ = 0;
    stack_use used_;
};

void callbacks_do_not_pile_up(world& at) {
    chain calls;
    chain failures;
    chain writes;
    chain reads;
    auto pair = a_busy_pair(at, mixed_calls(100, 2));
    peer const caller = pair.caller();
    calls.run(at, "calls",
              [&] { caller.async_call(echo, {"x"}, [&](auto const&) { calls.called(); }); });
    failures.run(at, "calls that fail at once", [&] {
        caller.async_call(echo, {"x"}, {.timeout = -1ms}, [&](auto const&) { failures.called(); });
    });
    auto up = caller.open(sizes);
    writes.run(at, "writes",
               [&] { up.to.async_write(part_of(0, 50), [&](auto const&) { writes.called(); }); });
    auto down = caller.open(blobs, {at.amount("callbacks")});
    reads.run(at, "reads", [&] { down.async_read([&](auto const&) { reads.called(); }); });
}

// What happens to calls, in its order, each with its moment.
std::vector<std::string> story_of(world& at, std::size_t left) {
    std::vector<std::string> told;
    auto const note = [&](std::string what) {
        told.push_back(std::to_string(at.loop().now().time_since_epoch().count()) + " " +
                       std::move(what));
    };
    pairing joining(at);
    joining.handle(mirror, [&](blob const& given) {
        note("handled " + std::to_string(given.bytes.size()));
        return given;
    });
    joining.client().on_state(
        [&](auto state, auto) { note("client " + std::to_string(static_cast<int>(state))); });
    joining.server().on_state([&](auto const&, auto state, auto) {
        note("server " + std::to_string(static_cast<int>(state)));
    });
    auto pair = joining.connect();
    for (std::size_t i = left; i > 0; --i) {
        pair.caller().async_call(mirror, {at.noise(at.random()() % 5000)}, [&, i](auto const&) {
            note("ended " + std::to_string(i));
            --left;
        });
        at.let_pass(std::chrono::microseconds(at.random()() % 2000));
    }
    expect(at.comes_true([&] { return left == 0; }), "a call never ended");
    pair.caller().close();
    at.let_pass(5s);
    return told;
}

void the_same_seed_is_the_same_story(world& at) {
    if (at.about().has.secure) {
        throw rule_not_applicable{"TLS draws random numbers of its own"};
    }
    std::size_t const calls = at.amount("calls");
    auto const tell = [&](std::uint64_t seed) {
        world_options how = at.options();
        how.seed = seed;
        world again(at.about(), how);
        return story_of(again, calls);
    };
    auto const first = tell(at.options().seed);
    expect(first == tell(at.options().seed), "the same seed gives another order of events");
    expect(first != tell(at.options().seed + 1), "the seed has no say in the order of events");
}

void a_cancel_that_races_is_one_outcome(world& at) {
    auto pair = pairing(at).handle(echo, same).connect();
    for (std::size_t round = 0; round < at.amount("races"); ++round) {
        std::stop_source stop;
        begun_call const call(at, pair.caller(), echo,
                              {.on_behalf_of = call_parent{.stop = stop.get_token()}});
        std::jthread const canceller([&] { stop.request_stop(); });
        expect(at.comes_true([&] { return call.has_ended(); }), "a call never ended");
        at.let_pass(1us);
        expect(call.ends() == 1, "a call was cancelled and answered");
        expect(call.error() ? call.error() == call_error::cancelled : call.said() == "x",
               "a call ended otherwise");
    }
    expect_usable(pair);
}

constexpr std::array rules{
    rule{"THR-01",
         level::must,
         "Any function of peers and servers may be called from any thread.",
         "What is used without a lock, or a turn of the loop; a race detector tells.",
         needs::other_threads,
         any_thread_may_call,
         {"many meetings", {{"turns", 20, 1000}}}},
    rule{"THR-02",
         level::must,
         "Threads that read, write and close one connection leave it closed, each of them with an "
         "end.",
         "What waits for a connection that has gone.",
         needs::other_threads,
         a_close_ends_what_threads_do,
         {"the hundred of the catalogue", {{"threads", 8, 100}, {"turns", 20, 1000}}}},
    rule{"THR-03",
         level::must,
         "Callbacks of one connection never overlap.",
         "On which thread the end of a call is told.",
         needs::other_threads,
         callbacks_never_overlap,
         {"many meetings", {{"turns", 50, 5000}}}},
    rule{"THR-04", level::must,
         "Any function may be called from within any callback; one that would wait is refused.",
         "What is locked, or half changed, while a callback runs.", needs::nothing,
         callbacks_may_call_anything},
    rule{"THR-05",
         level::must,
         "Callbacks that ask for the next one do not pile up on the stack.",
         "Where something is completed from inside of the function that began it.",
         needs::nothing,
         callbacks_do_not_pile_up,
         {"more than a stack holds", {{"callbacks", 500, 300'000}}}},
    rule{"THR-06",
         level::must,
         "The same seed gives the same order of events.",
         "What depends on addresses, clocks or random numbers of its own.",
         needs::virtual_time,
         the_same_seed_is_the_same_story,
         {"a longer story", {{"calls", 8, 1000}}}},
    rule{"THR-08",
         level::must,
         "A cancel from another thread that meets the answer leaves one outcome.",
         "Who may end a call, and what stops the second one.",
         needs::other_threads,
         a_cancel_that_races_is_one_outcome,
         {"many meetings", {{"races", 8, 5000}}}},
};

}  // namespace

std::span<rule const> thread_rules() {
    return rules;
}

}  // namespace trunkline::conformance
