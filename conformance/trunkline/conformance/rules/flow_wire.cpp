// Credit as it is on the wire: the rest of the family FLO, against a played peer.
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/rules/weigh.hpp>

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/control_frames.hpp>
#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using extension::reset_by;
using flow::credit_max;
using flow::first_credit;
using frame::kind;
using rpc::message_type;

constexpr typed::server_stream<number, typed::raw> pour{"pour"};

// Handlers that read nothing until the rule does.
struct kept_calls {
    std::vector<stream_reader<typed::raw>> from;
    std::vector<stream_reply<number>> to;
    std::vector<call_context> contexts;

    [[nodiscard]] auto handler() {
        return [this](stream_reader<typed::raw> parts, stream_reply<number> answer,
                      call_context context) {
            from.push_back(std::move(parts));
            to.push_back(std::move(answer));
            contexts.push_back(std::move(context));
        };
    }
};

std::string number_of(std::uint32_t value) {
    std::array<std::byte, sizeof value> bytes;
    store_le(bytes.data(), value);
    return std::string(as_text(bytes));
}

std::string grant_of(std::uint32_t stream_id, std::uint32_t more) {
    return frame_of(extension::kind::credit, stream_id, number_of(more));
}

// That the stream which begins next is under credit.
std::string credited(std::uint32_t stream_id) {
    std::vector<std::byte> fields;
    expect(
        extension::encode_fields({.under_credit = true}, fields) == extension::fields_fault::none,
        "fields cannot be encoded");
    return frame_of(extension::kind::header, stream_id, as_text(fields));
}

// A call that comes after all that was said before, and finds the connection as it was.
void expect_call_back(frame_peer& by, std::uint32_t id) {
    by.say(whole_of(id, head_of(message_type::call, id, add_one.id, encoded(number{id}))));
    auto const answer = by.await(message_type::response, id);
    expect(answer.status() == rpc::status::success && answer.payload == encoded(number{id + 1}),
           "a later call was answered wrongly");
}

// That the real side has given a call up for its credit.
void expect_reset(world& at, frame_peer const& far, reset_by who, std::uint32_t request_id) {
    auto const is_it = [&](heard_frame const& each) {
        if (each.head.kind_byte != static_cast<std::uint8_t>(extension::kind::reset)) {
            return false;
        }
        auto const said = extension::decode_reset(as_bytes(each.payload));
        return said && said->by == who && said->request_id == request_id &&
               said->why == extension::code::flow;
    };
    expect(at.comes_true([&] { return std::ranges::any_of(far.frames(), is_it); }),
           "who sent more than the credit is not told so");
}

// Reads what has been let in of a stream that was given up.
void expect_no_more_than(std::size_t most, stream_reader<typed::raw>& from) {
    std::size_t got = 0;
    for (;;) {
        auto const part = from.read();
        if (!part) {
            expect(part.error().error == rpc::rpc_error::beyond_credit,
                   "a stream beyond its credit ends with: " + part.error().error.message());
            break;
        }
        expect(*part != std::nullopt, "a stream beyond its credit ends as if it were complete");
        got += (**part).size();
    }
    expect(got <= most, std::to_string(got) + " bytes beyond the credit were delivered");
}

void a_request_beyond_its_credit_is_given_up(world& at) {
    kept_calls kept;
    auto pair = facing(at, real::called)
                    .handle(weigh, kept.handler())
                    .handle(add_one, one_more)
                    .extended()
                    .connect();
    frame_peer& far = pair.far();
    for (std::uint32_t const id : {9U, 11U}) {
        far.say(credited(id) +
                frame_of(kind::open, id, 0, head_of(message_type::call, id, weigh.id)));
    }
    std::string const all(first_credit, 'c');
    far.say(frame_of(kind::data, 9, 1, all));
    expect_call_back(far, 13);
    expect(kept.from.size() == 2 && !kept.contexts[0].cancelled(),
           "a stream that used up its credit was given up");
    far.say(frame_of(kind::data, 9, 2, "1"));
    expect_reset(at, far, reset_by::called, 9);
    far.say(frame_of(kind::data, 9, 3, "late") + frame_of(kind::end, 9, 4));
    far.say(frame_of(kind::data, 11, 1, "abc") + frame_of(kind::end, 11, 2));
    expect_call_back(far, 15);
    expect(kept.contexts[0].cancelled(), "the handler of the stream was not told");
    expect_no_more_than(first_credit, kept.from[0]);
    expect(!kept.contexts[1].cancelled(), "another stream was given up, too");
    auto const beside = kept.from[1].read();
    expect((*value_of(beside, "a read beside it")).size() == 3, "another stream was disturbed");
    kept.to[0]({666});
    kept.to[1]({3});
    auto const answer = far.await(message_type::response, 11);
    expect(answer.payload == encoded(number{3}), "another stream was answered wrongly");
    expect(far.answers_to(9) == 0, "a call that was given up was answered");
}

// A stream of the real side that has begun, as number `which` of its method.
struct begun {
    std::uint32_t stream_id = 0;
    rpc::header head;
};

begun await_stream(world& at, frame_peer const& far, std::uint64_t method_id, std::size_t which) {
    std::vector<begun> found;
    expect(at.comes_true([&] {
        found.clear();
        for (heard_frame const& each : far.frames()) {
            if (each.head.kind_byte == static_cast<std::uint8_t>(kind::open)) {
                found.push_back({each.head.stream_id, rpc::decode_header(as_bytes(each.payload))});
            }
        }
        std::erase_if(found, [&](begun const& each) { return each.head.method_id != method_id; });
        return found.size() > which;
    }),
           "a stream did not begin");
    return found[which];
}

// What the head of a call says of its answer.
std::uint32_t answer_credit_of(frame_peer const& far, std::uint32_t stream_id) {
    for (heard_frame const& each : far.frames()) {
        extension::call_fields fields;
        if (each.head.kind_byte == static_cast<std::uint8_t>(extension::kind::header) &&
            each.head.stream_id == stream_id &&
            extension::decode_fields(as_bytes(each.payload), fields) ==
                extension::fields_fault::none) {
            return fields.answer_credit.value_or(0);
        }
    }
    return 0;
}

void an_answer_beyond_its_credit_is_given_up(world& at) {
    auto pair = facing(at, real::calling).handle(add_one, one_more).extended().connect();
    frame_peer& far = pair.far();
    auto from = pair.tested().open(pour, {1});
    auto beside = pair.tested().open(pour, {2});
    auto const call = await_stream(at, far, pour.id, 0);
    auto const other = await_stream(at, far, pour.id, 1);
    std::uint32_t const granted = answer_credit_of(far, call.stream_id);
    expect(granted > 0, "a call for parts comes without credit for them");
    for (auto const& each : {call, other}) {
        far.say(credited(each.stream_id) +
                frame_of(kind::open, each.stream_id, 0,
                         head_of(message_type::response, each.head.request_id, 0,
                                 std::string(1, '\0'))));
    }
    far.say(frame_of(kind::data, call.stream_id, 1, std::string(granted, 'c')));
    far.say(frame_of(kind::data, call.stream_id, 2, "1"));
    expect_reset(at, far, reset_by::caller, call.head.request_id);
    far.say(frame_of(kind::data, call.stream_id, 3, "late") +
            frame_of(kind::end, call.stream_id, 4));
    far.say(frame_of(kind::data, other.stream_id, 1, "abc") +
            frame_of(kind::end, other.stream_id, 2));
    expect_no_more_than(granted, from);
    auto const part = beside.read();
    expect((*value_of(part, "a read beside it")).size() == 3, "another stream was disturbed");
    auto const end = beside.read();
    expect(value_of(end, "the end beside it") == std::nullopt, "another stream does not end");
    expect_call_back(far, 15);
}

void more_than_the_credit_is_a_fault_of_its_stream(world& at) {
    a_request_beyond_its_credit_is_given_up(at);
    an_answer_beyond_its_credit_is_given_up(at);
}

// A stream of the real side, which the played one grants credit.
class upload_seen {
public:
    // The one that begins as number `which`.
    upload_seen(world& at, faced& pair, std::size_t which, std::size_t size)
        : at_(at),
          far_(pair.far()),
          all_(size, std::byte{'u'}),
          call_(pair.tested().open(weigh)),
          begun_(await_stream(at, far_, weigh.id, which)) {}

    // All that it has.
    void begin() {
        call_.to.async_write(all_, [this](call_result<void> written) {
            expect(written.has_value(), "a write failed");
            wrote_ = true;
        });
        call_.to.finish();
    }

    void grant(std::uint32_t more) { far_.say(grant_of(begun_.stream_id, more)); }

    // Bytes behind the head that have come.
    [[nodiscard]] std::size_t size() const {
        std::size_t sum = 0;
        for (heard_frame const& each : far_.frames()) {
            if (is_its(each)) {
                sum += each.payload.size();
            }
        }
        return sum - rpc::header_size;
    }

    void expect_size(std::size_t due) const {
        expect(at_.comes_true([&] { return size() >= due; }), "a writer does not use its credit");
        expect(size() == due,
               std::to_string(size()) + " bytes were sent for a credit of " + std::to_string(due));
    }

    // Everything has come, and it is answered.
    void expect_all() {
        expect_size(all_.size());
        expect(at_.comes_true([&] { return wrote_; }), "a write did not end");
        far_.answer(far_.await(message_type::call, begun_.head.request_id),
                    encoded(number{all_.size()}));
        expect(value_of(call_.answer.get(), "a stream")->value == all_.size(), "a wrong answer");
    }

private:
    [[nodiscard]] bool is_its(heard_frame const& each) const noexcept {
        return each.head.stream_id == begun_.stream_id && each.head.kind_byte <= frame::kind_max;
    }

    world& at_;
    frame_peer& far_;
    std::vector<std::byte> all_;
    upload<typed::raw, number> call_;
    begun begun_;
    bool wrote_ = false;
};

// Any grants, and each byte that comes is within their sum.
void expect_exact(world& at, faced& pair) {
    std::size_t const total = 150'000;
    upload_seen stream(at, pair, 0, total);
    stream.begin();
    std::size_t due = first_credit;
    stream.expect_size(due);
    for (std::size_t i = 0; i < at.amount("grants"); ++i) {
        std::array<std::uint32_t, 4> const kinds{
            0, 1, 255, static_cast<std::uint32_t>(at.random()() % 20'000)};
        std::uint32_t const more = kinds[at.random()() % kinds.size()];
        stream.grant(more);
        due = std::min(due + more, total);
        stream.expect_size(due);
    }
    at.let_pass(1s);
    stream.expect_size(due);
    stream.grant(static_cast<std::uint32_t>(credit_max));
    stream.expect_all();
}

void credit_neither_overflows_nor_goes_below_zero(world& at) {
    auto pair = facing(at, real::calling).handle(add_one, one_more).extended().connect();
    expect_exact(at, pair);
    constexpr auto most = static_cast<std::uint32_t>(credit_max);
    {
        upload_seen as_it_was(at, pair, 1, 2 * first_credit);
        as_it_was.grant(most);
        expect_call_back(pair.far(), 21);  // it has been read
        as_it_was.begin();
        as_it_was.expect_size(first_credit);
        at.let_pass(1s);
        as_it_was.expect_size(first_credit);
        as_it_was.grant(first_credit);
        as_it_was.expect_all();
    }
    upload_seen full(at, pair, 2, 4 * first_credit);
    full.grant(most - first_credit);
    full.grant(1);
    full.grant(most);
    expect_call_back(pair.far(), 23);
    full.begin();
    full.expect_all();
}

void a_grant_of_nothing_or_for_nobody_is_harmless(world& at) {
    auto pair = facing(at, real::calling).handle(add_one, one_more).extended().connect();
    frame_peer& far = pair.far();
    upload_seen stream(at, pair, 0, 2 * first_credit);
    std::string many;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        many += grant_of(0x1234'0000 + i, i) + grant_of(0x8234'0000 + i, 0);
    }
    stream.grant(0);
    far.say(many);
    stream.begin();
    stream.expect_size(first_credit);
    stream.grant(0);
    far.say(many);
    expect_call_back(far, 21);
    at.let_pass(1s);
    stream.expect_size(first_credit);
    stream.grant(first_credit);
    stream.expect_all();
    stream.grant(100);  // it has ended meanwhile
    expect_call_back(far, 23);
}

constexpr std::array rules{
    rule{"FLO-06", level::must,
         "Between peers with the extension, sending beyond the granted credit is a fault of that "
         "stream only.",
         "Whether what comes is counted against what was granted, both ways.", needs::nothing,
         more_than_the_credit_is_a_fault_of_its_stream},
    rule{"FLO-07",
         level::must,
         "Between peers with the extension, credit is exactly the sum of its grants: it does not "
         "overflow and does not go below zero.",
         "How a grant is added, and where a sum above the most ends.",
         needs::nothing,
         credit_neither_overflows_nor_goes_below_zero,
         {"many sums", {{"grants", 8, 100}}}},
    rule{"FLO-08", level::must,
         "Between peers with the extension, a grant of zero or for an unknown stream is harmless.",
         "What a grant does that finds no stream.", needs::nothing,
         a_grant_of_nothing_or_for_nobody_is_harmless},
};

}  // namespace

std::span<rule const> flow_wire_rules() {
    return rules;
}

}  // namespace trunkline::conformance
