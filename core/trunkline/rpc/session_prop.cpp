#include <trunkline/rpc/session.hpp>

#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>

namespace trunkline::rpc {
namespace {

using namespace testing;
using frame::testing::whole_frame;

struct planned_call {
    std::string arguments;
    bool as_payload = false;
    std::size_t chunk = 1;
    bool payload_in_end = false;
};

std::vector<whole_frame> frames_of(planned_call const& call, std::uint32_t id,
                                   wire_text const& wire) {
    std::string const message = call.as_payload ? wire.head(0, id, echo, "ignored") + call.arguments
                                                : wire.head(0, id, echo, call.arguments);
    std::vector<whole_frame> frames;
    for (std::size_t at = 0; at < message.size(); at += call.chunk) {
        frames.push_back(
            {id, static_cast<std::uint32_t>(frames.size()), 1, message.substr(at, call.chunk)});
    }
    if (call.payload_in_end) {
        frames.back().kind_byte = 2;
    } else {
        frames.push_back({id, static_cast<std::uint32_t>(frames.size()), 2, ""});
    }
    return frames;
}

// Whatever order the frames of many calls come in, and however the bytes are cut, each call is
// answered with its arguments and nothing stays behind.
RC_GTEST_PROP(session, answers_calls_in_any_order_of_frames_and_any_cut, (bool as_a)) {
    wire_text const wire(as_a ? frame::layout::a : frame::layout::b);
    auto const calls =
        *rc::gen::container<std::vector<planned_call>>(rc::gen::construct<planned_call>(
            rc::gen::string<std::string>(), rc::gen::arbitrary<bool>(),
            rc::gen::inRange<std::size_t>(1, 40), rc::gen::arbitrary<bool>()));
    std::vector<whole_frame> frames;
    std::map<std::uint32_t, std::string> expected;
    for (std::uint32_t id = 0; id < calls.size(); ++id) {
        auto const more = frames_of(calls[id], id, wire);
        frames.insert(frames.end(), more.begin(), more.end());
        bool const payload = calls[id].as_payload && !calls[id].arguments.empty();
        expected[id] = payload || !calls[id].as_payload ? calls[id].arguments : "ignored";
    }
    auto const order = *rc::gen::container<std::vector<std::uint32_t>>(
        frames.size(), rc::gen::arbitrary<std::uint32_t>());
    std::multimap<std::uint32_t, whole_frame> shuffled;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        shuffled.emplace(order[i], frames[i]);
    }
    byte_string bytes;
    for (auto const& [key, frame] : shuffled) {
        bytes = bytes + frame::testing::encode({frame}, as_a ? frame::layout::a : frame::layout::b);
    }
    session_options options;
    options.layout = as_a ? frame::layout::a : frame::layout::b;
    session_log log(options);
    auto const step = *rc::gen::inRange<std::size_t>(1, 200);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        log.feed(bytes_view(bytes).subspan(at, std::min(step, bytes.size() - at)));
    }
    RC_ASSERT(!log.failed());
    std::map<std::uint32_t, std::string> answered;
    for (auto const& each : wire.frames(take_output(log.session().output()))) {
        if (each.kind_byte == 0) {
            header const head = decode_header(as_bytes(each.payload));
            answered[head.request_id] = each.payload.substr(header_size + head.metadata_size);
        }
    }
    RC_ASSERT(answered == expected);
    RC_ASSERT(log.session().idle());
    RC_ASSERT(log.session().held_size() == 0u);
}

// Two peers that call each other, in both forms, with any cut of the bytes.
RC_GTEST_PROP(session, two_peers_understand_each_other, (bool as_a)) {
    two_peers wire(as_a ? frame::layout::a : frame::layout::b);
    for (dispatcher* methods : {&wire.dialer_methods, &wire.acceptor_methods}) {
        (void)methods->add(echo, [](request const& asked, responder answer) {
            answer.success({asked.arguments, {}});
        });
    }
    auto const sizes = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::weightedOneOf<std::size_t>({{6, rc::gen::inRange<std::size_t>(0, 300)},
                                             {1, rc::gen::inRange<std::size_t>(65000, 140000)}}));
    auto const step =
        *rc::gen::weightedOneOf<std::size_t>({{1, rc::gen::inRange<std::size_t>(1, 100)},
                                              {3, rc::gen::inRange<std::size_t>(100, 100000)}});
    std::vector<outcome> got(sizes.size());
    std::vector<std::string> asked;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        asked.emplace_back(sizes[i], static_cast<char>('a' + i % 26));
        slice piece = testing::text(asked.back());
        endpoint& from = i % 2 == 0 ? *wire.dialer : *wire.acceptor;
        RC_ASSERT(from.call(echo, {&piece, 1}, note(got[i])).has_value());
    }
    wire.run(step);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        RC_ASSERT(got[i].done);
        RC_ASSERT(got[i].body == asked[i]);
    }
}

}  // namespace
}  // namespace trunkline::rpc
