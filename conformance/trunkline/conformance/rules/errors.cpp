// What is told of what has failed: the family ERR.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/mixed_calls.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/utf8.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <list>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using rpc::rpc_error;

constexpr typed::method<text, text> refusing{"refusing"};
constexpr typed::method<text, text> throwing{"throwing"};
constexpr typed::method<text, text> nobodys{"nobody's"};
// One method, described in two ways.
constexpr typed::method<text, number> miscounted{"miscounted"};
constexpr typed::method<text, text> misspelt{"miscounted"};

call_result<text> refuses(text const& asked) {
    return call_failure{call_error::refused, asked.value};
}

// Ways to fail, and what each has to be told as.
struct failing {
    typed::method<text, text> of;
    error_code due;
    call_options options = {};
};

std::vector<failing> failings() {
    std::stop_source stopped;
    stopped.request_stop();
    return {
        {refusing, call_error::refused},
        {throwing, call_error::system_failure},
        {nobodys, call_error::unknown_method},
        {misspelt, call_error::bad_answer},
        {never, call_error::deadline_passed, {.timeout = 20ms}},
        {never, call_error::cancelled, {.on_behalf_of = call_parent{.stop = stopped.get_token()}}},
        {echo, rpc_error::metadata_too_large, {.metadata = {{std::string(300, 'k'), "long"}}}},
    };
}

// A pair that fails in all of them.
sides failing_pair(world& at, gate& held) {
    return pairing(at)
        .extended()
        .handle(refusing, refuses)
        .handle(throwing, [](text const&) -> text { throw std::runtime_error("thrown"); })
        .handle(miscounted, [](text const&) { return number{1ULL << 60U}; })
        .handle(never, waits_at(held))
        .handle(echo, same)
        .connect();
}

void expect_told(error_code told, error_code due) {
    expect(told == due,
           "what is to be told as \"" + due.message() + "\" is told as \"" + told.message() + "\"");
}

void each_failure_has_its_code(world& at) {
    gate held;
    auto pair = failing_pair(at, held);
    for (failing const& each : failings()) {
        auto const answer = pair.caller().call(each.of, {"x"}, each.options);
        expect(!answer, "a call was answered that is to fail as " + each.due.message());
        expect_told(answer.error().error, each.due);
    }
    expect_usable(pair);
    begun_call const waiting(at, pair.caller(), never);
    at.let_pass(100ms);
    pair.drop_callee();
    expect(at.comes_true([&] { return waiting.has_ended(); }), "a call outlived its connection");
    expect_told(waiting.error(), rpc_error::connection_lost);
    expect(at.comes_true([&] { return !pair.caller().is_connected(); }), "still connected");
    begun_call const late(at, pair.caller(), echo);
    expect(at.comes_true([&] { return late.has_ended(); }), "a call without connection waits");
    expect_told(late.error(), rpc_error::not_connected);
    auto const wrong = at.a_client("no url at all").connect();
    expect(!wrong, "connected to no URL");
    expect_told(wrong.error(), transport::transport_error::invalid_endpoint);
}

void a_refusal_arrives_unchanged(world& at) {
    call_metadata const detail{{"reason", "quota"}, {"reason", ""}, {"", "left: 0"}};
    auto pair = pairing(at)
                    .extended()
                    .handle(refusing,
                            [&](text const& asked) -> call_result<text> {
                                return call_failure{call_error::refused, asked.value, {}, detail};
                            })
                    .handle(echo, same)
                    .connect();
    for (std::string const& words :
         {std::string(), std::string("no"), std::string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
          std::string("a\0b\n", 4), std::string(at.amount("bytes of text"), 'w')}) {
        auto const answer = pair.caller().call(refusing, {words});
        expect(!answer, "a refused call was answered");
        expect_told(answer.error().error, call_error::refused);
        expect(answer.error().message == words, "a refusal came with other words");
        expect(answer.error().metadata == detail, "a refusal came without what went with it");
        expect(answer.error().progress == call_progress::answered, "it is not told as an answer");
    }
    expect_usable(pair);
}

// All at once, in any order, with words that look like those of other failures.
void failures_are_not_mixed_up(world& at) {
    gate held;
    auto pair = failing_pair(at, held);
    auto const kinds = failings();
    struct one {
        error_code due;
        std::string words;
        begun_call call;
    };
    std::list<one> all;
    for (std::size_t i = 0; i < at.amount("calls"); ++i) {
        failing const& kind = kinds[at.random()() % kinds.size()];
        all.push_back({kind.due, {}, begun_call(at, pair.caller(), kind.of, kind.options)});
        all.push_back({{}, {}, begun_call(at, pair.caller(), echo)});
    }
    for (failing const& each : kinds) {
        auto const answer = pair.caller().call(refusing, {each.due.message()});
        expect(!answer, "a refused call was answered");
        expect_told(answer.error().error, call_error::refused);
    }
    expect(at.comes_true([&] {
        return std::ranges::all_of(all, [](one const& each) { return each.call.has_ended(); });
    }),
           "a call never ended");
    for (one const& each : all) {
        expect_told(each.call.error(), each.due);
    }
}

void parts_come_before_the_failure(world& at) {
    constexpr std::size_t part_size = 700;
    auto pair = pairing(at)
                    .handle(blobs,
                            [](received<number> parts, stream_writer<blob> to, call_context) {
                                for (std::size_t i = 0; i < parts->value; ++i) {
                                    static_cast<void>(to.send(part_of(i, part_size)));
                                }
                                to.fail({call_error::refused, "no more of them"});
                            })
                    .connect();
    for (std::size_t const parts :
         {std::size_t{0}, std::size_t{1}, std::size_t{7}, at.amount("parts")}) {
        auto down = pair.caller().open(blobs, {parts});
        if (parts % 2 != 0) {
            at.let_pass(1s);  // the failure is there, and the parts still wait
        }
        for (std::size_t i = 0; i < parts; ++i) {
            auto const part = value_of(down.read(), "a part before the failure");
            expect(part.has_value(), "the end came in place of a part");
            expect((*part)->bytes == part_of(i, part_size).bytes, "a part is not what was sent");
        }
        auto const end = down.read();
        expect(!end, "a stream that failed ends as if it were whole");
        expect_told(end.error().error, call_error::refused);
        expect(end.error().message == "no more of them", "the failure came without its words");
    }
}

// Nothing that tells how the other side is built.
void expect_discreet(std::string const& said) {
    expect(said.size() <= 4 * kib, "the words of a failure are not bounded");
    expect(is_utf8(as_bytes(said)), "the words of a failure are no text");
    for (std::string_view const secret : {"/etc/", "hidden", "10.1.2.3", "0x"}) {
        expect(said.find(secret) == std::string::npos, "a failure tells: " + said);
    }
}

void failures_tell_no_secrets(world& at) {
    std::vector<std::function<void()>> const throws{
        [] { throw std::runtime_error("/etc/hidden at 10.1.2.3:4711"); },
        [] { throw std::runtime_error(std::string(100 * kib, 'h') + "\xff\xfe hidden"); },
        [] {
            throw std::filesystem::filesystem_error(
                "open", "/etc/hidden", std::make_error_code(std::errc::no_such_file_or_directory));
        },
        [] { throw std::system_error(std::make_error_code(std::errc::io_error), "10.1.2.3"); },
        [] { throw 0x4711; },
    };
    std::size_t which = 0;
    auto pair = pairing(at)
                    .handle(throwing,
                            [&](text const& said) {
                                throws[which]();
                                return said;
                            })
                    .handle(echo, same)
                    .connect();
    for (; which < throws.size(); ++which) {
        auto const answer = pair.caller().call(throwing, {"x"});
        expect(!answer, "a handler that throws has answered");
        expect_told(answer.error().error, call_error::system_failure);
        expect_discreet(answer.error().message);
        expect_discreet(answer.error().error.message());
    }
    auto const unknown = pair.caller().call(nobodys, {"/etc/hidden"});
    expect(!unknown, "a method that nobody has was answered");
    expect_discreet(unknown.error().message);
    expect_usable(pair);
}

// What becomes of a call has no say in how often its end is told.
void every_call_ends_once(world& at) {
    gate held;
    auto pair = failing_pair(at, held);
    auto const kinds = failings();
    std::vector<begun_call> calls;
    for (std::size_t i = 0; i < at.amount("calls"); ++i) {
        failing const& kind = kinds[at.random()() % kinds.size()];
        calls.emplace_back(at, pair.caller(), kind.of, kind.options);
        calls.emplace_back(at, pair.caller(), never);
        if (at.random()() % 4 == 0) {
            at.let_pass(std::chrono::microseconds(at.random()() % 3000));
        }
        begun_call& given_up = calls[at.random()() % calls.size()];
        if (at.random()() % 2 == 0) {
            given_up.cancel();
        }
        if (held.arrived() > 0 && at.random()() % 3 == 0) {
            held.open(at.random()() % held.arrived());
        }
    }
    pair.callee().close();
    expect(at.comes_true([&] { return std::ranges::all_of(calls, &begun_call::has_ended); }),
           "a call never ended");
    held.open_all();
    at.let_pass(1min);
    for (begun_call const& each : calls) {
        expect(each.ends() == 1, "a call ended more than once");
    }
}

constexpr std::array rules{
    rule{"ERR-01", level::must, "Each failure is told with its one code, on every transport.",
         "Where an error is made into one of ours.", needs::nothing, each_failure_has_its_code},
    rule{"ERR-02",
         level::must,
         "The words of a refusal, and what goes with them, arrive unchanged.",
         "How the body of an answer that is no success is read.",
         needs::nothing,
         a_refusal_arrives_unchanged,
         {"words as large as messages", {{"bytes of text", 5 * kib, 8 * mib}}}},
    rule{"ERR-03",
         level::must,
         "Refused, failed, unknown, misunderstood, cancelled and late calls are never taken for "
         "each other.",
         "What decides on the error of a call.",
         needs::nothing,
         failures_are_not_mixed_up,
         {"many orders", {{"calls", 40, 5000}}}},
    rule{"ERR-04",
         level::must,
         "A failure behind some parts comes behind those parts.",
         "What becomes of parts that wait when a call fails.",
         needs::nothing,
         parts_come_before_the_failure,
         {"more than a window", {{"parts", 60, 150}}}},
    rule{"ERR-05", level::must,
         "The words of a failure are bounded and UTF-8, and tell no path, address or words of an "
         "exception.",
         "What is answered for an exception.", needs::nothing, failures_tell_no_secrets},
    rule{"ERR-06",
         level::must,
         "Every call ends once, whatever crosses: answers, cancels, deadlines, the end of the "
         "connection.",
         "Who may end a call, and what stops the second one.",
         needs::nothing,
         every_call_ends_once,
         {"many orders", {{"calls", 60, 10'000}}}},
};

}  // namespace

std::span<rule const> error_rules() {
    return rules;
}

}  // namespace trunkline::conformance
