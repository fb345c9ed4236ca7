// What becomes of calls when a link breaks or a process goes: the family FLT.
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/rules/on_time.hpp>
#include <trunkline/conformance/service.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using rpc::rpc_error;

// Further than any exchange goes.
constexpr std::size_t far_away = 1024 * mib;

void heal(faults& links) {
    for (bool const from_dialler : {true, false}) {
        links.stall(from_dialler, false);
        links.cut_after(from_dialler, far_away);
    }
}

// A pair with calls of every kind.
struct exchange {
    exchange(world& at, std::size_t part_size, std::size_t parts)
        : calls(part_size, parts), pair([&] {
              pairing joining(at);
              joining.on_callee([&](auto& builder) { calls.serve(builder); });
              return joining.connect();
          }()) {}

    mixed_calls calls;
    sides pair;
};

// What one side sends in an exchange that nothing cuts; or what becomes of one that is cut there.
std::uint64_t exchange_cut_at(world& at, bool from_dialler, std::size_t position) {
    faults& links = at.disturb();
    heal(links);
    exchange one(at, 8, 2);
    auto const before = links.carried(from_dialler);
    links.cut_after(from_dialler, position);
    one.calls.begin(at, one.pair.caller());
    expect(at.comes_true([&] { return one.calls.have_ended(); }), "a call outlived its link");
    one.calls.expect_sound();
    for (error_code const why : one.calls.failures()) {
        expect(why == rpc_error::connection_lost || why == rpc_error::not_connected,
               "a call whose link was cut ended with: " + why.message());
    }
    expect(at.comes_true([&] { return one.calls.serving() == 0; }), "a handler outlived its link");
    auto const sent = links.carried(from_dialler) - before;
    expect(sent <= position, "a link carried something behind its cut");
    return sent;
}

void every_cut_is_told(world& at) {
    // In a quick run some positions: five seeds, with all shapes and roles, take each of them.
    auto const step = at.amount("bytes between cuts");
    auto const begin = (at.options().seed * 12 + static_cast<std::size_t>(at.options().shape) * 2 +
                        static_cast<std::size_t>(at.options().role)) %
                       step;
    for (bool const from_dialler : {true, false}) {
        auto const size = exchange_cut_at(at, from_dialler, far_away);
        for (std::size_t position = begin; position < size; position += step) {
            static_cast<void>(exchange_cut_at(at, from_dialler, position));
        }
    }
}

// The ways in which a connection goes while calls wait, without a word of either side about them.
struct loss {
    std::string name;
    std::function<void(world&, sides&)> act;
};
std::vector<loss> losses(world& at) {
    std::vector<loss> all{
        {"the caller has closed", [](world&, sides& pair) { pair.caller().close(); }},
        {"the called side has closed", [](world&, sides& pair) { pair.callee().close(); }},
        {"the called side has gone", [](world&, sides& pair) { pair.drop_callee(); }}};
    if (at.place().disturb() != nullptr) {
        all.push_back({"the link was cut", [](world& where, sides&) { where.disturb().cut(); }});
    }
    return all;
}

void expect_lost(error_code why, loss const& after) {
    expect(why == rpc_error::connection_lost,
           "after " + after.name + " it ends with: " + why.message());
}

void pending_calls_fail(world& at) {
    auto const count = at.amount("calls");
    for (loss const& each : losses(at)) {
        gate held;
        // One who ends only its own direction gets its answers, for as long as this.
        connection_limits limits;
        limits.silence_timeout = at.options().virtual_time ? limits.silence_timeout : 2s;
        auto pair = pairing(at)
                        .on_callee([&](auto& builder) { builder.limits(limits); })
                        .handle(never, waits_at(held))
                        .connect();
        std::list<begun_call> calls;
        for (std::size_t i = 0; i < count; ++i) {
            calls.emplace_back(at, pair.caller(), never);
        }
        expect(at.comes_true([&] { return held.arrived() == count; }), "not all calls arrived");
        each.act(at, pair);
        expect(at.comes_true([&] { return std::ranges::all_of(calls, &begun_call::has_ended); }),
               "a call waits after " + each.name);
        at.let_pass(1s);
        for (begun_call const& call : calls) {
            expect(call.ends() == 1, "a call ended twice");
            expect_lost(call.error(), each);
            expect(call.progress() == call_progress::maybe_executed, "it is told unsent");
        }
        expect(at.comes_true([&] { return held.cancelled() == count; }), "a handler was not told");
    }
}

// Both halves of a conversation on one side, of which one is used.
struct reads_only {
    explicit reads_only(conversation<blob, blob> talk)
        : to(std::move(talk.to)), from(std::move(talk.from)), read(from) {}
    reads_only(stream_reader<blob> parts, stream_writer<blob> out)
        : to(std::move(out)), from(std::move(parts)), read(from) {}

    stream_writer<blob> to;
    stream_reader<blob> from;
    begun_read read;
};
struct writes_only {
    explicit writes_only(conversation<blob, blob> talk)
        : writes_only(std::move(talk.from), std::move(talk.to)) {}
    writes_only(stream_reader<blob> parts, stream_writer<blob> out)
        : from(std::move(parts)), to(std::move(out), 16 * kib, 100) {}

    stream_reader<blob> from;
    pump to;
};

void open_streams_end(world& at) {
    constexpr typed::two_way_stream<blob, blob> silent{"silent"};
    for (loss const& each : losses(at)) {
        std::list<reads_only> readers;
        std::list<writes_only> writers;
        std::size_t came = 0;
        auto pair =
            pairing(at)
                .extended()
                .handle(silent,
                        [&](stream_reader<blob> from, stream_writer<blob> to, call_context) {
                            ++came;
                            readers.emplace_back(std::move(from), std::move(to));
                        })
                .handle(loop_back,
                        [&](stream_reader<blob> from, stream_writer<blob> to, call_context) {
                            ++came;
                            writers.emplace_back(std::move(from), std::move(to));
                        })
                .connect();
        readers.emplace_back(pair.caller().open(silent));
        writers.emplace_back(pair.caller().open(loop_back));
        // What is buffered was written; the rest waits.
        expect(at.comes_true([&] { return came == 2; }), "a stream did not arrive");
        at.let_pass(1s);
        expect(
            !std::ranges::any_of(readers, [](auto const& one) { return one.read.has_ended(); }) &&
                !std::ranges::any_of(writers, [](auto const& one) { return one.to.has_ended(); }),
            "what is to wait does not");
        each.act(at, pair);
        for (reads_only const& one : readers) {
            expect(at.comes_true([&] { return one.read.has_ended(); }),
                   "a reader waits after " + each.name);
            expect_lost(one.read.failure(), each);
        }
        for (writes_only const& one : writers) {
            expect(at.comes_true([&] { return one.to.has_ended(); }),
                   "a writer waits after " + each.name);
            expect_lost(one.to.failure(), each);
        }
    }
}

void killed_at_any_moment(world& at) {
    auto const rounds = at.amount("kills");
    for (std::size_t round = 0; round < rounds; ++round) {
        std::size_t const parts = 1 + at.random()() % 20;
        auto one = std::make_unique<exchange>(at, at.random()() % 3000, parts);
        for (std::size_t left = 1 + at.random()() % 4; left != 0; --left) {
            one->calls.begin(at, one->pair.caller());
        }
        at.let_pass(std::chrono::microseconds(at.random()() % 40'000));
        one->pair.drop_callee();
        expect(at.comes_true([&] { return one->calls.have_ended(); }), "a call outlived its peer");
        one->calls.expect_sound();
        expect(at.comes_true([&] { return !one->pair.caller().is_connected(); }),
               "a peer that has gone is connected");
        expect(at.comes_true([&] { return one->calls.serving() == 0; }),
               "a handler of a side that has gone runs on");
    }
}

// A client that comes back, its server, and a link that is disturbed in all ways.
class schedule {
public:
    explicit schedule(world& at)
        : at_(at),
          links_(at.disturb()),
          calls_(some_calls()),
          far_(at, [this](rpc_server::builder& made) { calls_.serve(made); }),
          client_(connect()) {}

    void run(std::size_t events) {
        for (std::size_t i = 0; i < events; ++i) {
            disturb();
            if (random(2) == 0 && calling() != nullptr) {
                calls_.begin(at_, *calling());
            }
            at_.let_pass(std::chrono::microseconds(random(200'000)));
        }
    }

    // No faults any more: everything ends, and what comes next is answered.
    void expect_life() {
        heal(links_);
        expect(at_.comes_true([&] { return calls_.have_ended(); }), "a call never ended");
        calls_.expect_sound();
        // The connection may be one whose loss is not known yet.
        bool answered = false;
        for (std::size_t tries = 0; !answered && tries < 600; ++tries) {
            if (calling() != nullptr) {
                peer const by = *calling();  // more may come meanwhile
                answered = by.call(echo, {"on"}).has_value();
            }
            at_.let_pass(100ms);
        }
        expect(answered, "no call is answered after the faults");
    }

private:
    [[nodiscard]] std::size_t random(std::size_t below) {
        return static_cast<std::size_t>(at_.random()() % below);
    }

    // Drawn one after the other: the order of arguments is the compiler's, and a seed is for all.
    [[nodiscard]] mixed_calls some_calls() {
        std::size_t const parts = 1 + random(10);
        return mixed_calls(random(5000), parts);
    }

    rpc_client connect() {
        auto made = at_.a_client();
        calls_.serve(made);
        return value_of(made.reconnect({.first_wait = 2ms,
                                        .wait_max = 50ms,
                                        .budget = 1'000'000,
                                        .seed = at_.options().seed})
                            .connect(),
                        "connecting");
    }

    // Who calls; null where nobody is connected, as calls could only fail then.
    [[nodiscard]] peer const* calling() const {
        if (at_.options().role == initiator::client) {
            return &client_;
        }
        auto const& all = far_.guests();
        return all.empty() || !all.back().who.is_connected() ? nullptr : &all.back().who;
    }

    void disturb() {
        bool const from_dialler = random(2) == 0;
        switch (random(12)) {
            case 0:
                links_.cut();
                break;
            case 1:
            case 2:
                links_.cut_after(from_dialler, random(20'000));
                break;
            case 3:
            case 4:
                links_.stall(from_dialler, true);
                break;
            case 5:
            case 6:
            case 7:
                links_.stall(from_dialler, false);
                break;
            case 8:
                far_.restart();
                break;
            default:
                break;
        }
    }

    world& at_;
    faults& links_;
    mixed_calls calls_;
    service far_;
    rpc_client client_;
};

void any_schedule_of_faults(world& at) {
    for (std::size_t i = 0; i < at.amount("schedules"); ++i) {
        schedule one(at);
        one.run(at.amount("faults each"));
        one.expect_life();
    }
}

constexpr std::array rules{
    rule{
        "FLT-01",
        level::must,
        "Cut behind any byte of an exchange, a link leaves each call with one outcome, and nothing "
        "partial is given as whole.",
        "What is told of a message whose end did not come.",
        needs::faults | needs::virtual_time,
        every_cut_is_told,
        {"every place, and not each 60th", {{"bytes between cuts", 60, 1}}}},
    rule{"FLT-03",
         level::must,
         "Calls that wait for their answers fail when the connection goes.",
         "Who is told when a connection ends.",
         needs::nothing,
         pending_calls_fail,
         {"many at once", {{"calls", 20, 1000}}}},
    rule{"FLT-04", level::must,
         "Open streams end with the connection, on both sides: no reader and no writer waits for "
         "ever.",
         "What a stream is told of its connection.", needs::nothing, open_streams_end},
    rule{"FLT-09",
         level::must,
         "A process that goes at any moment leaves its peer without calls, handlers or connection.",
         "What is kept for a peer that has gone.",
         needs::nothing,
         killed_at_any_moment,
         {"many moments", {{"kills", 5, 1000}}}},
    rule{"FLT-12",
         level::repeated,
         "Links that are cut, held up and lost at random lose and mix up nothing; once they are "
         "well, every call ends and the next one is answered.",
         "Repeat it with its seed.",
         needs::faults | needs::virtual_time,
         any_schedule_of_faults,
         {"more of each seed", {{"schedules", 1, 200}, {"faults each", 12, 200}}}},
};

}  // namespace

std::span<rule const> fault_rules() {
    return rules;
}

}  // namespace trunkline::conformance
