// Malformed input, from a played peer: the family MAL.
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/rules/weigh.hpp>

#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using frame::kind;
using rpc::message_type;
using rpc::rpc_error;
using transport::connection_state;

// What became of what the played side said.
struct witness {
    std::vector<std::string> texts;      // that came to the handler of `echo`
    std::vector<std::uint64_t> weights;  // of streams that came to their end
    std::optional<error_code> end;       // of the connection
};

awaitable<number> weigh_and_note(stream_reader<typed::raw>& from, witness& seen) {
    number const size = co_await weigh_all(from);
    seen.weights.push_back(size.value);
    co_return size;
}

template <class Builder>
void note_end(Builder& of, witness& seen) {
    auto const note = [&seen](connection_state state, error_code why) {
        if (is_end(state)) {
            seen.end = why;
        }
    };
    if constexpr (std::is_same_v<Builder, rpc_server::builder>) {
        of.on_state([note](peer const&, auto state, auto why) { note(state, why); });
    } else {
        of.on_state(note);
    }
}

enum class with : std::uint8_t { base, extension };

// `seen` outlives it.
faced attacked(world& at, witness& seen, with what = with::base, session_limits const& most = {}) {
    connection_limits in_a_hurry;
    in_a_hurry.close_timeout = 20ms;  // the played side does not end
    facing made(at, real::called);
    made.handle(echo, [&](text const& given) {
        seen.texts.push_back(given.value);
        return given;
    });
    made.handle(weigh, [&](stream_reader<typed::raw>& from, call_context) {
        return weigh_and_note(from, seen);
    });
    made.tell([&](auto& builder) {
        builder.limits(most).limits(in_a_hurry);
        note_end(builder, seen);
    });
    if (what == with::extension) {
        made.extended();
    }
    return made.connect();
}

std::string call_of(std::uint32_t id, std::uint64_t method, std::string_view arguments) {
    return whole_of(id, head_of(message_type::call, id, method, arguments));
}

// When it is answered, all that was said before has been read.
void expect_served(frame_peer& by, std::uint32_t id) {
    by.say(call_of(id, echo.id, encoded(text{"still there"})));
    auto const answer = by.await(message_type::response, id);
    expect(
        answer.status() == rpc::status::success && answer.payload == encoded(text{"still there"}),
        "a later call was answered wrongly");
}

void expect_ended(world& at, witness const& seen, error_code due, std::string_view what) {
    expect(at.comes_true([&] { return seen.end.has_value(); }),
           std::string(what) + " does not end the connection");
    expect(*seen.end == due, std::string(what) + " is told as: " + seen.end->message());
}

// A header that promises `size` bytes, and nothing else.
std::string promise_of(kind what, std::uint32_t stream_id, std::uint32_t sequence,
                       std::uint32_t size) {
    std::array<std::byte, frame::header_size_max> head;
    auto const taken = frame::encode_header(
        {size, stream_id, sequence, static_cast<std::uint8_t>(what)}, frame::layout::b, head);
    return std::string(as_text(bytes_view(head).first(taken)));
}

constexpr std::uint32_t small_frame = 100'000;

session_limits small_frames() {
    session_limits most;
    most.frame_payload_size_max = small_frame;
    return most;
}

void a_length_is_judged_when_it_is_read(world& at) {
    {
        witness seen;
        auto pair = attacked(at, seen, with::base, small_frames());
        expect_served(pair.far(), 3);
        pair.far().say(promise_of(kind::open, 5, 0, small_frame + 1));
        expect_ended(at, seen, rpc_error::frame_too_large, "a length above the limit");
        expect(at.comes_true([&] { return pair.far().has_ended(); }), "the link is left open");
    }
    witness seen;
    auto pair = attacked(at, seen, with::base, small_frames());
    expect_served(pair.far(), 3);
    auto const& protocol = protocol_of(pair.tested());
    std::size_t const before = protocol.held_size();
    pair.far().say(frame_of(kind::open, 5, 0, head_of(message_type::call, 5, weigh.id)) +
                   promise_of(kind::data, 5, 1, small_frame));
    at.let_pass(1s);
    expect(!seen.end, "a length at the limit ends the connection");
    expect(protocol.held_size() < before + 10 * kib, "memory is held for what was only promised");
    pair.far().say(std::string(small_frame, 'x') + frame_of(kind::end, 5, 2));
    static_cast<void>(pair.far().await(message_type::response, 5));
    expect(seen.weights == std::vector<std::uint64_t>{small_frame}, "a full frame was cut");
}

void every_length_is_handled(world& at) {
    for (std::uint32_t const size :
         {0U, 1U, small_frame, small_frame + 1, 0x7fff'ffffU, 0x8000'0000U, 0xffff'ffffU}) {
        witness seen;
        auto pair = attacked(at, seen, with::base, small_frames());
        frame_peer& far = pair.far();
        far.say(frame_of(kind::open, 5, 0, head_of(message_type::call, 5, weigh.id)));
        std::string const what = "a length of " + std::to_string(size);
        if (size > small_frame) {
            far.say(promise_of(kind::data, 5, 1, size) + std::string(100, 'x'));
            expect_ended(at, seen, rpc_error::frame_too_large, what);
            expect(seen.weights.empty(), what + " ends a stream as if it were complete");
            continue;
        }
        far.say(frame_of(kind::data, 5, 1, std::string(size, 'x')) + frame_of(kind::end, 5, 2));
        auto const answer = far.await(message_type::response, 5);
        expect(answer.payload == encoded(number{size}), what + " is read as another one");
        expect_served(far, 7);
    }
}

void unknown_kinds_are_skipped(world& at) {
    for (with const spoken : {with::base, with::extension}) {
        witness seen;
        auto pair = attacked(at, seen, spoken);
        frame_peer& far = pair.far();
        far.say(frame_of(kind::open, 5, 0, head_of(message_type::call, 5, weigh.id)) +
                frame_of(kind::data, 5, 1, "abc"));
        std::uint64_t unknown = 0;
        auto const before = protocol_of(pair.tested()).counters().frames_skipped;
        for (std::uint32_t each = frame::kind_max + 1; each <= 0xff; ++each) {
            bool const agreed = spoken == with::extension &&
                                frame::is_extension_kind(static_cast<std::uint8_t>(each));
            if (agreed && each <= extension::kind_known) {
                continue;
            }
            unknown += agreed ? 0 : 1;
            far.say(frame_of(static_cast<kind>(each), 5, 2, "not for you"));
        }
        far.say(frame_of(kind::data, 5, 2, "de") + frame_of(kind::end, 5, 3));
        auto const answer = far.await(message_type::response, 5);
        expect(answer.payload == encoded(number{5}), "a frame of an unknown kind was taken");
        expect_served(far, 7);
        expect(protocol_of(pair.tested()).counters().frames_skipped >= before + unknown,
               "frames of unknown kinds are not counted");
    }
}

// Two whole calls, of which the second one comes in pieces, around a stream.
struct exchange {
    exchange() {
        add(call_of(3, echo.id, encoded(text{"the first one"})));
        first_ends = bytes.size();
        add(frame_of(kind::open, 5, 0, head_of(message_type::call, 5, weigh.id)));
        add(frame_of(kind::data, 5, 1, "some bytes"));
        std::string const second =
            head_of(message_type::call, 7, echo.id, encoded(text{"the second one"}));
        add(frame_of(kind::open, 7, 0, second.substr(0, 4)));
        add(frame_of(kind::data, 7, 1, second.substr(4, 20)));
        add(frame_of(kind::data, 5, 2, "and more"));
        add(frame_of(kind::end, 7, 2, second.substr(24)));
        second_ends = bytes.size();
        add(frame_of(kind::end, 5, 3));
    }
    void add(std::string_view more) { bytes += more; }

    std::string bytes;
    std::size_t first_ends = 0;
    std::size_t second_ends = 0;
};

void every_prefix_is_no_more_than_that(world& at) {
    exchange const all;
    std::size_t const stride = at.amount("bytes between cuts");
    for (std::size_t size = at.random()() % stride; size <= all.bytes.size(); size += stride) {
        witness seen;
        auto pair = attacked(at, seen);
        std::string const what = "behind " + std::to_string(size) + " bytes of an exchange ";
        std::size_t const streams = size == all.bytes.size() ? 1 : 0;
        pair.far().say(std::string_view(all.bytes).substr(0, size));
        // A handler that has not begun when its connection ends never does: it is waited for.
        expect(streams == 0 || at.comes_true([&] { return seen.weights.size() == streams; }),
               what + "a stream did not come to its end");
        pair.far().close();
        expect(at.comes_true([&] { return seen.end.has_value(); }),
               "a connection that was cut goes on");
        std::vector<std::string> due;
        if (size >= all.first_ends) {
            due.emplace_back("the first one");
        }
        if (size >= all.second_ends) {
            due.emplace_back("the second one");
        }
        expect(seen.texts == due, what + "other calls were made than had come");
        expect(seen.weights.size() == streams, what + "a stream did not end as it came");
    }
}

void every_changed_bit_is_survived(world& at) {
    exchange const all;
    std::size_t const bits = all.bytes.size() * 8;
    std::size_t const step = at.amount("bits between changes");
    for (std::size_t bit = at.random()() % step; bit < bits; bit += step) {
        std::string const what = "behind a change of bit " + std::to_string(bit) + " ";
        witness seen;
        auto pair = attacked(at, seen);
        std::string changed = all.bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        pair.far().say(changed);
        at.let_pass(100ms);
        if (!seen.end) {
            expect(protocol_of(pair.tested()).held_size() < 64 * kib, what + "much is held");
        }
        pair.far().close();
        expect(at.comes_true([&] { return seen.end.has_value(); }), what + "a connection hangs");
        expect(seen.texts.size() <= 2 && seen.weights.size() <= 1,
               what + "more came than was sent");
    }
}

void frames_of_no_stream_leave_nothing(world& at) {
    session_limits most;
    most.unbegun_streams_max = 8;
    witness seen;
    auto pair = attacked(at, seen, with::base, most);
    frame_peer& far = pair.far();
    expect_served(far, 3);
    auto const& protocol = protocol_of(pair.tested());
    std::size_t const before = protocol.held_size();
    for (kind const what : {kind::cancel, kind::end}) {
        for (std::uint32_t id = 0; id < 2000; ++id) {
            far.say(frame_of(what, 0x10'0000 + id, 0));
        }
        expect_served(far, 5 + static_cast<std::uint32_t>(what) * 2);
        expect(protocol.held_size() == before, "something is held for streams that never began");
    }
    for (kind const what : {kind::data, kind::end}) {
        for (std::uint32_t id = 0; id < 200; ++id) {
            far.say(frame_of(what, 0x20'0000 + id, 5, "late"));
        }
        expect_served(far, 21 + static_cast<std::uint32_t>(what) * 2);
        expect(protocol.held_size() < before + 8 * kib, "much is held for streams without begin");
    }
    expect(!seen.end && seen.weights.empty(), "a stream began that nobody began");
}

void what_follows_an_end_is_a_fault_of_its_stream(world& at) {
    witness seen;
    auto pair = attacked(at, seen, with::extension);
    frame_peer& far = pair.far();
    std::string const head = head_of(message_type::call, 1, weigh.id);
    far.say(frame_of(kind::open, 1, 0, head) + frame_of(kind::data, 1, 1, "abc"));
    auto const& counted = protocol_of(pair.tested()).counters();
    auto const before = counted.frames_skipped;

    std::string const again = head_of(message_type::call, 9, weigh.id);
    far.say(frame_of(kind::open, 9, 0, again) + frame_of(kind::data, 9, 1, "12"));
    far.say(frame_of(kind::open, 9, 0, again) + frame_of(kind::open, 9, 1, "666"));
    expect_served(far, 31);
    expect(counted.frames_skipped >= before + 2, "a begin that is repeated is no fault");
    far.say(frame_of(kind::end, 9, 2));
    expect(far.await(message_type::response, 9).payload == encoded(number{2}),
           "a begin that is repeated changes its stream");

    std::uint32_t id = 11;
    for (kind const late : {kind::data, kind::end, kind::cancel}) {
        far.say(frame_of(kind::open, id, 0, head_of(message_type::call, id, weigh.id)));
        far.say(frame_of(kind::data, id, 1, "1234") + frame_of(kind::end, id, 2) +
                frame_of(late, id, 3) + frame_of(late, id, 2));
        expect(far.await(message_type::response, id).payload == encoded(number{4}),
               "a frame behind the end changes its stream");
        expect_served(far, id + 30);
        expect(far.answers_to(id) == 1, "a frame behind the end was answered");
        id += 2;
    }
    far.say(frame_of(kind::data, 1, 2, "de") + frame_of(kind::end, 1, 3));
    expect(far.await(message_type::response, 1).payload == encoded(number{5}),
           "the faults of one stream disturb another one");
}

void a_broken_header_costs_its_call(world& at) {
    witness seen;
    auto pair = attacked(at, seen, with::extension);
    frame_peer& far = pair.far();
    using std::string_literals::operator""s;
    std::uint32_t id = 9;
    for (std::string const& fields : {
             "\3"s,                           // cut short
             "\3\1"s,                         // in its size
             "\3\7\0\0\0\0\0\0\0\0"s,         // a time of 7 bytes
             "\3\x8\0\0\0\0\0"s,              // whose bytes are missing
             "\5\3\0\x9kv"s,                  // a key that is longer than its entry
             "\5\xff\xff\1k"s,                // an entry behind the end of the frame
             "\2\4\0\0\0\0\0\2\4\0\0\0\0\0"s  // what may come once
         }) {
        far.say(frame_of(extension::kind::header, id, fields) +
                call_of(id, echo.id, encoded(text{"x"})));
        auto const answer = far.await(message_type::response, id);
        expect(answer.status() == rpc::status::system_error, "a broken header is let through");
        expect(seen.texts.empty(), "a call with a broken header was made");
        id += 2;
    }
    expect_served(far, id);
}

void what_cannot_be_decoded_is_refused(world& at) {
    witness seen;
    auto pair = attacked(at, seen);
    frame_peer& far = pair.far();
    std::string const good = encoded(text{"hello there"});
    std::vector<std::string> all;
    for (std::size_t size = 0; size < good.size(); ++size) {
        all.push_back(good.substr(0, size));
    }
    all.push_back(good + "x");
    all.emplace_back(200, '\xff');
    std::uint32_t id = 9;
    for (std::string const& each : all) {
        far.say(call_of(id, echo.id, each));
        auto const answer = far.await(message_type::response, id);
        expect(answer.status() == rpc::status::system_error,
               "arguments that cannot be decoded are not refused");
        id += 2;
    }
    std::string const large(70'000, '\xff');
    far.say(frame_of(kind::open, id, 0, head_of(message_type::call, id, echo.id)) +
            frame_of(kind::data, id, 1, large) + frame_of(kind::end, id, 2));
    expect(far.await(message_type::response, id).status() == rpc::status::system_error,
           "large arguments that cannot be decoded are not refused");
    expect(seen.texts.empty(), "a handler was called with what cannot be decoded");
    expect_served(far, id + 2);
}

void an_error_ends_what_it_belongs_to(world& at) {
    session_limits most;
    most.message_size_max = 50'000;
    most.protocol_errors_max = 20;
    witness seen;
    auto pair = attacked(at, seen, with::base, most);
    frame_peer& far = pair.far();
    far.say(call_of(9, echo.id, "\xff\xff"));
    expect(far.await(message_type::response, 9).status() == rpc::status::system_error,
           "arguments that cannot be decoded are not refused");
    far.say(call_of(11, 0x666, ""));
    expect(far.await(message_type::response, 11).status() == rpc::status::method_not_found,
           "an unknown method is not refused");
    far.say(frame_of(kind::open, 13, 0, head_of(message_type::call, 13, echo.id)));
    far.say(frame_of(kind::data, 13, 1, std::string(50'001, 'x')) + frame_of(kind::end, 13, 2));
    expect(far.await(message_type::response, 13).status() == rpc::status::system_error,
           "a message above its limit is not refused");
    far.say(whole_of(15, head_of(static_cast<message_type>(9), 15, echo.id)));
    far.say(whole_of(17, "short"));
    expect_served(far, 19);
    expect(!seen.end, "an error of a stream ends the connection");
    for (std::size_t i = 0; i <= most.protocol_errors_max && !seen.end; ++i) {
        far.say(frame_of(static_cast<kind>(99), 1, 0, "noise"));
    }
    expect_ended(at, seen, rpc_error::too_many_protocol_errors, "a flood of faults");

    witness second;
    auto other = attacked(at, second, with::base, small_frames());
    other.far().say(promise_of(kind::open, 5, 0, small_frame + 1));
    expect_ended(at, second, rpc_error::frame_too_large, "a length above the limit");
}

constexpr std::array rules{
    rule{"MAL-01", level::must,
         "A declared length above the limit is refused when it is read; for one within the limit "
         "nothing is held before its bytes come.",
         "Where the length is looked at, and what is allocated for it.", needs::nothing,
         a_length_is_judged_when_it_is_read},
    rule{"MAL-02", level::must,
         "Lengths of 0, 1, the limit, one more, 2^31-1, 2^31 and 2^32-1 are each handled as they "
         "are.",
         "In which type a length is reckoned.", needs::nothing, every_length_is_handled},
    rule{"MAL-03", level::must, "Frames of unknown kinds are skipped and counted.",
         "Which kinds are known before and after an agreement.", needs::nothing,
         unknown_kinds_are_skipped},
    rule{"MAL-04",
         level::must,
         "Behind every prefix of an exchange and an end, just what was whole has been delivered.",
         "What becomes of unfinished frames and messages.",
         needs::one_role,
         every_prefix_is_no_more_than_that,
         {"every prefix, and not each eleventh", {{"bytes between cuts", 11, 1}}}},
    rule{"MAL-05",
         level::must,
         "Whichever bit of an exchange changes: nothing hangs, and little is held.",
         "Which field of a frame was changed.",
         needs::one_role,
         every_changed_bit_is_survived,
         {"every bit, and not each 97th", {{"bits between changes", 97, 1}}}},
    rule{"MAL-07", level::must,
         "Frames of streams that were never opened leave no state, and those that might still "
         "begin a bounded one.",
         "What is noted of a stream before its begin.", needs::nothing,
         frames_of_no_stream_leave_nothing},
    rule{"MAL-08", level::must,
         "Between peers with the extension, a repeated begin and whatever follows an end are "
         "faults of that stream only.",
         "What is known of a stream that has ended.", needs::nothing,
         what_follows_an_end_is_a_fault_of_its_stream},
    rule{"MAL-09", level::must,
         "A call whose header is cut short, or has wrong lengths, is refused alone.",
         "How fields are read.", needs::nothing, a_broken_header_costs_its_call},
    rule{"MAL-10", level::must,
         "Arguments that cannot be decoded are answered with an error, and no handler runs.",
         "When the handler is called.", needs::nothing, what_cannot_be_decoded_is_refused},
    rule{"MAL-12", level::must,
         "An error of a stream leaves the connection as it is; one of the connection ends it, and "
         "is told by its code.",
         "Whom an error belongs to.", needs::nothing, an_error_ends_what_it_belongs_to},
};

}  // namespace

std::span<rule const> malformed_rules() {
    return rules;
}

}  // namespace trunkline::conformance
