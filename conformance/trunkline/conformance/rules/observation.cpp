// What can be seen of connections and calls: the family OBS.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/heap.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/sides.hpp>
#include <trunkline/conformance/wrapping_network.hpp>

#include <trunkline/peer/interceptor.hpp>
#include <trunkline/transport/passing_connection.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;

// What goes through connections, by who says it.
struct traffic {
    std::array<std::uint64_t, 2> said{};
    std::array<std::uint64_t, 2> heard{};
};

class counting_connection final : public transport::passing_connection {
public:
    counting_connection(std::unique_ptr<transport::connection> below, std::shared_ptr<traffic> to,
                        bool dialled)
        : passing_connection(std::move(below)), to_(std::move(to)), dialled_(dialled) {}

    transport::io_result write(std::span<out_segment const> segments) override {
        auto const done = passing_connection::write(segments);
        to_->said[dialled_] += done.status == transport::io_status::ok ? done.size : 0;
        return done;
    }
    transport::read_result read(mutable_bytes buffer, std::span<transport::in_piece> out) override {
        auto const got = passing_connection::read(buffer, out);
        for (auto const& piece : out.first(got.pieces)) {
            to_->heard[!dialled_] += piece.bytes.size();
        }
        return got;
    }

private:
    std::shared_ptr<traffic> to_;
    bool dialled_;
};

// Calls of one side, as it sees them begin and end.
struct tally final : interceptor {
    std::optional<call_failure> before(call_record const&) override {
        ++begun;
        return std::nullopt;
    }
    void after(call_record const& ended) override { ++(ended.failure ? failed : answered); }

    std::size_t begun = 0;
    std::size_t answered = 0;
    std::size_t failed = 0;
};

void counts_balance(world& at) {
    auto const bytes = std::make_shared<traffic>();
    wrapping_network metered(at.place().network(), [bytes](auto below, bool dialled) {
        return std::make_unique<counting_connection>(std::move(below), bytes, dialled);
    });
    auto const caller = std::make_shared<tally>();
    auto const callee = std::make_shared<tally>();
    std::size_t opened = 0;
    std::size_t closed = 0;
    mixed_calls calls(3000, 5);
    std::size_t const rounds = at.amount("rounds");
    {
        pairing joining(at);
        joining.on_caller([&](auto& builder) { builder.intercept(caller); });
        joining.on_callee([&](auto& builder) {
            builder.intercept(callee);
            calls.serve(builder);
        });
        joining.handle(never, [](text const&) -> text { throw std::runtime_error("always"); });
        joining.client().over(metered);
        joining.server().over(metered).on_state([&](auto const&, auto state, auto) {
            opened += state == connection_state::connecting ? 1 : 0;
            closed += is_end(state) ? 1 : 0;
        });
        auto pair = joining.connect();
        for (std::size_t round = 0; round < rounds; ++round) {
            calls.begin(at, pair.caller());
            static_cast<void>(pair.caller().call(never, {"fails"}));
        }
        expect(at.comes_true([&] { return calls.have_ended(); }), "a call never ended");
        calls.expect_sound();
        pair.caller().close();
        expect(at.comes_true([&] { return closed == 1 && !pair.client().is_connected(); }),
               "a connection never ended");
    }
    expect(opened == closed, "more connections were opened than closed");
    for (auto const& side : {caller, callee}) {
        expect(side->begun == side->answered + side->failed, "calls that began have not ended");
        expect(side->begun == 5 * rounds, std::to_string(side->begun) + " of " +
                                              std::to_string(5 * rounds) + " calls were counted");
    }
    expect(caller->failed == rounds && callee->failed == rounds, "failed calls were not counted");
    for (bool const dialled : {true, false}) {
        expect(bytes->said[dialled] == bytes->heard[dialled],
               std::to_string(bytes->said[dialled]) + " bytes were sent, and " +
                   std::to_string(bytes->heard[dialled]) + " received");
    }
}

void the_handler_sees_who_calls(world& at) {
    bool const is_secure = at.about().has.secure;
    if (is_secure) {
        at.place().pose(server_guise::demanding, client_guise::trusted);
    }
    // What the connection of the side that is called says of its peer.
    std::string named;
    wrapping_network looking(at.place().network(), [&](auto below, bool dialled) {
        if (dialled == (at.options().role == initiator::server)) {
            named = below->peer();
        }
        return below;
    });
    std::optional<call_context> seen;
    pairing joining(at);
    joining.client().over(looking);
    joining.server().over(looking);
    joining.handle(echo, [&](text const& said, call_context const& context) {
        seen = context;
        return said;
    });
    auto pair = joining.connect();
    expect_usable(pair);
    expect(seen.has_value() && seen->caller == pair.callee(), "a handler is told of another peer");
    expect(seen->connection_id() == pair.callee().id(), "a handler is told of another connection");
    expect(seen->caller.name() == named && !named.empty(),
           "a handler is told the name \"" + seen->caller.name() +
               "\", and its connection says \"" + named + "\"");
    auto const who = seen->credentials();
    if (at.about().has.identity && !is_secure) {
        expect(who.has_value(), "a handler is not told which process calls");
    }
    expect(!who || who->pid == ::getpid(), "a handler is told of another process");
    auto const shown = seen->certificate();
    expect(shown.has_value() == is_secure, "what a handler is told of a certificate is wrong");
    expect(!shown || (!shown->names.empty() || !shown->subject.empty()),
           "a handler is not told whom a certificate names");
}

void the_trace_arrives(world& at) {
    std::vector<std::optional<trace_context>> seen;
    auto pair = pairing(at)
                    .extended()
                    .handle(echo,
                            [&](text const& said, call_context const& context) {
                                seen.push_back(context.trace);
                                return said;
                            })
                    .connect();
    trace_context given;
    trace_context other;
    for (std::size_t i = 0; i < given.trace_id.size(); ++i) {
        given.trace_id[i] = static_cast<std::byte>(255 - i);
        given.span_id[i % given.span_id.size()] = static_cast<std::byte>(i);
    }
    given.flags = 1;
    other.trace_id[3] = std::byte{7};
    static_cast<void>(value_of(pair.caller().call(echo, {"a"}, {.trace = given}), "a call"));
    static_cast<void>(value_of(pair.caller().call(echo, {"b"}), "a call without a trace"));
    static_cast<void>(value_of(
        pair.caller().call(echo, {"c"}, {.on_behalf_of = call_parent{.trace = given}}), "a call"));
    static_cast<void>(
        value_of(pair.caller().call(echo, {"d"},
                                    {.on_behalf_of = call_parent{.trace = given}, .trace = other}),
                 "a call with a trace of its own"));
    expect(seen == std::vector<std::optional<trace_context>>{given, std::nullopt, given, other},
           "a handler sees another trace than was given");
}

// Both ends of an idle connection, with what the fixture keeps for it, in bytes.
constexpr std::size_t plain_budget = 32 * kib;
constexpr std::size_t secure_budget = 160 * kib;

void idle_connections_are_small(world& at) {
    std::size_t const count = at.amount("connections");
    std::size_t joined = 0;
    auto builder = at.a_server();
    builder.on_connected([&](peer const&) { ++joined; }).handle(echo, same);
    auto const server = start(at, builder);
    auto const dialer = at.place().network().make_dialer(at.loop());
    std::list<bare_link> links;
    auto const connect = [&](std::size_t more) {
        auto const due = joined + more;
        for (std::size_t i = 0; i < more; ++i) {
            links.emplace_back(
                value_of(dial_bare(at, *dialer, server.endpoints().front()), "a dial"));
        }
        expect(at.comes_true([&] { return joined == due; }), "somebody is missing");
        at.let_pass(5s);
        return heap_in_use();
    };
    at.let_pass(1ms);  // it listens from the next turn on
    auto const before = connect(2);
    auto const each = (std::max(connect(count), before) - before) / count;
    auto const budgeted = at.about().has.secure ? secure_budget : plain_budget;
    expect(each <= budgeted, "an idle connection takes " + std::to_string(each) + " bytes of " +
                                 std::to_string(budgeted));
}

constexpr std::array rules{
    rule{"OBS-01",
         level::must,
         "At rest counts balance: connections opened and closed, calls begun and ended, bytes sent "
         "and received.",
         "Which end is not reported, or reported twice.",
         needs::nothing,
         counts_balance,
         {"many ways to end", {{"rounds", 3, 200}}}},
    rule{"OBS-02", level::must,
         "Whom a handler sees is whom the transport knows: address, credentials, certificate.",
         "What a connection says of its peer.", needs::nothing, the_handler_sees_who_calls},
    rule{"OBS-03", level::must, "The trace that a caller gives is the one that the handler sees.",
         "What travels beside a call.", needs::nothing, the_trace_arrives},
    rule{"OBS-04",
         level::should,
         "The memory of an idle connection is within its budget.",
         "What a connection keeps while nothing happens.",
         needs::one_role | needs::one_shape | needs::virtual_time,
         idle_connections_are_small,
         {"a mean of many", {{"connections", 40, 1000}}}},
};

}  // namespace

std::span<rule const> observation_rules() {
    return rules;
}

}  // namespace trunkline::conformance
