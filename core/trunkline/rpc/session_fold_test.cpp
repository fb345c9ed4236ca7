#include <trunkline/rpc/folded_session.hpp>

#include <trunkline/rpc/session_log.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;
using frame::testing::whole_frame;

static_assert(sizeof(folded_session) == 28);

std::string lines_sent(session_log const& log) {
    std::string sent;
    for (std::string const& line : log.lines()) {
        sent += line.starts_with("sent ") ? line : std::string();
    }
    return sent;
}

byte_string whole_call(wire_text const& wire, frame::layout layout, std::uint32_t id,
                       std::uint64_t method, std::string const& arguments) {
    return frame::testing::encode(
        {whole_frame{id, 0, 0, wire.head(0, id, method, arguments)}, whole_frame{id, 1, 2, ""}},
        layout);
}

// The same calls, once with one session and once with a new one wherever the old one may be folded:
// the peer sees the same bytes.
RC_GTEST_PROP(folded_session, goes_on_with_the_same_bytes, (bool as_a, bool detected)) {
    auto const layout = as_a ? frame::layout::a : frame::layout::b;
    wire_text const wire(layout);
    session_options options;
    options.layout = detected ? std::nullopt : std::optional(layout);
    options.message_borders = false;
    session_log whole(options);
    session_log folding(options);
    std::size_t folds = 0;
    auto const methods =
        *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::element(echo, talk, late));
    auto const step = *rc::gen::inRange<std::size_t>(1, 100);
    for (std::uint32_t id = 0; id < methods.size(); ++id) {
        byte_string const bytes = whole_call(wire, layout, id, methods[id], "some words");
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            bytes_view const piece =
                bytes_view(bytes).subspan(at).first(std::min(step, bytes.size() - at));
            whole.feed(piece);
            folding.feed(piece);
            whole.drain();
            folding.drain();
            bool const may = whole.session().fold().has_value();
            RC_ASSERT(folding.fold() == may);
            folds += may ? 1 : 0;
        }
    }
    bool const all_answered =
        std::none_of(methods.begin(), methods.end(), [](std::uint64_t id) { return id == late; });
    RC_ASSERT(!all_answered || folds >= methods.size());
    RC_ASSERT(lines_sent(folding) == lines_sent(whole));
    session_counters const& one = whole.session().counters();
    session_counters const& other = folding.session().counters();
    RC_ASSERT(one.frames_received == other.frames_received);
    RC_ASSERT(one.requests_received == other.requests_received);
}

TEST(folded_session, keeps_the_ids_of_our_own_calls) {
    session_options options;
    options.local_side = side::dialer;
    options.layout = frame::layout::b;
    events_ignored nothing;
    session first(options, nothing);
    slice argument = text("x");
    auto const id = first.call(1, {&argument, 1}, delivery::whole, 0);
    EXPECT_FALSE(first.fold().has_value()) << "a call waits for its answer";
    first.cancel_call(id.value(), 0);
    EXPECT_FALSE(first.fold().has_value()) << "there is something to be sent";
    std::size_t const sent = take_writes(first.output()).size();
    EXPECT_GT(sent, 0U);
    auto const folded = first.fold();
    ASSERT_TRUE(folded.has_value());
    EXPECT_EQ(folded->next_stream_id, 1U);
    options.resumed = folded;
    session second(options, nothing);
    argument = text("x");
    EXPECT_EQ(second.call(1, {&argument, 1}, delivery::whole, 0).value(), id.value() + 1);
}

TEST(folded_session, is_refused_while_anything_is_held) {
    session_options options;
    options.layout = frame::layout::b;
    events_ignored nothing;
    session holding(options, nothing);
    ASSERT_TRUE(holding.fold().has_value());
    ASSERT_TRUE(holding.keep(1));
    EXPECT_FALSE(holding.fold().has_value());
    holding.let_go(1);
    ASSERT_TRUE(holding.hold_part(1));
    EXPECT_FALSE(holding.fold().has_value());
    holding.let_part_go(1);
    holding.stop_input();
    EXPECT_FALSE(holding.fold().has_value());
    holding.resume_input();
    EXPECT_TRUE(holding.fold().has_value());
    byte_string const begun(5, std::byte{0});
    ASSERT_EQ(holding.receive(begun, false, 0).value(), begun.size());
    EXPECT_FALSE(holding.fold().has_value()) << "part of a frame has come";
    holding.disconnect(rpc_error::connection_lost);
    EXPECT_FALSE(holding.fold().has_value()) << "there is nothing to go on with";
}

// The faults of a peer count on, however often its session is folded between them.
TEST(folded_session, counts_on) {
    session_options options;
    options.layout = frame::layout::b;
    options.limits.protocol_errors_max = 3;
    session_log log(options);
    byte_string const unknown_kind =
        frame::testing::encode({whole_frame{9, 0, 77, "?"}}, frame::layout::b);
    for (int i = 0; i < 3; ++i) {
        log.feed(unknown_kind);
        ASSERT_FALSE(log.failed());
        ASSERT_TRUE(log.fold());
    }
    EXPECT_EQ(log.session().counters().frames_skipped, 3U);
    log.feed(unknown_kind);
    EXPECT_TRUE(log.failed());
}

}  // namespace
}  // namespace trunkline::rpc
