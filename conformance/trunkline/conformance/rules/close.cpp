// Close and half-close: the family CLS.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/rules/running.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <functional>
#include <optional>
#include <thread>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::use_awaitable;
using rpc::rpc_error;
using transport::transport_error;

// All that comes, once its end has come.
awaitable<call_result<void>> says_it_back(running const& here, stream_reader<blob>& from,
                                          stream_writer<blob>& to) {
    runs const mark(here);
    std::vector<blob> all;
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            break;
        }
        all.push_back({(**next)->bytes});
    }
    for (auto const& each : all) {
        auto const written = co_await to.async_write(each, use_awaitable);
        if (!written) {
            co_return written;
        }
    }
    co_return call_result<void>();
}

auto saying_it_back(running const& here) {
    return [&here](stream_reader<blob>& from, stream_writer<blob>& to, call_context) {
        return says_it_back(here, from, to);
    };
}

// Waits for the next part, or for whatever else ends that.
awaitable<void> waits_for_a_part(running const& here, stream_reader<blob>& from) {
    runs const mark(here);
    auto const next = co_await from.async_read(use_awaitable);
    static_cast<void>(next);
}

awaitable<void> waits_at(gate& held, running const& here) {
    runs const mark(here);
    co_await held.pass();
}

void write(stream_writer<blob>& to, std::vector<std::byte> part) {
    auto const written = to.write({std::move(part)});
    std::ostringstream seen;
    if (!written) {
        seen << "a write failed: " << written.error();
    }
    expect(written.has_value(), seen.str());
}

std::vector<std::byte> read(stream_reader<blob>& from) {
    auto const next = value_of(from.read(), "a read");
    expect(next.has_value(), "the end came before the parts");
    return (*next)->bytes;
}

void expect_its_end(stream_reader<blob>& from) {
    expect(!value_of(from.read(), "reading the end"), "more came than was sent");
}

void round_trip(world& at, conversation<blob, blob>& talk) {
    std::array const parts{at.noise(1), at.noise(3000), at.noise(0), at.noise(100)};
    for (auto const& each : parts) {
        write(talk.to, each);
    }
    talk.to.finish();
    for (auto const& each : parts) {
        expect(read(talk.from) == each, "another part came back");
    }
    expect_its_end(talk.from);
}

void a_link_half_closes(world& at) {
    bare_listener listening(at);
    auto const dialer = at.place().network().make_dialer(at.loop());
    bare_link ours(value_of(dial_bare(at, *dialer, listening.url()), "dialling"));
    expect(at.comes_true([&] { return listening.accepted() == 1; }), "nobody was accepted");
    auto const theirs = listening.take();
    bool const dialler_first = at.options().role == initiator::client;
    bare_link& first = dialler_first ? ours : *theirs;
    bare_link& second = dialler_first ? *theirs : ours;
    std::string const said(20 * kib, 'x');
    first.say(said);
    expect(at.comes_true([&] { return first.unsaid() == 0; }), "a link takes nothing");
    first.end();
    expect(at.comes_true([&] { return second.has_ended(); }), "the end of one direction is lost");
    expect(second.heard() == said, "the end came before what was sent");
    at.let_pass(1s);
    expect(!first.has_ended(), "the end of one direction has ended the other");
    second.say("and back");
    expect(at.comes_true([&] { return first.heard() == "and back"; }),
           "nothing comes back after a half-close");
}

void half_closed_goes_on_the_other_way(world& at) {
    running here;
    auto pair = pairing(at).handle(loop_back, saying_it_back(here)).connect();
    auto talk = pair.caller().open(loop_back);
    round_trip(at, talk);
    if (at.about().has.half_close) {
        a_link_half_closes(at);
    }
}

enum class order : std::uint8_t { caller_first, callee_first, at_once };

// Ends the writing of a stream without having read.
awaitable<void> ends_at_once(running const& here, stream_reader<blob>& from,
                             stream_writer<blob>& to) {
    runs const mark(here);
    to.finish();
    auto const next = co_await from.async_read(use_awaitable);
    static_cast<void>(next);
}

// A stream that stayed behind would use up what may be open at once.
void both_half_close(world& at) {
    running here;
    session_limits few;
    few.open_streams_max = 4;
    for (auto const which : {order::caller_first, order::callee_first, order::at_once}) {
        pairing joining(at);
        joining.handle(loop_back,
                       [&](stream_reader<blob>& from, stream_writer<blob>& to, call_context) {
                           return which == order::caller_first ? waits_for_a_part(here, from)
                                                               : ends_at_once(here, from, to);
                       });
        joining.server().limits(few);
        joining.client().limits(few);
        auto pair = joining.connect();
        for (std::size_t i = 0; i < 12; ++i) {
            auto talk = pair.caller().open(loop_back);
            if (which != order::callee_first) {
                talk.to.finish();
            }
            expect_its_end(talk.from);
            talk.to.finish();
        }
        expect(at.comes_true([&] { return here.count() == 0; }), "a handler stays behind");
    }
}

void nothing_is_written_after_the_end(world& at) {
    gate held;
    std::uint64_t sum = 0;
    auto pair = pairing(at)
                    .handle(sizes,
                            [&](stream_reader<blob>& from, call_context) -> awaitable<number> {
                                for (;;) {
                                    auto const next = co_await from.async_read(use_awaitable);
                                    if (!next || !*next) {
                                        break;
                                    }
                                    sum += (**next)->bytes.size();
                                }
                                co_await held.pass();
                                co_return number{sum};
                            })
                    .connect();
    auto up = pair.caller().open(sizes);
    write(up.to, at.noise(100));
    up.to.finish();
    expect(at.comes_true([&] { return held.arrived() == 1; }), "the end did not arrive");
    bool const from_dialler = at.options().role == initiator::client;
    faults* const link = at.place().disturb();
    auto const before = link == nullptr ? 0 : link->carried(from_dialler);
    auto const late = up.to.write({at.noise(100)});
    expect(!late, "a write after the end has succeeded");
    expect(late.error().error == call_error::stream_ended,
           "a write after the end fails with: " + late.error().error.message());
    at.let_pass(1s);
    expect(link == nullptr || link->carried(from_dialler) == before,
           "a write after the end has sent something");
    held.open(0);
    auto const answer = value_of(up.answer.get(), "the call");
    expect(answer->value == 100, "something came behind the end");
}

void closing_twice_is_closing_once(world& at) {
    running here;
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.handle(loop_back, saying_it_back(here));
    auto pair = joining.connect();
    auto talk = pair.caller().open(loop_back);
    talk.to.finish();
    talk.to.finish();
    talk.from.cancel();
    talk.from.cancel();
    for (int i = 0; i < 2; ++i) {
        auto const next = talk.from.read();
        expect(!next && next.error().error == call_error::cancelled,
               "a stream that was cancelled twice says something else");
    }
    pair.caller().close();
    std::thread([other = pair.caller()] { other.close(); }).join();
    pair.caller().close();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
    pair.caller().close();
    std::thread([other = pair.caller()] { other.close(); }).join();
    at.let_pass(5s);
    seen.client().expect_lawful();
    seen.server().expect_lawful();
    expect(seen.caller(at).why() == transport_error::closed,
           "who closes twice is told: " + seen.caller(at).why().message());
    expect(seen.callee(at).why() == transport_error::closed_by_peer,
           "the other side is told: " + seen.callee(at).why().message());
}

void a_close_wakes_readers(world& at) {
    for (bool const by_caller : {true, false}) {
        running here;
        auto pair = pairing(at).handle(loop_back, saying_it_back(here)).connect();
        auto talk = pair.caller().open(loop_back);
        std::optional<error_code> woken;
        talk.from.async_read([&](stream_reader<blob>::outcome got) {
            woken = got ? error_code() : got.error().error;
        });
        expect(at.comes_true([&] { return here.count() == 1; }), "the call did not arrive");
        auto const before = at.loop().now();
        (by_caller ? pair.caller() : pair.callee()).close();
        expect(at.comes_true([&] { return woken.has_value() && here.count() == 0; }),
               "a close wakes nobody");
        expect(at.loop().now() - before <= budget, "a close wakes late");
        expect(woken == rpc_error::connection_lost, "a read ends with: " + woken->message());
    }
}

// Fills a stream whose other end does not read, over a link that may be stalled.
void a_close_wakes_writers(world& at) {
    gate held;
    running here;
    observed seen;
    pairing joining(at);
    joining.handle(loop_back, [&](stream_reader<blob>&, stream_writer<blob>&, call_context) {
        return waits_at(held, here);
    });
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.connect();
    auto talk = pair.caller().open(loop_back);
    expect(at.comes_true([&] { return here.count() == 1; }), "the call did not arrive");
    faults* const link = at.place().disturb();
    bool const from_dialler = at.options().role == initiator::client;
    if (link != nullptr) {
        link->stall(from_dialler, true);
    }
    auto const part = at.noise(64 * kib);
    std::size_t written = 0;
    std::optional<error_code> woken;
    std::function<void()> const write_on = [&] {
        talk.to.async_write({part}, [&](call_result<void> done) {
            if (done) {
                ++written;
                write_on();
            } else {
                woken = done.error().error;
            }
        });
    };
    write_on();
    std::size_t before = 0;
    do {
        before = written;
        at.let_pass(100ms);
    } while (written != before);
    expect(!woken, "a write that had to wait has failed");
    auto const closed_at = at.loop().now();
    pair.caller().close();
    expect(at.comes_true([&] { return woken.has_value(); }), "a close wakes no writer");
    expect(at.loop().now() - closed_at <= budget, "a close wakes a writer late");
    expect(woken == rpc_error::connection_lost, "a write ends with: " + woken->message());
    if (link != nullptr) {
        link->cut();
    }
    held.open_all();
    expect(at.comes_true([&] { return seen.both_have_ended() && here.count() == 0; }),
           "the connection never ended");
}

void what_was_sent_comes_before_the_close(world& at) {
    std::size_t const size = at.amount("parts");
    observed seen;
    std::vector<std::string> got;
    bool late = false;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.handle(news, [&](text const& told) {
        late = late || seen.callee(at).has_ended();
        got.push_back(told.value);
    });
    joining.handle(add_one, one_more);
    auto pair = joining.connect();
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call"));
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < size; ++i) {
        sent.push_back(std::to_string(i) + std::string(200, 'x'));
        pair.caller().send(news, {sent.back()});
    }
    pair.caller().close();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
    expect(!late, "something came after the close");
    expect(got == sent, "of " + std::to_string(sent.size()) + " events sent before a close " +
                            std::to_string(got.size()) + " came in order");
    expect(seen.callee(at).is_disconnected(), "an orderly close is an error to the peer");
}

void what_is_dropped_is_told(world& at) {
    running here;
    auto pair = pairing(at)
                    .handle(loop_back, [&](stream_reader<blob>& from, stream_writer<blob>&,
                                           call_context) { return waits_for_a_part(here, from); })
                    .handle(blobs, [](received<number>, stream_writer<blob>, call_context) {})
                    .handle(sizes, [](stream_reader<blob>, stream_reply<number>, call_context) {})
                    .connect();
    {
        auto const talk = pair.caller().open(loop_back);
        expect(at.comes_true([&] { return here.count() == 1; }), "the call did not arrive");
    }
    expect(at.comes_true([&] { return here.count() == 0; }),
           "a handler is not told that its caller dropped the stream");
    std::optional<bool> read;
    auto down = pair.caller().open(blobs, {3});
    down.async_read([&](stream_reader<blob>::outcome got) { read = got.has_value(); });
    std::optional<bool> answered;
    auto up = pair.caller().open(sizes);
    up.answer.async_get([&](auto const& got) { answered = got.has_value(); });
    expect(at.comes_true([&] { return read && answered; }),
           "a caller is not told that the handler dropped the stream");
    expect(!*read && !*answered, "a stream that was dropped has ended in order");
}

void one_stream_is_not_another(world& at) {
    running here;
    auto pair =
        pairing(at).handle(loop_back, saying_it_back(here)).handle(add_one, one_more).connect();
    auto kept = pair.caller().open(loop_back);
    auto cancelled = pair.caller().open(loop_back);
    auto dropped = std::make_optional(pair.caller().open(loop_back));
    auto finished = pair.caller().open(loop_back);
    for (auto* const each : {&kept, &cancelled, &*dropped}) {
        write(each->to, at.noise(500));
    }
    expect(at.comes_true([&] { return here.count() == 4; }), "not all streams arrived");
    cancelled.from.cancel();
    dropped.reset();
    round_trip(at, finished);
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call beside them"));
    write(kept.to, at.noise(700));
    kept.to.finish();
    expect(read(kept.from).size() == 500, "a stream lost what came before others ended");
    expect(read(kept.from).size() == 700, "a stream lost what came after others ended");
    expect_its_end(kept.from);
    expect(at.comes_true([&] { return here.count() == 0; }), "a handler stays behind");
}

void both_close_at_once(world& at) {
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    auto pair = joining.connect();
    pair.caller().close();
    pair.callee().close();
    expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
    at.let_pass(5s);
    for (history const* const each : {&seen.client(), &seen.server()}) {
        each->expect_lawful();
        expect(each->is_disconnected(), "an error is told: " + each->why().message());
    }
}

// The side that closes has let go of everything when the time for that is over.
void a_close_is_not_waited_for(world& at) {
    faults& link = at.disturb();
    running here;
    gate held;
    observed seen;
    pairing joining(at);
    seen.watch(joining.client());
    seen.watch(joining.server());
    joining.handle(never, [&](received<text>, call_context) -> awaitable<text> {
        co_await waits_at(held, here);
        co_return text{};
    });
    auto pair = joining.connect();
    std::optional<error_code> ended;
    pair.caller().async_call(never, {"?"}, [&](call_result<received<text>> answer) {
        ended = answer ? error_code() : answer.error().error;
    });
    expect(at.comes_true([&] { return here.count() == 1; }), "the call did not arrive");
    bool const from_dialler = at.options().role == initiator::client;
    link.stall(!from_dialler, true);
    auto const before = at.loop().now();
    pair.caller().close();
    expect(at.comes_true([&] { return seen.caller(at).has_ended(); }), "the close never ended");
    auto const took = at.loop().now() - before;
    expect(took <= connection_limits{}.close_timeout + 250ms,
           "a peer that says nothing is waited for too long");
    expect(ended == rpc_error::connection_lost, "a call outlives its connection");
    expect(!pair.caller().is_connected(), "the connection is kept");
    link.stall(!from_dialler, false);
    expect(at.comes_true([&] { return seen.both_have_ended() && here.count() == 0; }),
           "the other side never hears of the end");
}

constexpr std::array rules{
    rule{"CLS-01", level::must,
         "After one side ends its writing half, the other reads all data sent before, then "
         "end-of-stream, and can still write back.",
         "What shutdown_write() does with what was written, and with reading.", needs::nothing,
         half_closed_goes_on_the_other_way},
    rule{"CLS-02", level::must,
         "Both sides may half-close in either order or at the same time; the stream is then gone "
         "on both sides.",
         "When a stream with two ends is let go.", needs::nothing, both_half_close},
    rule{"CLS-03", level::must,
         "Writing after the writing half is closed fails with \"write after end\" and sends no "
         "byte.",
         "What a writer does after its end.", needs::nothing, nothing_is_written_after_the_end},
    rule{"CLS-04", level::must,
         "Closing twice, from any thread, is harmless and reports the same outcome.",
         "What a second close() does, also after the end.", needs::nothing,
         closing_twice_is_closing_once},
    rule{"CLS-05", level::must, "A close while a read is pending wakes it at once with \"closed\".",
         "Whether who waits is told when the connection goes.", needs::nothing,
         a_close_wakes_readers},
    rule{"CLS-06", level::must,
         "A close while a write is blocked by a full peer wakes it at once with \"closed\".",
         "Whether a close waits for what the link does not take.", needs::nothing,
         a_close_wakes_writers},
    rule{"CLS-07",
         level::must,
         "Data flushed before a graceful close reaches the peer before the close does.",
         "What close() does with what was written and not yet taken.",
         needs::nothing,
         what_was_sent_comes_before_the_close,
         {"more than what is queued", {{"parts", 50, 200}}}},
    rule{"CLS-08", level::must,
         "Dropping the last handle of a stream without closing it tells the peer (end or reset), "
         "never silence.",
         "What the destructors of reader and writer send.", needs::nothing,
         what_is_dropped_is_told},
    rule{"CLS-09", level::must,
         "Closing one stream does not disturb any other stream of the connection.",
         "Whether anything of a stream is kept by more than its id.", needs::nothing,
         one_stream_is_not_another},
    rule{"CLS-10", level::must,
         "Simultaneous close of the connection by both sides ends with both in the final state and "
         "no error surfaced.",
         "What a read or write gives after a close, when the peer has closed, too.", needs::nothing,
         both_close_at_once},
    rule{"CLS-12", level::must,
         "Stream resources are kept no longer than the close-wait budget when the peer never "
         "answers a close.",
         "Whether close() waits for the peer without end.", needs::faults,
         a_close_is_not_waited_for},
};

}  // namespace

std::span<rule const> close_rules() {
    return rules;
}

}  // namespace trunkline::conformance
