// How bytes and frames come: DLV.
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/rules/families.hpp>

#include <trunkline/rpc/header.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace trunkline::conform {
namespace {

using conformance::expect;
using conformance::level;
using conformance::needs;
using conformance::rule;
using conformance::world;

// The begin of a connection decides its layout: whole, for servers that look at one message.
caller begun(world& at) {
    caller made(at);
    made.expect_alive("a call");
    return made;
}

void bytes_come_one_by_one(world& at) {
    auto one = begun(at);
    auto const id = one.next_id();
    for (char const each : one.bytes_of_call(id, "one by one")) {
        one.say(std::string(1, each));
    }
    one.expect_not_found(id, "a call that comes byte by byte");
}

void calls_come_in_one_read(world& at) {
    auto one = begun(at);
    std::string all;
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(one.next_id());
        all += one.bytes_of_call(ids.back(), "together");
    }
    // The last one is in part behind.
    one.say(all.substr(0, all.size() - 7));
    one.say(all.substr(all.size() - 7));
    for (auto const id : ids) {
        one.expect_not_found(id, "one of many calls in one piece");
    }
}

void splits_fall_anywhere(world& at) {
    auto one = begun(at);
    for (std::size_t round = 0; round < at.amount("calls"); ++round) {
        auto const id = one.next_id();
        std::string const bytes = one.bytes_of_call(id, "at random") +
                                  one.bytes_of_call(one.next_id(), noise(at, at.random()() % 300));
        for (std::string_view left = bytes; !left.empty();) {
            auto const piece = left.substr(0, 1 + at.random()() % 40);
            one.say(piece);
            left.remove_prefix(piece.size());
        }
        one.expect_not_found(id, "a call that is split at random");
    }
    one.expect_alive("a call behind split ones");
}

void frames_and_messages_are_two_things(world& at) {
    auto one = begun(at);
    auto const first = one.next_id();
    auto const second = one.next_id();
    std::string const bytes = one.bytes_of_call(first, "over messages") + one.bytes_of_call(second);
    one.say(bytes.substr(0, 20));
    one.say(bytes.substr(20));
    one.expect_not_found(first, "a call over two messages");
    one.expect_not_found(second, "the second call of a message");
}

void frames_are_put_in_order(world& at) {
    auto one = begun(at);
    auto const id = one.next_id();
    std::string const message =
        conformance::head_of(rpc::message_type::call, id, unknown_method, "in order");
    one.say(one.frame(frame::kind::end, id, 3));
    one.say(one.frame(frame::kind::data, id, 2, message.substr(12)));
    one.say(one.frame(frame::kind::data, id, 1, message.substr(5, 7)));
    one.say(one.frame(frame::kind::open, id, 0, message.substr(0, 5)));
    one.expect_not_found(id, "a call whose frames come in reverse");
}

// Which of two frames was taken shows in the ids of the answer, unless both are rejected.
void the_first_of_two_frames_is_kept(world& at) {
    auto one = begun(at);
    auto const id = one.next_id();
    auto const other = one.next_id();
    std::string const right = conformance::head_of(rpc::message_type::call, id, unknown_method);
    std::string const wrong = conformance::head_of(rpc::message_type::call, other, unknown_method);
    one.say(one.frame(frame::kind::data, id, 1, right.substr(1)));
    one.say(one.frame(frame::kind::data, id, 1, wrong.substr(1)));
    one.say(one.frame(frame::kind::open, id, 0, right.substr(0, 1)));
    one.say(one.frame(frame::kind::end, id, 2));
    static_cast<void>(comes_true(
        at, [&] { return one.answers_to(id) + one.answers_to(other) != 0 || one.has_ended(); }));
    expect(one.answers_to(other) == 0,
           "a frame that repeats a number has replaced the one that was held");
    expect_served(at, "a call beside frames with the same number");
}

constexpr std::array rules{
    rule{.id = "DLV-01",
         .binding = level::must,
         .text = "A call is answered when its bytes come one by one.",
         .look_at = "What is kept of a header that is not whole.",
         .check = bytes_come_one_by_one},
    rule{.id = "DLV-02",
         .binding = level::must,
         .text = "Many calls are answered that come in one piece, the last of them in part.",
         .look_at = "Whether everything that was read is looked at before the next read.",
         .check = calls_come_in_one_read},
    rule{.id = "DLV-03",
         .binding = level::repeated,
         .text = "Calls are answered wherever their bytes are split.",
         .look_at = "Each field of each header, where it may be cut.",
         .check = splits_fall_anywhere,
         .volumes = {"splits anywhere", {{"calls", 20, 500}}}},
    rule{.id = "DLV-06",
         .binding = level::must,
         .text = "One frame over two messages and several frames in one message are both read.",
         .look_at = "Messages are pieces of one stream of bytes, and mean nothing else.",
         .uses = needs::message_borders,
         .check = frames_and_messages_are_two_things},
    rule{.id = "DLV-07",
         .binding = level::must,
         .text = "Frames of a stream that come out of sequence are taken in sequence.",
         .look_at = "The frames that are held until those before them are there.",
         .check = frames_are_put_in_order},
    rule{.id = "DLV-08",
         .binding = level::should,
         .text = "A frame that repeats the number of one that is held never replaces it.",
         .look_at = "What is done when a sequence number is there already.",
         .check = the_first_of_two_frames_is_kept},
};

}  // namespace

std::span<rule const> delivery_rules() {
    return rules;
}

}  // namespace trunkline::conform
