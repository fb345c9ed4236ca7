#include <trunkline/rpc/endpoint.hpp>

#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/method_id.hpp>
#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace trunkline::rpc {
namespace {

using namespace testing;

constexpr std::uint64_t method = 7;

/// Two endpoints that can agree to the extension.
class extensible_peers {
public:
    explicit extensible_peers(bool acceptor_agrees = true, frame::layout of = frame::layout::b) {
        session_options options;
        options.local_side = side::dialer;
        options.layout = of;
        dialer = std::make_unique<endpoint>(options, dialer_methods, test_clock, nullptr);
        options.local_side = side::acceptor;
        options.layout.reset();
        options.extensible = acceptor_agrees;
        acceptor = std::make_unique<endpoint>(options, acceptor_methods, test_clock, nullptr);
    }

    std::optional<bool> hello(bool checked = false) {
        std::optional<bool> agreed;
        EXPECT_TRUE(dialer->hello([&agreed](bool said) { agreed = said; }, checked));
        run();
        return agreed;
    }

    void run() {
        for (bool moved = true; moved;) {
            byte_string const up = take_output(dialer->protocol().output());
            byte_string const down = take_output(acceptor->protocol().output());
            moved = !up.empty() || !down.empty();
            EXPECT_EQ(feed(acceptor->protocol(), up).value(), up.size());
            EXPECT_EQ(feed(dialer->protocol(), down).value(), down.size());
        }
    }

    dispatcher dialer_methods;
    dispatcher acceptor_methods;
    std::unique_ptr<endpoint> dialer;
    std::unique_ptr<endpoint> acceptor;
};

class hello : public ::testing::TestWithParam<frame::layout> {};
INSTANTIATE_TEST_SUITE_P(both_layouts, hello,
                         ::testing::Values(frame::layout::a, frame::layout::b));

TEST_P(hello, makes_both_sides_agree) {
    extensible_peers peers(true, GetParam());
    EXPECT_EQ(peers.hello(), true);
    EXPECT_TRUE(peers.dialer->protocol().extended());
    EXPECT_TRUE(peers.acceptor->protocol().extended());
    EXPECT_EQ(peers.hello(), true);  // a second one is answered like the first
    EXPECT_TRUE(peers.dialer->fold());
    EXPECT_TRUE(peers.acceptor->fold()->extended);
}

TEST_P(hello, to_a_peer_that_knows_nothing_of_it_changes_nothing) {
    extensible_peers peers(false, GetParam());
    EXPECT_EQ(peers.hello(), false);
    EXPECT_FALSE(peers.dialer->protocol().extended());
    EXPECT_FALSE(peers.acceptor->protocol().extended());
    EXPECT_FALSE(peers.dialer->ping([] {}));
}

TEST_P(hello, calls_back_when_the_connection_ends_first) {
    extensible_peers peers(true, GetParam());
    std::optional<bool> agreed;
    ASSERT_TRUE(peers.dialer->hello([&agreed](bool said) { agreed = said; }));
    peers.dialer->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(agreed, false);
}

TEST_P(hello, is_answered_before_anything_else_of_the_extension) {
    extensible_peers peers(true, GetParam());
    ASSERT_TRUE(peers.dialer->hello([](bool agreed) { EXPECT_TRUE(agreed); }));
    byte_string const asked = take_output(peers.dialer->protocol().output());
    ASSERT_EQ(feed(peers.acceptor->protocol(), asked).value(), asked.size());
    bool alive = false;
    ASSERT_TRUE(peers.acceptor->ping([&alive] { alive = true; }));
    peers.run();
    EXPECT_TRUE(alive);
    EXPECT_EQ(peers.dialer->protocol().counters().frames_skipped, 0u);
}

TEST_P(hello, agrees_to_checks_where_they_are_asked_for) {
    extensible_peers peers(true, GetParam());
    EXPECT_TRUE(peers.acceptor_methods.add(method, [](request const& asked, responder to) {
        to.success(slice{asked.arguments, {}});
    }));
    EXPECT_EQ(peers.hello(true), true);
    EXPECT_TRUE(peers.dialer->protocol().checked());
    EXPECT_TRUE(peers.acceptor->protocol().checked());
    EXPECT_TRUE(peers.dialer->fold()->checked);
    outcome answered;
    slice arguments = text("arguments");
    ASSERT_TRUE(peers.dialer->call(method, {&arguments, 1}, note(answered)));
    peers.run();
    EXPECT_EQ(answered.body, "arguments");
    EXPECT_EQ(peers.hello(true), true);  // again
    EXPECT_EQ(peers.hello(), true);
}

// However much waits on either side: what is not checked leaves before the agreement, the rest
// behind it.
TEST_P(hello, to_checks_may_be_said_at_any_time) {
    extensible_peers peers(true, GetParam());
    std::string const large(300'000, 'l');
    std::vector<responder> open;
    EXPECT_TRUE(peers.acceptor_methods.add(
        method, [&](request const&, responder to) { open.push_back(std::move(to)); }));
    std::vector<outcome> answers(4);
    std::optional<bool> agreed;
    auto const ask = [&](outcome& into) {
        slice none{};
        ASSERT_TRUE(peers.dialer->call(method, {&none, 1}, note(into)));
    };
    ask(answers[0]);
    ask(answers[1]);
    ask(answers[2]);
    peers.run();
    open[0].success(text(large));
    slice part = text(large);
    open[1].part({&part, 1});
    ASSERT_TRUE(peers.dialer->hello([&agreed](bool said) { agreed = said; }, true));
    ask(answers[3]);  // is held
    byte_string const asked = take_output(peers.dialer->protocol().output());
    ASSERT_EQ(feed(peers.acceptor->protocol(), asked).value(), asked.size());
    EXPECT_EQ(open.size(), 3u);
    open[2].success(text(large));
    part = text("end");
    open[1].part({&part, 1});
    open[1].end();
    peers.run();
    EXPECT_EQ(agreed, true);
    ASSERT_EQ(open.size(), 4u);
    open[3].success(text("last"));
    peers.run();
    EXPECT_EQ(answers[0].body, large);
    EXPECT_EQ(answers[1].body, large + "end");
    EXPECT_EQ(answers[2].body, large);
    EXPECT_EQ(answers[3].body, "last");
}

TEST_P(hello, to_a_peer_that_does_not_check_lets_nothing_go) {
    extensible_peers peers(false, GetParam());
    EXPECT_EQ(peers.hello(true), false);
    outcome never;
    slice none{};
    ASSERT_TRUE(peers.dialer->call(method, {&none, 1}, note(never)));
    EXPECT_TRUE(take_output(peers.dialer->protocol().output()).empty());
}

TEST(hello, of_no_version_is_refused) {
    extensible_peers peers;
    outcome refused;
    slice nothing{};
    ASSERT_TRUE(peers.dialer->call(method_id("trunkline.hello"), {&nothing, 1}, note(refused)));
    peers.run();
    EXPECT_EQ(refused.code, status::failed);
    outcome zero;
    slice version = text(std::string_view("\0", 1));
    ASSERT_TRUE(peers.dialer->call(method_id("trunkline.hello"), {&version, 1}, note(zero)));
    peers.run();
    EXPECT_EQ(zero.code, status::failed);
    EXPECT_FALSE(peers.acceptor->protocol().extended());
}

TEST(hello, of_a_later_version_is_answered_with_ours) {
    extensible_peers peers;
    outcome answered;
    slice version = text("\x09");
    ASSERT_TRUE(peers.dialer->call(method_id("trunkline.hello"), {&version, 1}, note(answered)));
    peers.run();
    EXPECT_EQ(answered.body, "\x01");
}

TEST(hello, as_an_event_means_nothing) {
    extensible_peers peers;
    slice version = text("\x01");
    ASSERT_TRUE(peers.dialer->send(method_id("trunkline.hello"), {&version, 1}));
    peers.run();
    EXPECT_FALSE(peers.acceptor->protocol().extended());
}

class extended_endpoints : public ::testing::Test {
protected:
    extended_endpoints() { EXPECT_EQ(peers.hello(), true); }

    extensible_peers peers;
};

TEST_F(extended_endpoints, fields_reach_the_handler_and_come_back_with_its_answer) {
    std::string seen;
    EXPECT_TRUE(peers.acceptor_methods.add(method, [&](request const& call, responder to) {
        ASSERT_NE(call.fields, nullptr);
        seen = call.fields->metadata.at(0).key;
        extension::call_fields back;
        back.metadata = {{"from", as_bytes(std::string_view("handler"))}};
        EXPECT_TRUE(to.send_with(back));
        to.success(slice{});
    }));
    extension::call_fields fields;
    fields.metadata = {{"for the handler", {}}};
    std::string came;
    slice body = text("x");
    ASSERT_TRUE(peers.dialer->call(
        method, {&body, 1},
        [&](response const& answer) {
            ASSERT_NE(answer.fields, nullptr);
            came = std::string(answer.fields->metadata.at(0).key) + "=" +
                   std::string(as_text(answer.fields->metadata.at(0).value));
        },
        &fields));
    peers.run();
    EXPECT_EQ(seen, "for the handler");
    EXPECT_EQ(came, "from=handler");
}

TEST_F(extended_endpoints, an_answer_without_fields_has_none_also_after_one_with_them) {
    EXPECT_TRUE(peers.acceptor_methods.add(
        method, [&](request const&, responder to) { to.success(slice{}); }));
    int without = 0;
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(peers.dialer->call(method, {}, [&](response const& answer) {
            without += answer.fields == nullptr ? 1 : 0;
        }));
        peers.run();
    }
    EXPECT_EQ(without, 2);
}

TEST_F(extended_endpoints, fields_above_the_limit_are_not_taken) {
    std::string const value(extension::header_size_max, 'v');
    EXPECT_TRUE(peers.acceptor_methods.add(method, [&](request const&, responder to) {
        extension::call_fields too_many;
        too_many.metadata = {{"k", as_bytes(value)}};
        EXPECT_FALSE(to.send_with(too_many));
        to.success(slice{});
    }));
    outcome got;
    ASSERT_TRUE(peers.dialer->call(method, {}, note(got)));
    peers.run();
    EXPECT_TRUE(got.done);
}

struct gone_noted final : call_watch {
    int told = 0;
    error_code why;
    void on_call_gone(error_code because) override {
        ++told;
        why = because;
    }
};

TEST_F(extended_endpoints, who_serves_a_call_is_told_when_its_caller_gives_it_up) {
    gone_noted gone;
    responder kept;
    EXPECT_TRUE(peers.acceptor_methods.add(method, [&](request const&, responder to) {
        to.tell_when_gone(&gone);
        kept = std::move(to);
    }));
    auto const id = peers.dialer->call(method, {}, [](response const&) { FAIL(); });
    peers.run();
    EXPECT_TRUE(kept.active());
    peers.dialer->cancel(*id);
    peers.run();
    EXPECT_EQ(gone.told, 1);
    EXPECT_EQ(gone.why, rpc_error::cancelled_by_peer);
    EXPECT_FALSE(kept.active());
    kept.success(slice{});
    EXPECT_TRUE(peers.acceptor->protocol().output().empty());
    peers.acceptor->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(gone.told, 1);
}

TEST_F(extended_endpoints, who_serves_a_call_is_told_at_disconnect_unless_it_has_answered) {
    gone_noted waits;
    gone_noted answered;
    std::vector<responder> kept;
    EXPECT_TRUE(peers.acceptor_methods.add(method, [&](request const&, responder to) {
        to.tell_when_gone(kept.empty() ? &answered : &waits);
        kept.push_back(std::move(to));
    }));
    ASSERT_TRUE(peers.dialer->call(method, {}, [](response const&) {}));
    ASSERT_TRUE(peers.dialer->call(method, {}, [](response const&) {}));
    peers.run();
    kept[0].success(slice{});
    peers.acceptor->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(answered.told, 0);
    EXPECT_EQ(waits.told, 1);
}

TEST_F(extended_endpoints, pings_come_back_each_to_who_asked) {
    std::vector<int> back;
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(peers.dialer->ping([&back, i] { back.push_back(i); }));
    }
    EXPECT_FALSE(peers.dialer->fold());
    peers.run();
    EXPECT_EQ(back, (std::vector<int>{0, 1, 2}));
    std::size_t sent = 0;
    while (peers.dialer->ping([] {})) {
        ++sent;
    }
    EXPECT_EQ(sent, pings_at_once_max);
}

TEST_F(extended_endpoints, a_go_away_is_told_and_ends_new_calls_on_one_side_only) {
    EXPECT_EQ(peers.dialer->peer_parting(), nullptr);
    peers.acceptor->go_away(extension::code::going_away, "restart");
    peers.run();
    ASSERT_NE(peers.dialer->peer_parting(), nullptr);
    EXPECT_EQ(peers.dialer->peer_parting()->why, extension::code::going_away);
    EXPECT_EQ(peers.dialer->peer_parting()->text, "restart");
    EXPECT_EQ(peers.dialer->call(method, {}, [](response const&) {}).error(),
              rpc_error::peer_going_away);
    outcome other_way;
    ASSERT_TRUE(peers.acceptor->call(method, {}, note(other_way)));
    peers.run();
    EXPECT_EQ(other_way.code, status::method_not_found);
}

TEST_F(extended_endpoints, CLS_11_a_close_code_follows_a_go_away_once) {
    constexpr extension::code full{1013};
    peers.acceptor->go_away(extension::code::going_away, "restart");
    peers.acceptor->go_away(full, "too many");
    peers.acceptor->go_away(extension::code{1000}, "not said");
    peers.run();
    ASSERT_NE(peers.dialer->peer_parting(), nullptr);
    EXPECT_EQ(peers.dialer->peer_parting()->why, full);
    EXPECT_EQ(peers.dialer->peer_parting()->text, "too many");
}

struct writer final : room_waiter, response_stream {
    int told = 0;
    void on_room() override { ++told; }
    void on_part(bytes_view) override {}
    void on_end() override {}
    void on_failed(error_code, status, bytes_view) override {}
};

TEST_F(extended_endpoints, who_writes_a_call_waits_for_its_credit_alone) {
    struct unread final : call_stream {
        explicit unread(responder by) : to(std::move(by)) {}
        void on_part(bytes_view part) override { to.queue_for_reader(part.size()); }
        void on_end() override {}
        void on_cancelled(error_code) override {}
        responder to;
    };
    std::vector<unread*> serving;
    EXPECT_TRUE(peers.acceptor_methods.add_stream(method, [&](request const&, responder to) {
        EXPECT_TRUE(to.is_under_credit());
        auto made = std::make_unique<unread>(std::move(to));
        serving.push_back(made.get());
        return made;
    }));
    auto const first = std::make_shared<writer>();
    auto const second = std::make_shared<writer>();
    auto const stalled = peers.dialer->open(method, {}, *first).value();
    auto const other = peers.dialer->open(method, {}, *second).value();
    std::string const much(2 * flow::first_credit, 'x');
    slice part = text(much);
    ASSERT_TRUE(peers.dialer->write(stalled, {&part, 1}));
    peers.run();
    EXPECT_FALSE(peers.dialer->has_room(stalled));
    EXPECT_TRUE(peers.dialer->has_room(other));
    peers.dialer->await_room(stalled, first);
    peers.dialer->await_room(other, second);
    EXPECT_TRUE(peers.dialer->offer_room());
    EXPECT_EQ(first->told, 0);
    EXPECT_EQ(second->told, 1);
    serving[0]->to.taken_by_reader(flow::first_credit);
    peers.run();
    EXPECT_EQ(first->told, 1);
    EXPECT_TRUE(peers.dialer->has_room(stalled));
}

TEST_F(extended_endpoints, who_waits_for_credit_is_told_at_disconnect) {
    EXPECT_TRUE(peers.acceptor_methods.add_stream(
        method, [&](request const&, responder) { return std::unique_ptr<call_stream>(); }));
    auto const waits = std::make_shared<writer>();
    auto const id = peers.dialer->open(method, {}, *waits).value();
    std::string const much(2 * flow::first_credit, 'x');
    slice part = text(much);
    ASSERT_TRUE(peers.dialer->write(id, {&part, 1}));
    peers.dialer->await_room(id, waits);
    peers.dialer->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(waits->told, 1);
}

}  // namespace
}  // namespace trunkline::rpc
