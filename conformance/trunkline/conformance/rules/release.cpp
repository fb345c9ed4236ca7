// What is left behind, and what goes at a bad moment: the family RES.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/heap.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/transport/file_descriptor.hpp>

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

// What the heap may take more than before, whatever was done in between: tables that have grown
// once, and memory that is kept for what comes next.
constexpr std::size_t noise_max = 48 * kib;

// Does `work` until the heap has what it keeps, and as often again.
void expect_flat(std::size_t times, std::string const& of, std::function<void()> const& work) {
    auto const repeat = [&] {
        for (std::size_t i = 0; i < times; ++i) {
            work();
        }
        return heap_in_use();
    };
    auto const before = repeat();
    auto const after = repeat();
    expect(after <= before + noise_max + times,
           std::to_string(times) + of + " have left " + std::to_string(after - before) + " bytes");
}

void connections_leave_nothing(world& at) {
    auto builder = at.a_server();
    builder.handle(echo, same);
    auto const server = start(at, builder);
    expect_flat(at.amount("connections"), " connections", [&] {
        {
            auto const client = value_of(at.a_client().connect(), "connecting");
            static_cast<void>(value_of(client.call(echo, {"x"}), "a call"));
        }
        expect(at.comes_true([&] { return server.peers().empty(); }), "a connection never ended");
    });
}

void streams_leave_nothing(world& at) {
    mixed_calls served(100, 2);
    pairing joining(at);
    joining.on_callee([&](auto& builder) { served.serve(builder); });
    auto pair = joining.connect();
    expect_flat(at.amount("rounds of four calls"), " times four calls", [&] {
        mixed_calls calls(100, 2);
        calls.begin(at, pair.caller());
        expect(at.comes_true([&] { return calls.have_ended(); }), "a call never ended");
        expect(calls.failures().empty(), "a call has failed");
    });
    expect(at.comes_true([&] { return served.serving() == 0; }), "a handler runs on");
}

// Where a client, or its server, goes that called it.
void gone_from_within(world& at, std::function<void(std::function<void()> const& go, pairing&)> set,
                      std::function<void(sides&, std::function<void()> const& go)> const& act) {
    std::optional<sides> pair;
    std::size_t went = 0;
    bool armed = false;
    std::function<void()> const go = [&] {
        if (armed) {
            armed = false;
            ++went;
            pair.reset();
        }
    };
    pairing joining(at);
    set(go, joining);
    pair.emplace(joining.connect());
    armed = true;
    act(*pair, go);
    expect(at.comes_true([&] { return went == 1; }), "a callback was not called");
    at.let_pass(1s);
}

void a_connection_may_go_from_within(world& at) {
    gone_from_within(
        at,
        [](auto const& go, pairing& with) {
            with.handle(echo, [go](text const& said) {
                go();
                return said;
            });
        },
        [](sides& pair, auto const&) {
            pair.caller().async_call(echo, {"x"}, [](auto const&) {});
        });
    gone_from_within(
        at, [](auto const&, pairing& with) { with.handle(echo, same); },
        [](sides& pair, auto const& go) {
            pair.caller().async_call(echo, {"x"}, [go](auto const&) { go(); });
        });
    gone_from_within(
        at,
        [](auto const& go, pairing& with) { with.client().on_state([go](auto, auto) { go(); }); },
        [](sides& pair, auto const&) { pair.serving().close(); });
    gone_from_within(
        at,
        [](auto const& go, pairing& with) {
            with.server().on_state([go](auto const&, auto, auto) { go(); });
        },
        [](sides& pair, auto const&) { pair.client().close(); });
    pumped served{1000};
    gone_from_within(
        at, [&](auto const&, pairing& with) { with.handle(blobs, served.handler()); },
        [](sides& pair, auto const& go) {
            auto const from = std::make_shared<stream_reader<blob>>(pair.caller().open(blobs, {5}));
            from->async_read([from, go](auto const&) { go(); });
        });
    gone_from_within(
        at, [&](auto const&, pairing& with) { with.handle(blobs, served.handler()); },
        [](sides& pair, auto const& go) {
            pair.caller().async_call(echo, {"nobody's"}, [go](auto const&) { go(); });
        });
}

// Its client or server has gone, but not the loop, on which its callbacks are to run.
void expect_end_on_this_thread(world& at, peer const& by) {
    auto const told = std::make_shared<std::promise<std::thread::id>>();
    auto where = told->get_future();
    by.async_call(echo, {"late"},
                  [told](auto const&) { told->set_value(std::this_thread::get_id()); });
    expect(at.comes_true([&] { return where.wait_for(0s) == std::future_status::ready; }),
           "a call that comes behind the end of its client or server does not end");
    expect(where.get() == std::this_thread::get_id(),
           "a call that comes behind the end of its client or server ends on another thread");
}

// A loop of its own, which goes at any moment: first what is on it, then, a turn later, the loop.
void nothing_outlives_its_loop(world& at) {
    for (std::size_t i = 0; i < at.amount("rounds"); ++i) {
        mixed_calls calls(500, 5);
        std::list<begun_call> waiting;
        gate held;
        peer late;
        world inner(at.about(), at.options());
        inner.set_links(1 * kib, 1ms);
        {
            pairing joining(inner);
            joining.handle(never, waits_at(held)).on_callee([&](auto& by) { calls.serve(by); });
            auto pair = joining.connect();
            calls.begin(inner, pair.caller());
            for (int calling = 0; calling < 10; ++calling) {
                waiting.emplace_back(inner, pair.caller(), never);
            }
            inner.let_pass(std::chrono::microseconds(at.random()() % 3000));
            late = pair.caller();
        }
        // A turn or two: time does not matter.
        auto const gone = inner.loop().now();
        expect(inner.comes_true([&] {
            return calls.have_ended() && std::ranges::all_of(waiting, &begun_call::has_ended) &&
                   calls.serving() == 0;
        }),
               "a call, or its handler, outlives its client and server");
        expect(!at.options().virtual_time || inner.loop().now() == gone, "calls end late");
        inner.let_pass(1ms);
        expect_end_on_this_thread(inner, late);
        calls.expect_sound();
        for (begun_call const& each : waiting) {
            expect(each.ends() == 1, "a call whose client and server have gone did not end once");
        }
    }
}

// The process may have fewer descriptors meanwhile.
class lowered_limit {
public:
    explicit lowered_limit(rlim_t most) {
        bool lowered = ::getrlimit(RLIMIT_NOFILE, &before_) == 0;
        rlimit const lower{.rlim_cur = most, .rlim_max = before_.rlim_max};
        lowered = lowered && ::setrlimit(RLIMIT_NOFILE, &lower) == 0;
        if (!lowered) {
            throw rule_not_applicable{"the system does not limit descriptors"};
        }
    }
    ~lowered_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    lowered_limit(lowered_limit const&) = delete;
    lowered_limit& operator=(lowered_limit const&) = delete;

private:
    rlimit before_{};
};

// Takes every descriptor that the process may have, but one, and gives them back.
class famine {
public:
    famine() {
        for (;;) {
            transport::file_descriptor taken(::socket(AF_UNIX, SOCK_STREAM, 0));
            if (!taken) {
                break;
            }
            taken_.push_back(std::move(taken));
        }
        if (taken_.empty()) {
            throw rule_not_applicable{"the process holds too many descriptors already"};
        }
        taken_.pop_back();
    }

private:
    lowered_limit limit_{256};
    std::vector<transport::file_descriptor> taken_;
};

void accepting_survives_a_famine(world& at) {
    if (at.options().virtual_time) {
        throw rule_not_applicable{"simulated links need no descriptors"};
    }
    auto pair = pairing(at).handle(echo, same).connect();
    std::optional<result<rpc_client>> late;
    {
        famine const now;
        // The last descriptor is the dialer's: nobody can be accepted.
        at.a_client().async_connect(
            [&](result<rpc_client> made) { late.emplace(std::move(made)); });
        at.let_pass(20ms);
        expect_usable(pair);
        at.let_pass(20ms);
    }
    expect(at.comes_true([&] { return late.has_value(); }), "accepting was never taken up again");
    // Who could not be accepted in time may have been refused; who comes now is served.
    auto const next = value_of(at.a_client().connect(), "connecting after the famine");
    static_cast<void>(value_of(next.call(echo, {"x"}), "a call after the famine"));
}

// Dials whose links break behind so many bytes, in both directions; how far they went.
std::uint64_t expect_failed_dial(world& at, faults& links, bool from_dialler, std::size_t size) {
    auto const before = links.carried(from_dialler);
    links.cut_after(from_dialler, size);
    auto const made = at.a_client().connect_timeout(2s).connect();
    links.cut_after(from_dialler, 1024 * mib);
    return made ? 0 : links.carried(from_dialler) - before;
}

void failed_handshakes_leave_no_slot(world& at) {
    constexpr std::size_t slots = 3;
    auto builder = at.a_server();
    builder.connections_max(slots).handle(echo, same);
    auto const server = start(at, builder);
    at.let_pass(1ms);  // it listens from the next turn on
    if (faults* const links = at.place().disturb(); links != nullptr) {
        auto const step = at.amount("bytes between cuts");
        for (bool const from_dialler : {true, false}) {
            for (std::size_t size = 1 + at.random()() % step;
                 expect_failed_dial(at, *links, from_dialler, size) != 0; size += step) {
            }
        }
    }
    if (auto const dialer = at.place().raw_dialer(); dialer != nullptr) {
        for (std::size_t size = 0; size < 4 * slots; ++size) {
            bare_link one(value_of(dial_bare(at, *dialer, server.endpoints().front()), "a dial"));
            one.say(std::string(1 + size * 7, static_cast<char>(size * 20)));
            size % 2 == 0 ? one.abort() : one.close();
        }
    }
    expect(at.comes_true([&] { return server.peers().empty(); }), "a failed handshake is a peer");
    std::list<rpc_client> all;
    for (std::size_t i = 0; i < slots; ++i) {
        all.push_back(value_of(at.a_client().connect(), "connecting behind failed handshakes"));
        static_cast<void>(value_of(all.back().call(echo, {"x"}), "a call"));
    }
}

constexpr std::array rules{
    rule{"RES-02",
         level::must,
         "Connections that come and go leave no memory behind.",
         "What a listener, a dialer or a server keeps of each connection.",
         needs::one_role | needs::one_shape,
         connections_leave_nothing,
         {"a leak of a byte each", {{"connections", 100, 50'000}}}},
    rule{"RES-03",
         level::must,
         "Calls and streams on one connection leave no memory behind.",
         "What a session keeps of each stream.",
         needs::one_shape,
         streams_leave_nothing,
         {"a million streams", {{"rounds of four calls", 60, 125'000}}}},
    rule{"RES-04", level::must,
         "A client and a server may go from within their own handlers, callbacks and observers.",
         "What is touched behind a callback.", needs::other_threads,
         a_connection_may_go_from_within},
    rule{"RES-05",
         level::must,
         "When all that is on a loop goes, each call that waits, or comes then, ends once on that "
         "loop, before it goes.",
         "What is dropped with a loop without a word.",
         needs::nothing,
         nothing_outlives_its_loop,
         {"many moments", {{"rounds", 3, 200}}}},
    rule{"RES-07", level::must,
         "A server without descriptors serves those it has, and accepts again when there are some.",
         "What a listener does when accepting fails.", needs::one_role,
         accepting_survives_a_famine},
    rule{"RES-08",
         level::must,
         "A handshake that fails, at whatever byte, leaves its slot to the next one.",
         "When a connection is counted, and when no more.",
         needs::one_role,
         failed_handshakes_leave_no_slot,
         {"every place, and not each 97th", {{"bytes between cuts", 97, 1}}}},
};

}  // namespace

std::span<rule const> release_rules() {
    return rules;
}

}  // namespace trunkline::conformance
