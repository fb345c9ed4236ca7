// Limits at their borders: the family LIM.
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using rpc::message_type;
using rpc::rpc_error;
using transport::transport_error;

constexpr std::size_t content_size = 5000;

// What a message of so much content comes to, and a limit that is just that.
session_limits just_enough() {
    session_limits made;
    made.message_size_max = rpc::header_size + encoded(part_of(0, content_size)).size();
    return made;
}

void expect_too_large(call_result<received<blob>> const& got, error_code due,
                      std::string_view what) {
    expect(!got.has_value(), std::string(what) + " goes through");
    expect(got.error().error == due,
           std::string(what) + " fails with: " + got.error().error.message());
}

// With the limit at one of the two, and what a byte more gives the caller.
template <class Limit>
void expect_limit(world& at, Limit set, error_code due, std::string_view what) {
    std::size_t calls = 0;
    pairing two(at);
    set(two);
    auto pair = two.handle(mirror,
                           [&](blob const& given) {
                               ++calls;
                               return given;
                           })
                    .connect();
    for (int round = 0; round < 2; ++round) {
        blob const fits = part_of(0, content_size - 1);  // an answer has a byte of status, too
        expect(value_of(pair.caller().call(mirror, fits), "a message within the limit")->bytes ==
                   fits.bytes,
               "a message within the limit was changed");
        auto const large = part_of(0, content_size + 1);
        expect_too_large(pair.caller().call(mirror, large), due, what);
    }
    expect(pair.client().is_connected() && pair.serving().is_connected(),
           "a message above the limit ends the connection");
    expect(calls == 2, "a handler was called with a message above the limit");
}

constexpr typed::method<blob, number> measure{"measure"};

void a_message_at_its_limit_passes(world& at) {
    auto const limited = [](auto& builder) { builder.limits(just_enough()); };
    expect_limit(
        at, [&](pairing& two) { two.on_caller(limited); }, rpc_error::message_too_large,
        "what the sender knows to be too large");
    expect_limit(
        at, [&](pairing& two) { two.on_callee(limited); }, call_error::system_failure,
        "what is too large for its receiver");
    for (bool const at_sender : {true, false}) {
        pairing two(at);
        at_sender ? two.on_caller(limited) : two.on_callee(limited);
        auto pair =
            two.handle(measure, [](blob const& given) { return number{given.bytes.size()}; })
                .connect();
        auto const exact = pair.caller().call(measure, part_of(0, content_size));
        expect(value_of(exact, "a message just at the limit")->value == content_size,
               "a message just at the limit was cut");
        expect(!pair.caller().call(measure, part_of(0, content_size + 1)),
               "a message one byte above the limit goes through");
    }
}

void a_stream_too_many_is_refused(world& at) {
    session_limits few;
    few.unfinished_requests_max = 3;
    unread kept;
    auto pair = pairing(at)
                    .handle(sizes, kept.handler())
                    .on_callee([&](auto& builder) { builder.limits(few); })
                    .connect();
    std::vector<upload<blob, number>> open;
    for (std::size_t i = 0; i < few.unfinished_requests_max; ++i) {
        open.push_back(pair.caller().open(sizes));
    }
    expect(at.comes_true([&] { return kept.from.size() == open.size(); }),
           "a stream within the limit was refused");
    auto refused = pair.caller().open(sizes);
    auto const why = refused.answer.get();
    expect(!why && why.error().error == call_error::system_failure,
           "a stream above the limit is not refused");
    expect(kept.from.size() == open.size(), "a stream above the limit has begun");
    open.front().to.finish();
    kept.to.front()({0});
    static_cast<void>(value_of(open.front().answer.get(), "a stream that was finished"));
    auto next = pair.caller().open(sizes);
    expect(at.comes_true([&] { return kept.from.size() == open.size() + 1; }),
           "a stream that has ended admits no other one");
}

void a_call_too_many_waits(world& at) {
    session_limits few;
    few.pending_calls_max = 2;
    gate held;
    auto pair = pairing(at)
                    .handle(never, waits_at(held))
                    .on_caller([&](auto& builder) { builder.limits(few); })
                    .connect();
    std::size_t ended = 0;
    for (int i = 0; i < 3; ++i) {
        pair.caller().async_call(never, {"wait"}, [&](call_result<received<text>> got) {
            expect(got.has_value(), "a call fails that had to wait");
            ++ended;
        });
    }
    expect(at.comes_true([&] { return held.arrived() == 2; }), "calls do not arrive");
    at.let_pass(1s);
    expect(held.arrived() == 2, "more calls are under way than may be");
    held.open(0);
    expect(at.comes_true([&] { return held.arrived() == 3; }), "a call waits though there is room");
    held.open_all();
    expect(at.comes_true([&] { return ended == 3; }), "a call did not end");
}

void what_is_too_many_waits_or_fails(world& at) {
    a_stream_too_many_is_refused(at);
    a_call_too_many_waits(at);
}

call_metadata entries(std::size_t count, std::size_t size) {
    call_metadata made;
    for (std::size_t i = 0; i < count; ++i) {
        made.add("k", std::string(size, 'v'));
    }
    return made;
}

void metadata_has_its_limits(world& at) {
    std::vector<std::size_t> got;
    auto pair = pairing(at)
                    .extended()
                    .handle(echo,
                            [&](text const& given, call_context context) {
                                got.push_back(context.metadata.size());
                                return given;
                            })
                    .connect();
    auto const call = [&](call_metadata what) {
        return pair.caller().call(echo, {"x"}, {.metadata = std::move(what)});
    };
    static_cast<void>(value_of(call(entries(extension::metadata_entries_max, 8)), "a full call"));
    for (auto const& each : {entries(extension::metadata_entries_max + 1, 8),
                             entries(1, extension::header_size_max), entries(5, 4 * kib)}) {
        auto const refused = call(each);
        expect(!refused && refused.error().error == rpc_error::metadata_too_large,
               "metadata above the limit is not refused");
    }
    static_cast<void>(value_of(call(entries(1, 15 * kib)), "a call with a large value"));
    expect(got == std::vector<std::size_t>{extension::metadata_entries_max, 1},
           "a handler was called with metadata above the limit");
}

// From a peer that obeys no limit.
void metadata_that_comes_has_its_limits(world& at) {
    std::size_t calls = 0;
    auto pair = facing(at, real::called)
                    .handle(echo,
                            [&](text const& given) {
                                ++calls;
                                return given;
                            })
                    .extended()
                    .connect();
    std::string many;
    for (std::size_t i = 0; i <= extension::metadata_entries_max; ++i) {
        many += std::string("\5\3\0\1kv", 6);
    }
    std::string const large =
        std::string("\5\xff\x7f\1k", 5) + std::string(0x7fff - 2, 'v');  // 32 KiB
    std::uint32_t id = 9;
    for (std::string const& fields : {many, large}) {
        std::string const call = head_of(message_type::call, id, echo.id, encoded(text{"x"}));
        pair.far().say(frame_of(extension::kind::header, id, fields) + whole_of(id, call));
        auto const answer = pair.far().await(message_type::response, id);
        expect(answer.status() == rpc::status::system_error,
               "a call with metadata above the limit is not refused");
        id += 2;
    }
    expect(calls == 0, "a handler was called with metadata above the limit");
    pair.far().say(whole_of(id, head_of(message_type::call, id, echo.id, encoded(text{"x"}))));
    expect(pair.far().await(message_type::response, id).status() == rpc::status::success,
           "a call after it was refused, too");
}

void metadata_above_its_limit_is_refused(world& at) {
    metadata_has_its_limits(at);
    metadata_that_comes_has_its_limits(at);
}

// Connects and calls; what came of it.
error_code try_to_call(world& at, std::optional<rpc_client>& to) {
    auto made = at.a_client().connect();
    if (!made) {
        return made.error();
    }
    auto const answer = made->call(echo, {"x"});
    if (answer) {
        to.emplace(std::move(*made));
    }
    return answer ? error_code() : answer.error().error;
}

void a_connection_too_many_is_refused(world& at) {
    auto builder = at.a_server();
    builder.handle(echo, same).connections_max(2);
    auto const server = start(at, builder);
    std::array<std::optional<rpc_client>, 2> inside;
    for (auto& each : inside) {
        expect(!try_to_call(at, each), "a connection within the limit is refused");
    }
    std::optional<rpc_client> outside;
    for (int i = 0; i < 3; ++i) {
        auto const why = try_to_call(at, outside);
        expect(bool(why), "a connection above the limit is served");
        expect(why != transport_error::rejected_by_peer,
               "who finds no room is told not to come back");
        for (auto const& each : inside) {
            static_cast<void>(value_of(each->call(echo, {"x"}), "a call beside it"));
        }
    }
    inside.front().reset();
    expect(at.comes_true([&] { return server.peers().size() == 1; }), "a connection did not end");
    expect(!try_to_call(at, outside), "a connection that has ended admits no other one");
}

void a_limit_is_that_of_one_connection(world& at) {
    session_limits few;
    few.protocol_errors_max = 50;
    few.unfinished_requests_max = 2;
    unread kept;
    auto builder = at.a_server();
    builder.handle(echo, same).handle(sizes, kept.handler()).limits(few);
    auto const server = start(at, builder);
    auto const url = server.endpoints().front();
    auto const client = value_of(at.a_client(url).connect(), "connecting");
    auto call = client.open(sizes);
    pump const upload(std::move(call.to), 1000, 50);
    expect(at.comes_true([&] { return kept.from.size() == 1; }), "a stream did not begin");

    auto const dialer = at.place().network().make_dialer(at.loop());
    for (bool const floods : {true, false}) {
        frame_peer far(at, std::make_unique<bare_link>(
                               value_of(dial_bare(at, *dialer, url), "a second dial")));
        far.greet();
        for (std::uint32_t i = 0; i < 100 && !far.has_ended(); ++i) {
            far.say(floods ? frame_of(static_cast<frame::kind>(99), i, 0, "noise")
                           : frame_of(frame::kind::open, 2 * i + 1, 0,
                                      head_of(message_type::call, i, sizes.id)));
        }
        if (floods) {
            expect(at.comes_true([&] { return far.has_ended(); }), "a flood goes on for ever");
        } else {
            static_cast<void>(far.await(message_type::response, 99));  // refused, as it is the last
        }
        static_cast<void>(value_of(client.call(echo, {"x"}), "a call beside a limit"));
    }
    expect(kept.from.size() == 1 + few.unfinished_requests_max, "a limit was not reached");
    drain const all(std::move(kept.from.front()));
    expect(at.comes_true([&] { return all.has_ended(); }), "a stream beside a limit stands still");
    expect(all.is_intact() && !all.failure() && all.read_size() == 50'000,
           "a stream beside a limit was disturbed");
}

constexpr std::array rules{
    rule{"LIM-01", level::must,
         "A message at the limit passes; with one byte more its call fails, at the sender where "
         "that knows, else at the receiver.",
         "What counts as the size of a message, on either side.", needs::nothing,
         a_message_at_its_limit_passes},
    rule{"LIM-03", level::must,
         "A stream above the limit of the called side is refused, a call above that of the caller "
         "waits; the end of one admits the next.",
         "When a place is given back.", needs::nothing, what_is_too_many_waits_or_fails},
    rule{"LIM-05", level::must,
         "Metadata above its size or its number of entries is refused, by the sender and by the "
         "receiver, before any handler.",
         "Where fields are counted.", needs::nothing, metadata_above_its_limit_is_refused},
    rule{"LIM-06", level::must,
         "A connection above the limit of a server is refused, and not for good: once one has "
         "ended, the next is served.",
         "What is counted as a connection, and until when.", needs::one_role,
         a_connection_too_many_is_refused},
    rule{"LIM-11", level::must,
         "Who reaches a limit on one connection changes nothing for any other.",
         "What connections share.", needs::one_role, a_limit_is_that_of_one_connection},
};

}  // namespace

std::span<rule const> limit_rules() {
    return rules;
}

}  // namespace trunkline::conformance
