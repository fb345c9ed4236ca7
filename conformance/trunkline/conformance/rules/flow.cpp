// Backpressure and flow control: the family FLO.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t part_size = 5000;

// What one stream under credit may write while nobody reads.
constexpr std::size_t window = flow::first_credit + chunk_size;

// Until it writes no more, which it has to while nobody reads.
void expect_stalled(world& at, pump const& upload, std::string_view whose) {
    at.let_pass(1s);
    std::size_t const before = upload.written_size();
    at.let_pass(29s);
    expect(!upload.has_ended(), std::string(whose) + " wrote everything though nobody reads");
    expect(before > 0, std::string(whose) + " wrote nothing");
    expect(upload.written_size() == before, std::string(whose) + " went on though nobody reads");
}

void a_writer_stops_when_nobody_reads(world& at) {
    unread kept;
    auto pair = pairing(at).extended().handle(sizes, kept.handler()).connect();
    auto call = pair.caller().open(sizes);
    pump upload(std::move(call.to), part_size, at.amount("parts") + window / part_size);
    expect(at.comes_true([&] { return !kept.from.empty(); }), "the stream did not begin");
    expect_stalled(at, upload, "the writer");
    expect(upload.written_size() <= window, "the writer wrote more than the window");
}

void everything_arrives_when_reading_resumes(world& at) {
    unread kept;
    pumped served{part_size};
    auto pair = pairing(at)
                    .extended()
                    .handle(sizes, kept.handler())
                    .handle(blobs, served.handler())
                    .connect();
    std::size_t const parts = at.amount("parts");
    auto call = pair.caller().open(sizes);
    auto down = pair.caller().open(blobs, {parts});
    pump upload(std::move(call.to), part_size, parts);
    expect(at.comes_true([&] { return !kept.from.empty() && !served.all.empty(); }),
           "the streams did not begin");
    expect_stalled(at, upload, "the caller");
    expect_stalled(at, served.all.front(), "the called side");
    drain const below(std::move(kept.from.front()));
    drain const above(std::move(down));
    expect(at.comes_true([&] { return below.has_ended() && above.has_ended(); }),
           "what was held back did not come when it was read");
    for (drain const* each : {&below, &above}) {
        expect(!each->failure() && each->read_size() == parts * part_size, "not everything came");
        expect(each->is_intact(), "something else came than was written");
    }
    kept.to.front()({parts});
    expect(value_of(call.answer.get(), "the call")->value == parts,
           "the call was answered wrongly");
}

void a_stalled_stream_stops_no_other_one(world& at) {
    unread kept;
    pumped served{part_size};
    auto pair = pairing(at)
                    .extended()
                    .handle(sizes, kept.handler())
                    .handle(blobs, served.handler())
                    .handle(add_one, one_more)
                    .connect();
    std::size_t const parts = at.amount("parts");
    auto stalled_call = pair.caller().open(sizes);
    auto const stalled_down = pair.caller().open(blobs, {parts});
    pump const stalled(std::move(stalled_call.to), part_size, parts);
    expect(at.comes_true([&] { return kept.from.size() == 1 && served.all.size() == 1; }),
           "the streams did not begin");
    at.let_pass(1s);
    auto call = pair.caller().open(sizes);
    pump const upload(std::move(call.to), part_size, parts);
    drain const down(pair.caller().open(blobs, {parts}));
    expect(at.comes_true([&] { return kept.from.size() == 2; }), "a second stream did not begin");
    drain const up(std::move(kept.from.back()));
    expect(at.comes_true([&] { return up.has_ended() && down.has_ended(); }),
           "a stalled stream stopped another one");
    expect(up.is_intact() && up.read_size() == parts * part_size, "not everything went up");
    expect(down.is_intact() && down.read_size() == parts * part_size, "not everything came down");
    expect(value_of(pair.caller().call(add_one, {1}), "a call")->value == 2, "a wrong answer");
    expect(!stalled.has_ended() && !served.all.front().has_ended(),
           "the stalled streams went on though nobody reads");
}

boost::asio::awaitable<text> held_answer(gate& held) {
    co_await held.pass();
    co_return text{"done"};
}

boost::asio::awaitable<number> counts(stream_reader<blob>& from, call_context) {
    number total;
    for (;;) {
        auto const next = co_await from.async_read(boost::asio::use_awaitable);
        if (!next || !*next) {
            co_return total;
        }
        total.value += (**next)->bytes.size();
    }
}

// With the extension and without: neither may be read from only while it can write.
void both_write_through_a_narrow_link(world& at) {
    at.set_links(1 * kib);
    constexpr std::size_t large = 100'000;
    std::size_t const parts = at.amount("parts");
    for (bool const extended : {false, true}) {
        pairing made(at);
        if (extended) {
            made.extended();
        }
        auto pair = made.handle(sizes, counts).handle_back(sizes, counts).connect();
        auto up = pair.caller().open(sizes);
        auto back = pair.callee().open(sizes);
        pump const upload(std::move(up.to), large, parts);
        pump const download(std::move(back.to), large, parts);
        expect(at.comes_true([&] { return upload.has_ended() && download.has_ended(); }),
               "two sides that write to each other stand still");
        expect(value_of(up.answer.get(), "the call")->value == parts * large,
               "not everything came to the side that is called");
        expect(value_of(back.answer.get(), "the call back")->value == parts * large,
               "not everything came to the side that calls");
    }
}

void control_passes_where_data_is_blocked(world& at) {
    unread kept;
    pumped served{part_size};
    gate held;
    auto pair = pairing(at)
                    .extended()
                    .handle(sizes, kept.handler())
                    .handle(blobs, served.handler())
                    .handle(never, [&](received<text>, call_context) { return held_answer(held); })
                    .handle(add_one, one_more)
                    .connect();
    std::size_t const parts = at.amount("parts");
    auto call = pair.caller().open(sizes);
    auto const down = pair.caller().open(blobs, {parts});
    pump const upload(std::move(call.to), part_size, parts);
    boost::asio::cancellation_signal give_up;
    bool ended = false;
    pair.caller().async_call(
        never, {"wait"},
        boost::asio::bind_cancellation_slot(give_up.slot(),
                                            [&](call_result<received<text>>) { ended = true; }));
    expect(at.comes_true([&] { return held.arrived() == 1 && kept.from.size() == 1; }),
           "the calls did not arrive");
    at.let_pass(1s);
    expect(!upload.has_ended() && !served.all.front().has_ended(), "nothing is blocked");
    give_up.emit(boost::asio::cancellation_type::terminal);
    expect(at.comes_true([&] { return ended && held.cancelled() == 1; }),
           "a cancel did not pass where data is blocked");
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call beside blocked data"));
    pair.caller().close();
    expect(at.comes_true(
               [&] { return !pair.callee().is_connected() && kept.contexts.front().cancelled(); }),
           "the close did not pass where data is blocked");
}

void many_stalled_streams_stay_within_the_limit(world& at) {
    std::size_t const count = at.amount("streams");
    std::size_t const parts = 2 * window / part_size;
    unread kept;
    auto pair =
        pairing(at).extended().handle(sizes, kept.handler()).handle(add_one, one_more).connect();
    std::vector<upload<blob, number>> calls;
    std::vector<pump> uploads;
    for (std::size_t i = 0; i < count; ++i) {
        calls.push_back(pair.caller().open(sizes));
        uploads.emplace_back(std::move(calls.back().to), part_size, parts);
    }
    expect(at.comes_true([&] { return kept.from.size() == count; }), "not all streams began");
    at.let_pass(10s);
    std::size_t written = 0;
    for (pump const& each : uploads) {
        written += each.written_size();
    }
    expect(written <= count * (flow::first_credit + 2 * part_size),
           "the streams hold more than their windows together");
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call beside them"));
    std::vector<drain> drains;
    for (auto& each : kept.from) {
        drains.emplace_back(std::move(each));
    }
    for (drain const& each : drains) {
        expect(at.comes_true([&] { return each.has_ended(); }), "a stream did not go on");
        expect(each.is_intact() && each.read_size() == parts * part_size, "not everything came");
    }
}

// What may be on its way on a connection without credit: what waits to be sent, what waits to be
// read, and what is in between.
std::size_t queues_of(world& at) {
    constexpr std::size_t of_system = 24 * mib;  // buffers of sockets, as large as they may grow
    return stream_output_size_mark + stream_input_size_mark +
           connection_limits{}.input_per_turn_max + 4 * chunk_size +
           (at.options().virtual_time ? 0 : of_system);
}

void a_writer_without_credit_waits(world& at) {
    constexpr std::size_t large = 50'000;
    std::size_t const parts = queues_of(at) / large * 2;
    unread kept;
    auto pair = pairing(at).handle(sizes, kept.handler()).connect();
    auto call = pair.caller().open(sizes);
    pump const waiting(std::move(call.to), large, parts);
    expect(at.comes_true([&] { return kept.from.size() == 1; }), "the stream did not begin");
    std::size_t before = 0;
    expect(at.comes_true([&] {
        at.let_pass(1s);
        return std::exchange(before, waiting.written_size()) == waiting.written_size();
    }),
           "the writer goes on for ever");
    expect(!waiting.has_ended() && waiting.written_size() <= queues_of(at),
           "the writer does not wait");
    drain const up(std::move(kept.from.front()));
    expect(at.comes_true([&] { return up.has_ended(); }), "the writer did not go on");
    expect(up.is_intact() && up.read_size() == parts * large, "not everything came");
}

// A link that takes nothing: events above their limit are lost, and in the end who waits is told.
void what_a_dead_link_holds_is_bounded(world& at) {
    faults& links = *at.place().disturb();
    bool const by_dialler = at.options().role == initiator::client;
    std::size_t heard = 0;
    connection_limits limits;
    limits.write_stall_timeout = 5s;
    limits.silence_timeout = 1h;
    unread kept;
    auto pair = pairing(at)
                    .handle(sizes, kept.handler())
                    .handle(add_one, one_more)
                    .handle(news, [&](text const&) { ++heard; })
                    .on_callee([&](auto& builder) { builder.limits(limits); })
                    .on_caller([&](auto& builder) { builder.limits(limits); })
                    .connect();
    links.stall(by_dialler, true);
    std::string const large(100'000, 'x');
    std::size_t const sent = 3 * events_queued_size_max / large.size();
    for (std::size_t i = 0; i < sent; ++i) {
        pair.caller().send(news, {large});
    }
    at.let_pass(1s);
    links.stall(by_dialler, false);
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call after events were lost"));
    expect(heard > 0, "no event came");
    expect(heard * large.size() <= events_queued_size_max + 2 * large.size() + 4 * chunk_size,
           "more events waited than may");
    links.stall(by_dialler, true);
    auto call = pair.caller().open(sizes);
    pump const waiting(std::move(call.to), large.size(), 1000);
    auto const begun = at.loop().now();
    expect(at.comes_true([&] { return waiting.has_ended(); }), "a writer waits for ever");
    expect(at.loop().now() - begun >= limits.write_stall_timeout, "it was told too early");
    expect(waiting.failure() == rpc::rpc_error::connection_lost, "it was told something else");
    links.stall(by_dialler, false);
}

void without_credit_queues_are_bounded(world& at) {
    if (at.about().has.compression) {
        throw rule_not_applicable{"queues are as long as what is left of their content"};
    }
    a_writer_without_credit_waits(at);
    if (at.options().virtual_time && at.place().disturb() != nullptr) {
        what_a_dead_link_holds_is_bounded(at);
    }
}

// What a link carries at most: its capacity is there again after a trip one way.
void a_long_path_is_filled(world& at) {
    constexpr auto one_way = 25ms;
    constexpr std::size_t capacity = 512 * kib;
    constexpr std::size_t large = 256 * kib;
    std::size_t const parts = at.amount("parts");
    at.set_links(capacity, one_way);
    static_cast<void>(at.disturb());  // else the links have no length
    auto pair = pairing(at).extended().handle(sizes, counts).connect();
    auto call = pair.caller().open(sizes);
    auto const begun = at.loop().now();
    pump const all(std::move(call.to), large, parts);
    expect(value_of(call.answer.get(), "the call")->value == parts * large, "not everything came");
    auto const least = one_way * (parts * large / capacity);
    expect((at.loop().now() - begun) * 80 < least * 100, "less than 80 % of the link was used");
}

// So many parts are several windows.
constexpr quantities windows{"more of the same windows", {{"parts", 20, 800}}};

constexpr std::array rules{
    rule{"FLO-01", level::must,
         "A writer whose peer does not read stops within the window and stays where it is.",
         "Whether credit is given for what has come, or for what has been read.", needs::nothing,
         a_writer_stops_when_nobody_reads, windows},
    rule{"FLO-02", level::must,
         "When the reader resumes, the writer goes on by itself, and everything arrives.",
         "Who tells a writer that waits of new credit, and whether reading pauses for good.",
         needs::nothing, everything_arrives_when_reading_resumes, windows},
    rule{"FLO-03", level::must,
         "A stalled stream stops no other one on the same connection, in either direction.",
         "Whether reading from the connection stops for one stream.", needs::nothing,
         a_stalled_stream_stops_no_other_one, windows},
    rule{"FLO-04",
         level::must,
         "Two sides that write much to each other over a link of 1 KiB both finish.",
         "Whether a side reads on while it cannot write.",
         needs::one_shape,
         both_write_through_a_narrow_link,
         {"16 MB each way", {{"parts", 15, 160}}}},
    rule{"FLO-05", level::must, "A cancel, a call and a close pass while data is blocked.",
         "In which order output is queued, and whether a full queue stops what is small.",
         needs::nothing, control_passes_where_data_is_blocked, windows},
    rule{"FLO-09",
         level::must,
         "With many stalled streams, what waits on a connection stays within its limit.",
         "Whether windows are bounded together.",
         needs::one_shape,
         many_stalled_streams_stay_within_the_limit,
         {"streams as many as are allowed", {{"streams", 100, 1000}}}},
    rule{"FLO-10", level::must,
         "With a peer that knows no credit, a writer waits at bounded queues, and goes on when the "
         "peer reads.",
         "At which size of the output a writer waits, and of the input reading pauses.",
         needs::one_shape, without_credit_queues_are_bounded},
    rule{"FLO-13",
         level::should,
         "Over a round trip of 50 ms a stream uses at least 80 % of the link.",
         "Whether the window grows when every round trip uses it up.",
         needs::virtual_time | needs::one_shape,
         a_long_path_is_filled,
         {"time for the window to grow", {{"parts", 256, 512}}}},
};

}  // namespace

std::span<rule const> flow_rules() {
    return rules;
}

}  // namespace trunkline::conformance
