// Ids, routes and late frames: the rest of the family MUX, most of it against a played peer.
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/rules/weigh.hpp>
#include <trunkline/conformance/sides.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::use_awaitable;
using byte_string = std::vector<std::byte>;
using frame::kind;
using rpc::message_type;

std::string an_echo(std::uint32_t request_id, std::string_view said) {
    return head_of(message_type::call, request_id, echo.id, encoded(text{std::string(said)}));
}

// When it is answered, all that was said before has been read.
void expect_echo(frame_peer& by, std::uint32_t id) {
    by.say(whole_of(id, an_echo(id, "still there")));
    auto const answer = by.await(message_type::response, id);
    expect(answer.status() == rpc::status::success, "a later call was refused");
    expect(answer.payload == encoded(text{"still there"}), "a later call was answered wrongly");
}

// Calls of the tested side, and what became of them.
struct noted_calls {
    std::vector<std::uint64_t> got;
    std::size_t ended = 0;

    void begin(peer const& by, std::uint64_t value) {
        got.push_back(0);
        by.async_call(add_one, {value},
                      [this, i = got.size() - 1](call_result<received<number>> answer) {
                          ++ended;
                          got[i] = answer ? (*answer)->value : 0;
                      });
    }
};

void ids_of_both_sides_never_meet(world& at) {
    auto pair = facing(at, real::calling).handle(echo, same).connect();
    frame_peer& far = pair.far();
    bool const dialled = at.options().role == initiator::client;
    if (dialled) {
        far.greet();
    }
    noted_calls calls;
    std::vector<heard_message> came;
    for (std::uint64_t i = 0; i < 4; ++i) {
        calls.begin(pair.tested(), i);
        came.push_back(far.await_call(i));
        for (std::uint32_t const id : {came[i].head.request_id, came[i].stream_id}) {
            expect(((id & rpc::acceptor_id_bit) == 0) == dialled,
                   "an id is of the other side's half");
        }
    }
    // A peer that does not split the ids, and has come to the same ones.
    for (heard_message const& each : came) {
        far.say(whole_of(each.stream_id, an_echo(each.head.request_id, "mine")));
        static_cast<void>(far.await(message_type::response, each.head.request_id));
        expect(calls.ended == 0, "a call of the peer was taken for an answer");
    }
    for (std::size_t i = came.size(); i-- > 0;) {
        far.answer(came[i], encoded(number{100 + i}));
    }
    expect(at.comes_true([&] { return calls.ended == came.size(); }), "an answer found no call");
    expect(calls.got == std::vector<std::uint64_t>{100, 101, 102, 103},
           "a call got the answer of another one");
}

constexpr typed::server_stream<number, blob> echo_in_parts{"echo"};

template <class Builder>
void give_echo_twice(Builder& builder, bool in_parts) {
    builder.handle(echo, same);
    if (in_parts) {
        builder.handle(echo_in_parts,
                       [](received<number>, stream_writer<blob> to, call_context) { to.finish(); });
    } else {
        builder.handle(echo, [](text const&) { return text{"the second one"}; });
    }
}

void a_method_has_one_handler(world& at) {
    for (bool const in_parts : {false, true}) {
        auto twice = at.a_server();
        give_echo_twice(twice, in_parts);
        auto const refused = twice.start();
        expect(!refused, "a server starts with two handlers of one method");
        expect(refused.error() == call_error::duplicate_method,
               "two handlers of one method are refused with: " + refused.error().message());
    }
    auto builder = at.a_server();
    builder.handle(echo, same);
    expect(
        !add_handler(builder.methods(), echo, [](text const&) { return text{"the second one"}; }),
        "a second handler was let in");
    auto const server = value_of(builder.start(), "starting the server");
    for (bool const in_parts : {false, true}) {
        auto twice = at.a_client(server.endpoints().front());
        give_echo_twice(twice, in_parts);
        auto const refused = twice.connect();
        expect(!refused, "a client connects with two handlers of one method");
        expect(refused.error() == call_error::duplicate_method,
               "two handlers of one method are refused with: " + refused.error().message());
    }
    auto const client = value_of(at.a_client(server.endpoints().front()).connect(), "connecting");
    expect(value_of(client.call(echo, {"first"}), "a call")->value == "first",
           "the second handler has taken the place of the first one");
}

void answers_for_nobody_are_dropped(world& at) {
    auto pair = facing(at, real::calling).connect();
    frame_peer& far = pair.far();
    auto const& counted = protocol_of(pair.tested()).counters();
    noted_calls calls;
    calls.begin(pair.tested(), 1);
    auto const first = far.await_call(0);

    auto unknown = first;
    unknown.head.request_id ^= 0x1000;
    unknown.stream_id = 0x77;
    far.answer(unknown, encoded(number{666}));
    expect(at.comes_true([&] { return counted.responses_dropped == 1; }),
           "an answer for nobody was not counted");
    expect(calls.ended == 0, "a call got the answer for an unknown one");
    far.answer(first, encoded(number{2}));
    far.answer(first, encoded(number{666}));
    expect(at.comes_true([&] { return counted.responses_dropped == 2; }),
           "an answer for a finished call was not counted");
    expect(calls.ended == 1 && calls.got[0] == 2, "a call did not get its one answer");

    boost::asio::cancellation_signal stop;
    std::size_t cancelled = 0;
    pair.tested().async_call(
        add_one, {3},
        boost::asio::bind_cancellation_slot(
            stop.slot(), [&](call_result<received<number>> got) { cancelled += got ? 100 : 1; }));
    auto const second = far.await_call(1);
    stop.emit(boost::asio::cancellation_type::all);
    expect(at.comes_true([&] { return cancelled == 1; }), "a call that was given up did not end");
    far.answer(second, encoded(number{4}));
    expect(at.comes_true([&] { return counted.responses_dropped == 3; }),
           "an answer for a call that was given up was not counted");
    expect(cancelled == 1, "a call that was given up was answered");

    calls.begin(pair.tested(), 5);
    far.answer(far.await_call(2), encoded(number{6}));
    expect(at.comes_true([&] { return calls.ended == 2; }), "the next call was not answered");
    expect(calls.got[1] == 6, "the next call was answered wrongly");
}

// Says late frames of a stream, and looks at what is held for them.
void expect_bounded(world& at, faced& pair, std::uint32_t stream_id, std::size_t most) {
    auto const& protocol = protocol_of(pair.tested());
    std::string const payload(512, 'x');
    std::uint32_t sequence = 2;
    for (std::uint32_t block = 0; block < at.amount("blocks of 20 frames"); ++block) {
        std::string frames;
        for (int i = 0; i < 20; ++i) {
            frames += frame_of(kind::data, stream_id, sequence++, payload);
        }
        pair.far().say(frames);
        expect_echo(pair.far(), 0x1000 * stream_id + block);
        expect(protocol.held_size() <= most,
               std::to_string(protocol.held_size()) + " bytes are held for late frames");
    }
}

void late_frames_take_little(world& at) {
    session_limits few;
    few.out_of_order_size_max = 8 * kib;
    auto pair = facing(at, real::called)
                    .handle(weigh, [](stream_reader<typed::raw>& from,
                                      call_context) { return weigh_all(from); })
                    .handle(echo, same)
                    .tell([&](auto& builder) { builder.limits(few); })
                    .connect();
    frame_peer& far = pair.far();
    std::size_t const most = few.out_of_order_size_max + 32 * kib;
    far.say(frame_of(kind::open, 21, 0, head_of(message_type::call, 5, weigh.id)) +
            frame_of(kind::cancel, 21, 1));
    expect_bounded(at, pair, 21, most);
    far.say(whole_of(23, an_echo(6, "ended")));
    static_cast<void>(far.await(message_type::response, 6));
    expect_bounded(at, pair, 23, most);
    expect(far.answers_to(5) == 0, "a call that was given up was answered");
}

void an_id_in_use_is_a_fault_of_its_stream(world& at) {
    auto pair = facing(at, real::called)
                    .handle(weigh, [](stream_reader<typed::raw>& from,
                                      call_context) { return weigh_all(from); })
                    .handle(echo, same)
                    .extended()
                    .connect();
    frame_peer& far = pair.far();
    far.say(frame_of(kind::open, 9, 0, head_of(message_type::call, 1, weigh.id)));
    far.say(frame_of(kind::data, 9, 1, "abc"));
    far.say(whole_of(10, an_echo(1, "taken")));
    expect_echo(far, 12);
    far.say(frame_of(kind::data, 9, 2, "de") + frame_of(kind::end, 9, 3));
    auto const answer = far.await(message_type::response, 1);
    expect(answer.payload == encoded(number{5}), "the call that had the id first was disturbed");
    expect_echo(far, 14);
    expect(far.answers_to(1) == 1, "a call with an id in use was answered");
}

constexpr std::size_t shared_part = 1 * kib;

awaitable<void> give_for_ever(stream_writer<blob>& to) {
    for (;;) {
        blob part{byte_string(shared_part)};
        auto const written = co_await to.async_write(std::move(part), use_awaitable);
        written.value();
    }
}

// Reads on and on until it is told to stop.
struct tap {
    stream_reader<blob> from;
    bool const& stopped;
    std::size_t& total;
    std::size_t got = 0;

    void go_on() {
        from.async_read([this](auto part) {
            if (part && *part && !stopped) {
                got += shared_part;
                total += shared_part;
                go_on();
            }
        });
    }
};

void expect_shared(world& at, bool extended) {
    std::size_t running = 0;
    pairing two(at);
    two.handle(blobs, [](received<number>, stream_writer<blob>& to, call_context) {
        return give_for_ever(to);
    });
    if (extended) {
        two.extended();
    }
    auto pair = two.connect();
    std::size_t const streams = 6;
    std::size_t const enough = at.amount("bytes");
    bool stopped = false;
    std::size_t total = 0;
    std::vector<std::unique_ptr<tap>> taps;
    for (; running < streams; ++running) {
        taps.push_back(std::make_unique<tap>(pair.caller().open(blobs, {running}), stopped, total));
        taps.back()->go_on();
    }
    expect(at.comes_true([&] { return total >= enough; }), "the streams do not flow");
    stopped = true;
    for (auto const& each : taps) {
        expect(each->got >= enough / (2 * streams),
               std::to_string(each->got) + " of " + std::to_string(total) +
                   " bytes are the share of one of " + std::to_string(streams) + " streams");
    }
    for (auto& each : taps) {
        each->from.cancel();
    }
    expect(at.comes_true([&] { return protocol_of(pair.caller()).idle(); }),
           "streams that were given up did not end");
}

void streams_share_the_link(world& at) {
    expect_shared(at, false);
    expect_shared(at, true);
}

void events_leave_nothing(world& at) {
    std::size_t heard = 0;
    auto pair = pairing(at).handle(news, [&](text const&) { ++heard; }).connect();
    auto const& ours = protocol_of(pair.caller());
    auto const& theirs = protocol_of(pair.callee());
    auto const before = theirs.held_size();
    for (int i = 0; i < 30; ++i) {
        pair.caller().send(news, {"x"});
    }
    expect(at.comes_true([&] { return heard == 30; }), "not all events arrived");
    expect(at.comes_true([&] { return ours.idle() && theirs.idle(); }),
           "an event that was handled is still an entry");
    expect(theirs.held_size() == before, "an event that was handled is still held");
    expect(ours.counters().requests_received == 0 && ours.counters().responses_dropped == 0,
           "an event was answered");
}

// All that the tested side says from now on.
std::string said_since(world& at, frame_peer const& far, std::size_t from, std::size_t size) {
    expect(at.comes_true([&] { return far.heard().size() >= from + size; }),
           "fewer bytes were sent than the base protocol has");
    at.let_pass(100ms);
    return far.heard().substr(from);
}

void expect_base_call(world& at) {
    auto pair = facing(at, real::calling).asking_in_vain().connect();
    frame_peer& far = pair.far();
    if (at.options().role == initiator::client) {
        far.greet();
    }
    std::size_t const from = far.heard().size();
    std::size_t const before = far.messages().size();
    noted_calls calls;
    calls.begin(pair.tested(), 41);
    auto const call = far.await_call(before);
    std::string const due = whole_of(
        call.stream_id,
        head_of(message_type::call, call.head.request_id, add_one.id, encoded(number{41})));
    expect(said_since(at, far, from, due.size()) == due,
           "a call of a peer without extension is not that of the base protocol");
    far.answer(call, encoded(number{42}));
    expect(at.comes_true([&] { return calls.ended == 1; }), "a call was not answered");
    expect(calls.got[0] == 42, "a call was answered wrongly");
    expect(far.heard().size() == from + due.size(), "an answer is followed by further bytes");
}

void expect_base_answer(world& at) {
    auto pair = facing(at, real::called).handle(add_one, one_more).handle(echo, same).connect();
    frame_peer& far = pair.far();
    expect_echo(far, 1);
    std::size_t const from = far.heard().size();
    far.say(whole_of(3, head_of(message_type::call, 3, add_one.id, encoded(number{41}))));
    auto const answer = far.await(message_type::response, 3);
    std::string const due = whole_of(
        answer.stream_id,
        head_of(message_type::response, 3, add_one.id, std::string(1, '\0')) + encoded(number{42}));
    expect(said_since(at, far, from, due.size()) == due,
           "an answer to a peer without extension is not that of the base protocol");
}

void without_agreement_no_byte_is_another_one(world& at) {
    expect_base_call(at);
    expect_base_answer(at);
}

constexpr std::array rules{
    rule{"MUX-01", level::must,
         "Ids of the two sides never meet: the dialler's have the top bit clear, the acceptor's "
         "have it set; a peer that does not split them overwrites no route.",
         "How ids are handed out, and whether a message finds its way by its type.", needs::nothing,
         ids_of_both_sides_never_meet},
    rule{"MUX-06", level::must,
         "A second handler of a method, whole or in parts, is refused, and the first one stays.",
         "What the table of methods does with a name that it has.",
         needs::one_shape | needs::one_role, a_method_has_one_handler},
    rule{"MUX-07", level::must,
         "An answer for a call that is unknown, finished or given up is dropped and counted, and "
         "changes nothing else.",
         "How an answer finds its call.", needs::nothing, answers_for_nobody_are_dropped},
    rule{"MUX-08",
         level::must,
         "Late frames of a stream that was given up or has ended take bounded memory, however many "
         "come.",
         "What is held for a stream that is not there.",
         needs::nothing,
         late_frames_take_little,
         {"far more than may be held", {{"blocks of 20 frames", 5, 200}}}},
    rule{"MUX-09", level::must,
         "Between peers with the extension, a request id used again while it is open is a fault of "
         "that stream only.",
         "What a second call does to the entry of the first one.", needs::one_role,
         an_id_in_use_is_a_fault_of_its_stream},
    rule{"MUX-10",
         level::must,
         "Streams share the link: of k busy ones none gets less than 1/(2k) of the bytes.",
         "Whose turn it is when there is room.",
         needs::one_shape,
         streams_share_the_link,
         {"about a second of a busy link", {{"bytes", 3 * mib, 64 * mib}}}},
    rule{"MUX-12", level::must, "Messages without answer leave no entry on either side.",
         "What is noted of a message that nobody answers.", needs::nothing, events_leave_nothing},
    rule{"MUX-13", level::must,
         "To a peer that has not agreed to the extension, the bytes are those of the base "
         "protocol.",
         "What is sent before, or without, an agreement.", needs::nothing,
         without_agreement_no_byte_is_another_one},
};

}  // namespace

std::span<rule const> dispatch_wire_rules() {
    return rules;
}

}  // namespace trunkline::conformance
