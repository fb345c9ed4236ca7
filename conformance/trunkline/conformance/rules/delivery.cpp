// However the link delivers, and in whatever order frames come: the family DLV.
#include <trunkline/conformance/driven.hpp>
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <set>
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

blob same(blob const& given) {
    return given;
}

awaitable<void> loop_parts(stream_reader<blob>& from, stream_writer<blob>& to) {
    for (;;) {
        auto part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        blob back = std::move(***part);
        auto const written = co_await to.async_write(std::move(back), use_awaitable);
        written.value();
    }
}

// A little of everything that a link is used for
// ------------------------------------------------------------------------------------------------

void expect_calls_answered(world& at, peer const& by) {
    constexpr std::size_t calls = 20;
    std::vector<byte_string> sent;
    std::size_t answered = 0;
    bool right = true;
    for (std::size_t i = 0; i < calls; ++i) {
        sent.push_back(at.noise(i * 37 % 400));
        by.async_call(mirror, {sent[i]}, [&, i](call_result<received<blob>> answer) {
            ++answered;
            right = right && answer && (*answer)->bytes == sent[i];
        });
    }
    expect(at.comes_true([&] { return answered == calls; }), "not all calls were answered");
    expect(right, "a call was answered with other bytes");
}

void expect_stream_whole(world& at, peer const& by) {
    auto stream = by.open(loop_back);
    std::vector<byte_string> sent;
    for (std::size_t const size : {0, 1, 700, 0, 5'000}) {
        sent.push_back(at.noise(size));
        static_cast<void>(value_of(stream.to.write({sent.back()}), "a write"));
    }
    for (byte_string const& each : sent) {
        auto const part = stream.from.read();
        expect(value_of(part, "a read").has_value(), "parts are missing");
        expect((**part)->bytes == each, "a part came back as another one");
    }
    stream.to.finish();
    expect(!value_of(stream.from.read(), "the end"), "there are more parts than were sent");
}

void an_exchange(world& at) {
    std::string heard;
    auto pair = pairing(at)
                    .handle(mirror, same)
                    .handle(echo,
                            [](text const& said) -> call_result<text> {
                                return call_failure{call_error::refused, "not " + said.value};
                            })
                    .handle(news, [&](text const& said) { heard += said.value; })
                    .handle(loop_back, [](stream_reader<blob>& from, stream_writer<blob>& to,
                                          call_context) { return loop_parts(from, to); })
                    .connect();
    expect_calls_answered(at, pair.caller());
    expect_stream_whole(at, pair.caller());
    auto const refused = pair.caller().call(echo, {"today"});
    expect(!refused && refused.error().error == call_error::refused &&
               refused.error().message == "not today",
           "a refusal arrived as something else");
    expect(!pair.caller().call(add_one, {1}), "an unknown method was answered");
    {
        auto const given_up = pair.caller().open(loop_back);
    }
    for (char const* const each : {"a", "b", "c", "d"}) {
        pair.caller().send(news, {each});
    }
    expect(at.comes_true([&] { return heard.size() == 4; }), "events did not arrive");
    expect(heard == "abcd", "events arrived in another order");
    expect_calls_answered(at, pair.caller());
}

constexpr rule exchange{"DLV-00", level::must,    "All kinds of calls give the same results.",
                        "",       needs::nothing, an_exchange};

void expect_exchange(world& at, transport::delivery_shape shape, std::uint64_t seeds = 1) {
    if (!at.about().has.shapes) {
        throw rule_not_applicable{"the transport does not obey delivery shapes"};
    }
    world_options how = at.options();
    how.shape = shape;
    for (std::uint64_t i = 0; i < seeds; ++i, ++how.seed) {
        verdict const found = judge(exchange, at.about(), how);
        expect(found.what == outcome::passed, found.seen + " (" + found.repeat + ")");
    }
}

void byte_by_byte(world& at) {
    expect_exchange(at, transport::delivery_shape::one_byte);
}
void all_at_once(world& at) {
    expect_exchange(at, transport::delivery_shape::coalesced);
}
void split_anywhere(world& at) {
    expect_exchange(at, transport::delivery_shape::random_split, at.amount("seeds"));
}
void in_short_writes(world& at) {
    expect_exchange(at, transport::delivery_shape::short_writes);
}
void delayed(world& at) {
    expect_exchange(at, transport::delivery_shape::delayed, at.amount("seeds"));
}

// Frames as no client or server of ours sends them
// ------------------------------------------------------------------------------------------------

std::string a_call(std::uint32_t request_id, std::string_view arguments) {
    return head_of(message_type::call, request_id, mirror.id, arguments);
}

void expect_answer(frame_peer& to, std::uint32_t request_id, std::string_view body) {
    auto const answer = to.await(message_type::response, request_id);
    expect(answer.status() == rpc::status::success, "a call was refused");
    expect(answer.payload == body, "a call was answered with other bytes");
}

void frames_and_messages_need_not_agree(world& at) {
    auto pair = facing(at, real::called).handle(mirror, same).connect();
    frame_peer& far = pair.far();
    std::string const arguments = encoded(blob{at.noise(500)});
    far.say(whole_of(1, a_call(1, arguments)));
    expect_answer(far, 1, arguments);

    std::string const split = whole_of(3, a_call(2, arguments));
    for (std::size_t from = 0; from < split.size(); from += 7) {
        far.say(std::string_view(split).substr(from, 7));
    }
    expect_answer(far, 2, arguments);

    std::string several;
    for (std::uint32_t i = 0; i < 5; ++i) {
        several += whole_of(5 + 2 * i, a_call(3 + i, arguments));
    }
    several += frame_of(kind::open, 15, 0, a_call(8, arguments)).substr(0, 20);
    far.say(several);
    for (std::uint32_t i = 0; i < 5; ++i) {
        expect_answer(far, 3 + i, arguments);
    }
    far.say(whole_of(15, a_call(8, arguments)).substr(20));
    expect_answer(far, 8, arguments);
}

void frames_are_put_in_sequence(world& at) {
    session_limits few;
    few.out_of_order_frames_max = 64;
    auto pair = facing(at, real::called)
                    .handle(mirror, same)
                    .tell([&](auto& builder) { builder.limits(few); })
                    .connect();
    frame_peer& far = pair.far();
    std::string const arguments = encoded(blob{at.noise(3'000)});
    far.say(frame_of(kind::end, 1, 3));
    far.say(frame_of(kind::data, 1, 2, std::string_view(arguments).substr(2'000)));
    far.say(frame_of(kind::data, 1, 1, std::string_view(arguments).substr(0, 2'000)));
    at.let_pass(1s);
    expect(far.answers_to(7) == 0, "a call was answered before it was whole");
    far.say(frame_of(kind::open, 1, 0, a_call(7, {})));
    expect_answer(far, 7, arguments);

    far.say(frame_of(kind::open, 3, 0, a_call(8, {})));
    std::string gap;
    for (std::uint32_t i = 0; i <= few.out_of_order_frames_max; ++i) {
        gap += frame_of(kind::data, 3, 2 + i, "x");
    }
    far.say(gap);
    auto const refused = far.await(message_type::response, 8);
    expect(refused.status() == rpc::status::system_error, "a gap that cannot close is no error");
    expect(refused.payload == make_error_code(rpc::rpc_error::sequence_gap).message(),
           "a gap that cannot close ends with: " + refused.payload);
    far.say(whole_of(5, a_call(9, arguments)));
    expect_answer(far, 9, arguments);
}

void what_is_there_is_not_replaced(world& at) {
    auto pair = facing(at, real::called).handle(mirror, same).connect();
    frame_peer& far = pair.far();
    std::string const arguments = encoded(blob{at.noise(1'000)});
    std::string const wrong(500, 'w');
    std::string_view const first = std::string_view(arguments).substr(0, 500);
    std::string_view const second = std::string_view(arguments).substr(500);
    far.say(frame_of(kind::open, 1, 0, a_call(1, {})));
    far.say(frame_of(kind::data, 1, 2, second));
    far.say(frame_of(kind::data, 1, 2, wrong));  // held
    far.say(frame_of(kind::open, 1, 0, a_call(2, {})));
    far.say(frame_of(kind::data, 1, 1, first));
    far.say(frame_of(kind::data, 1, 1, wrong));  // old
    far.say(frame_of(kind::data, 1, 2, wrong));
    far.say(frame_of(kind::end, 1, 3));
    expect_answer(far, 1, arguments);
    far.say(whole_of(3, a_call(3, arguments)));
    expect_answer(far, 3, arguments);
    expect(far.answers_to(1) == 1, "a call was answered twice");
    expect(far.answers_to(2) == 0, "a repeated frame has begun a call");
}

void expect_ids_of_any_value(world& at) {
    auto pair = facing(at, real::called).handle(mirror, same).connect();
    frame_peer& far = pair.far();
    constexpr std::array<std::uint32_t, 6> ids{0,           1,           0x7fff'ffff,
                                               0x8000'0000, 0xffff'fffe, 0xffff'ffff};
    std::string all;
    for (std::uint32_t const id : ids) {
        all += frame_of(kind::open, id, 0, a_call(id, encoded(blob{byte_string(id % 7)})));
    }
    for (std::uint32_t const id : ids) {
        all += frame_of(kind::end, id, 1);
    }
    far.say(all);
    for (std::uint32_t const id : ids) {
        expect_answer(far, id, encoded(blob{byte_string(id % 7)}));
    }
}

void ids_pass_their_largest_value(world& at) {
    expect_ids_of_any_value(at);
    driven tested(at);
    constexpr std::uint32_t almost = 0x7fff'fffe;
    tested.settings.session.first_stream_id = almost;
    tested.settings.session.first_request_id = almost;
    auto const far = tested.connect();
    constexpr std::size_t calls = 6;
    std::size_t answered = 0;
    bool right = true;
    for (std::size_t i = 0; i < calls; ++i) {
        auto const made = tested.endpoint().call(echo.id, {}, [&, i](rpc::response const& answer) {
            ++answered;
            right = right && !answer.error && as_text(answer.body) == std::to_string(i);
        });
        static_cast<void>(value_of(made, "a call"));
    }
    std::vector<heard_message> came;
    std::set<std::uint32_t> requests;
    std::set<std::uint32_t> streams;
    for (std::size_t i = 0; i < calls; ++i) {
        came.push_back(far->await_call(i));
        requests.insert(came[i].head.request_id);
        streams.insert(came[i].stream_id);
        for (std::uint32_t const id : {came[i].head.request_id, came[i].stream_id}) {
            expect(((id & rpc::acceptor_id_bit) == 0) == tested.dials(),
                   "an id past the largest one is of the other side's half");
        }
    }
    expect(requests.size() == calls && streams.size() == calls, "two calls have one id");
    for (std::size_t i = calls; i-- > 0;) {
        far->answer(came[i], std::to_string(i));
    }
    expect(at.comes_true([&] { return answered == calls; }), "not all calls were answered");
    expect(right, "a call got the answer of another one");
}

constexpr std::array rules{
    rule{"DLV-01", level::must, "Everything holds when the link delivers one byte per read.",
         "Who takes it that a header comes in one read.", needs::one_shape, byte_by_byte},
    rule{"DLV-02", level::must,
         "Everything holds when one read gives all there is: many frames and a part of the next.",
         "What becomes of bytes behind the first frame of a read.", needs::one_shape, all_at_once},
    rule{"DLV-03",
         level::repeated,
         "Everything holds when reads are split at random places, inside of headers too.",
         "Run the seed alone; then where the state of a half read header is kept.",
         needs::one_shape,
         split_anywhere,
         {"every place to split at", {{"seeds", 4, 200}}}},
    rule{"DLV-04", level::must,
         "Everything holds when writes are taken a few bytes at a time, or not at all.",
         "What becomes of the rest of a write.", needs::one_shape, in_short_writes},
    rule{"DLV-05",
         level::must,
         "Delay and jitter change times only: results and order stay.",
         "Whether anything waits for a moment instead of an event.",
         needs::one_shape,
         delayed,
         {"many orders of arrival", {{"seeds", 4, 200}}}},
    rule{"DLV-06", level::must,
         "One frame split over several messages, and several frames in one message, are both read.",
         "Whether the border of a message is taken for that of a frame.", needs::message_borders,
         frames_and_messages_need_not_agree},
    rule{"DLV-07", level::must,
         "Frames out of sequence are held and given in sequence, inside a bounded window; a gap "
         "that cannot close ends the stream with a named error.",
         "How frames are reassembled, and what bounds those that are ahead.", needs::nothing,
         frames_are_put_in_sequence},
    rule{"DLV-08", level::must,
         "A repeated sequence number is rejected and replaces nothing that is there.",
         "What is done with a frame whose number was seen before.", needs::nothing,
         what_is_there_is_not_replaced},
    rule{"DLV-09", level::must, "Ids that pass their largest value begin anew and never meet.",
         "How the next id is made of the last one.", needs::nothing, ids_pass_their_largest_value},
};

}  // namespace

std::span<rule const> delivery_rules() {
    return rules;
}

}  // namespace trunkline::conformance
