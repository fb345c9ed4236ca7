#include <trunkline/rpc/endpoint.hpp>

#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::rpc {
namespace {

using namespace testing;

constexpr std::uint64_t echo = 1;
constexpr std::uint64_t fail = 2;
constexpr std::uint64_t unknown = 3;
constexpr std::uint64_t forgetful = 4;
constexpr std::uint64_t talk = 5;
constexpr std::uint64_t ask_back = 6;
constexpr std::uint64_t later = 7;

// Answers each part with itself, ends when the request ends.
class talker final : public call_stream {
public:
    talker(responder answer, std::vector<std::string>& log)
        : answer_(std::move(answer)), log_(log) {}

    void on_part(bytes_view part) override {
        log_.push_back("part " + std::string(as_text(part)));
        slice back{part, {}};
        answer_.part({&back, 1});
    }
    void on_end() override {
        log_.push_back("end");
        answer_.end();
    }
    void on_cancelled(error_code why) override { log_.push_back("cancelled: " + why.message()); }

private:
    responder answer_;
    std::vector<std::string>& log_;
};

struct peers : two_peers {
    explicit peers(frame::layout of, session_limits const& limits = {}) : two_peers(of, limits) {
        for (dispatcher* methods : {&dialer_methods, &acceptor_methods}) {
            add_methods(*methods);
        }
    }

    void add_methods(dispatcher& methods) {
        EXPECT_TRUE(methods.add(echo, [](request const& asked, responder answer) {
            answer.success({asked.arguments, {}});
        }));
        EXPECT_TRUE(methods.add(fail, [](request const&, responder answer) {
            answer.system_error("it did not work");
        }));
        EXPECT_TRUE(methods.add(forgetful, [](request const&, responder) {}));
        EXPECT_TRUE(methods.add(later, [this](request const&, responder answer) {
            kept.push_back(std::move(answer));
        }));
        EXPECT_TRUE(methods.add_stream(talk, [this](request const&, responder answer) {
            return std::make_unique<talker>(std::move(answer), log);
        }));
    }

    outcome ask(endpoint& from, std::uint64_t method, std::string_view argument,
                std::size_t step = 1 << 20) {
        outcome got;
        slice arguments = text(argument);
        EXPECT_TRUE(from.call(method, {&arguments, 1}, note(got)));
        run(step);
        return got;
    }

    std::vector<responder> kept;
    std::vector<std::string> log;
};

class endpoints : public ::testing::TestWithParam<frame::layout> {
protected:
    peers wire{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(both_layouts, endpoints,
                         ::testing::Values(frame::layout::a, frame::layout::b),
                         [](auto const& with) {
                             return with.param == frame::layout::a ? "layout_a" : "layout_b";
                         });

TEST_P(endpoints, a_call_is_answered) {
    outcome const got = wire.ask(*wire.dialer, echo, "hello");
    EXPECT_TRUE(got.done);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.code, status::success);
    EXPECT_TRUE(wire.acceptor->protocol().idle());
    EXPECT_TRUE(wire.dialer->protocol().idle());
    EXPECT_EQ(wire.acceptor->protocol().layout(), GetParam());
}

namespace {

// Writes parts of 64 KiB to a call of its own as long as there is room.
class eager_writer final : public room_waiter, public std::enable_shared_from_this<eager_writer> {
public:
    eager_writer(endpoint& to, std::uint32_t call, std::size_t parts)
        : to_(to), call_(call), left_(parts) {}

    void on_room() override {
        std::string const part(chunk_size, 'p');
        while (left_ > 0 && to_.has_room()) {
            slice body = text(part);
            EXPECT_TRUE(to_.write(call_, {&body, 1}));
            --left_;
        }
        if (left_ > 0) {
            to_.await_room(weak_from_this());
        }
    }

    [[nodiscard]] std::size_t left() const noexcept { return left_; }

private:
    endpoint& to_;
    std::uint32_t call_;
    std::size_t left_;
};

class deaf_stream final : public response_stream {
public:
    void on_part(bytes_view) override {}
    void on_end() override {}
    void on_failed(error_code, status, bytes_view) override {}
};

}  // namespace

TEST_P(endpoints, who_writes_parts_waits_for_room_and_goes_on_with_it) {
    deaf_stream nobody;
    auto const call = wire.dialer->open(talk, {}, nobody);
    ASSERT_TRUE(call);
    wire.run(1 << 20);
    auto const writer = std::make_shared<eager_writer>(*wire.dialer, *call, 100);
    writer->on_room();
    EXPECT_GT(writer->left(), 90u);
    EXPECT_LE(wire.dialer->protocol().output_size(), stream_output_size_mark + chunk_size + 100);
    std::size_t offers = 0;
    while (writer->left() > 0) {
        std::size_t const before = writer->left();
        EXPECT_FALSE(wire.dialer->offer_room());
        wire.run(1 << 20);
        EXPECT_TRUE(wire.dialer->offer_room());
        ASSERT_LT(writer->left(), before) << ++offers;
    }
}

TEST_P(endpoints, an_open_call_of_an_unknown_method_is_answered_before_its_end) {
    class refused_stream final : public response_stream {
    public:
        void on_part(bytes_view) override {}
        void on_end() override {}
        void on_failed(error_code, status code, bytes_view) override { got = code; }
        status got = status::success;
    } refused;
    ASSERT_TRUE(wire.dialer->open(unknown, {}, refused));
    wire.run(1 << 20);
    EXPECT_EQ(refused.got, status::method_not_found);
}

TEST_P(endpoints, nobody_is_told_of_room_who_has_gone_or_after_the_end) {
    deaf_stream nobody;
    auto const call = wire.dialer->open(talk, {}, nobody);
    auto writer = std::make_shared<eager_writer>(*wire.dialer, *call, 100);
    writer->on_room();
    auto const other = std::make_shared<eager_writer>(*wire.dialer, *call, 100);
    other->on_room();
    writer.reset();
    wire.run(1 << 20);
    std::size_t const before = other->left();
    EXPECT_TRUE(wire.dialer->offer_room());
    EXPECT_LT(other->left(), before);
}

TEST_P(endpoints, who_waits_for_room_is_told_of_the_end) {
    class counting final : public room_waiter {
    public:
        void on_room() override { ++told; }
        int told = 0;
    };
    auto const waiter = std::make_shared<counting>();
    wire.dialer->await_room(waiter);
    wire.dialer->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(waiter->told, 1);
    EXPECT_TRUE(wire.dialer->has_room());
    EXPECT_TRUE(wire.dialer->is_disconnected());
}

TEST_P(endpoints, who_has_gone_while_it_waited_for_room_is_forgotten) {
    class idle final : public room_waiter {
    public:
        void on_room() override {}
    };
    auto const stays = std::make_shared<idle>();
    wire.dialer->await_room(stays);
    for (int i = 0; i < 100'000; ++i) {
        wire.dialer->await_room(std::make_shared<idle>());
        ASSERT_LE(wire.dialer->waiting_for_room(), 128u);
    }
}

TEST_P(endpoints, an_event_of_a_streamed_method_starts_nothing) {
    slice body = text("part");
    ASSERT_TRUE(wire.dialer->protocol().send_event(talk, {&body, 1}, test_now_us));
    wire.run(1 << 20);
    EXPECT_TRUE(wire.log.empty());
    EXPECT_FALSE(wire.acceptor->serves_streams());
    EXPECT_TRUE(wire.acceptor->protocol().idle());
}

TEST_P(endpoints, parts_that_wait_for_a_reader_stop_the_input_until_they_are_taken) {
    endpoint& at = *wire.acceptor;
    wire.ask(*wire.dialer, echo, "hello");
    at.queue_for_reader(stream_input_size_mark);
    EXPECT_TRUE(at.protocol().wants_input());
    at.queue_for_reader(1);
    EXPECT_FALSE(at.protocol().wants_input());
    at.queue_for_reader(1);
    at.taken_by_reader(1);
    EXPECT_FALSE(at.protocol().wants_input());
    at.taken_by_reader(1);
    EXPECT_TRUE(at.protocol().wants_input());
    at.taken_by_reader(stream_input_size_mark);
    EXPECT_TRUE(at.protocol().wants_input());
}

TEST_P(endpoints, parts_under_way_count_as_held_and_let_requests_go_on) {
    endpoint& at = *wire.acceptor;
    std::size_t const before = at.protocol().held_size();
    ASSERT_TRUE(at.hold_part(10 * mib));
    EXPECT_EQ(at.protocol().held_size(), before + 10 * mib);
    EXPECT_TRUE(at.protocol().wants_input());
    EXPECT_FALSE(at.hold_part(session_limits{}.held_size_max - 10 * mib - before + 1));
    at.let_part_go(10 * mib);
    EXPECT_EQ(at.protocol().held_size(), before);
}

TEST_P(endpoints, sizes_around_every_border_come_back_whole) {
    for (std::size_t const size :
         {0ul, 1ul, 65519ul, 65520ul, 65521ul, 65535ul, 65536ul, 65537ul, 131072ul, 1000000ul}) {
        for (std::size_t const step : {1ul << 20, 65536ul, 4099ul}) {
            std::string argument(size, '\0');
            for (std::size_t i = 0; i < size; ++i) {
                argument[i] = static_cast<char>(i * 31 + i / 251);
            }
            outcome const got = wire.ask(*wire.dialer, echo, argument, step);
            EXPECT_TRUE(got.done);
            EXPECT_TRUE(got.body == argument) << size << " in steps of " << step;
        }
    }
    EXPECT_TRUE(wire.acceptor->protocol().idle());
}

TEST_P(endpoints, every_split_gives_the_same_answer) {
    for (std::size_t step = 1; step < 60; ++step) {
        EXPECT_EQ(wire.ask(*wire.dialer, echo, "hello there", step).body, "hello there");
    }
}

TEST_P(endpoints, the_accepting_side_calls_too) {
    (void)wire.ask(*wire.dialer, echo, "");
    EXPECT_EQ(wire.ask(*wire.acceptor, echo, "from the server").body, "from the server");
}

TEST_P(endpoints, calls_of_the_acceptor_wait_for_the_layout) {
    outcome got;
    slice arguments = text("early");
    ASSERT_TRUE(wire.acceptor->call(echo, {&arguments, 1}, note(got)));
    EXPECT_TRUE(wire.acceptor->protocol().output().empty());
    wire.run();
    EXPECT_FALSE(got.done);
    (void)wire.ask(*wire.dialer, echo, "");
    EXPECT_EQ(got.body, "early");
}

TEST_P(endpoints, statuses_and_texts_arrive) {
    outcome const failed = wire.ask(*wire.dialer, fail, "x");
    EXPECT_EQ(failed.code, status::system_error);
    EXPECT_EQ(failed.body, "it did not work");
    outcome const nowhere = wire.ask(*wire.dialer, unknown, "x");
    EXPECT_EQ(nowhere.code, status::method_not_found);
    EXPECT_EQ(nowhere.body, "");
    outcome const dropped = wire.ask(*wire.dialer, forgetful, "x");
    EXPECT_EQ(dropped.code, status::system_error);
    EXPECT_EQ(dropped.body, "handler gave no answer");
}

TEST_P(endpoints, an_answer_given_up_half_way_is_ended_without_a_second_status) {
    constexpr std::uint64_t half = 8;
    ASSERT_TRUE(wire.acceptor_methods.add(half, [](request const&, responder answer) {
        slice part = text("half");
        answer.part({&part, 1});
    }));
    outcome const got = wire.ask(*wire.dialer, half, "x");
    EXPECT_TRUE(got.done);
    EXPECT_EQ(got.code, status::success);
    EXPECT_EQ(got.body, "half");
    EXPECT_TRUE(wire.acceptor->protocol().idle());
    EXPECT_TRUE(wire.dialer->protocol().idle());
    EXPECT_EQ(wire.dialer->protocol().counters().frames_skipped, 0u);
}

TEST_P(endpoints, the_payload_of_an_unknown_method_is_not_kept) {
    std::string const big(1 << 20, 'x');
    outcome got;
    slice arguments = text(big);
    ASSERT_TRUE(wire.dialer->call(unknown, {&arguments, 1}, note(got)));
    byte_string const bytes = take_output(wire.dialer->protocol().output());
    ASSERT_TRUE(feed(wire.acceptor->protocol(), bytes_view(bytes).first(bytes.size() - 1), 50000));
    EXPECT_LT(wire.acceptor->protocol().held_size(), 100 * kib);
    ASSERT_TRUE(feed(wire.acceptor->protocol(), bytes_view(bytes).last(1)));
    wire.run();
    EXPECT_EQ(got.code, status::method_not_found);
}

TEST_P(endpoints, what_has_no_handler_goes_to_the_one_for_all_others) {
    wire.acceptor_methods.otherwise([](request const& asked, responder answer) {
        std::string const told = std::to_string(asked.method_id);
        answer.success(slice{as_bytes(told), {}});
    });
    EXPECT_EQ(wire.ask(*wire.dialer, unknown, "x").body, std::to_string(unknown));
    EXPECT_EQ(wire.ask(*wire.dialer, echo, "hello").body, "hello");
    EXPECT_EQ(wire.acceptor_methods.find(talk), nullptr);
    noted_stream stream;
    ASSERT_TRUE(wire.dialer->open(unknown, as_bytes("x"), stream));
    wire.run();
    EXPECT_EQ(stream.parts, std::vector<std::string>{std::to_string(unknown)}) << "not ended yet";
}

TEST_P(endpoints, answers_may_come_later_and_out_of_order) {
    outcome first;
    outcome second;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(first)));
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(second)));
    wire.run();
    ASSERT_EQ(wire.kept.size(), 2u);
    EXPECT_EQ(wire.acceptor->protocol().unanswered_requests(), 2u);
    int told = 0;
    wire.acceptor->on_output([&] { ++told; });
    wire.kept[1].success(text("two"));
    EXPECT_EQ(told, 1);
    wire.run();
    EXPECT_FALSE(first.done);
    EXPECT_EQ(second.body, "two");
    wire.kept[0].success(text("one"));
    wire.run();
    EXPECT_EQ(first.body, "one");
    EXPECT_EQ(wire.acceptor->protocol().unanswered_requests(), 0u);
}

TEST_P(endpoints, a_handler_calls_back_before_it_answers) {
    ASSERT_TRUE(wire.acceptor_methods.add(ask_back, [&](request const&, responder answer) {
        auto kept = std::make_shared<responder>(std::move(answer));
        slice question = text("who?");
        EXPECT_TRUE(wire.acceptor->call(
            echo, {&question, 1}, [kept](response const& got) { kept->success({got.body, {}}); }));
    }));
    EXPECT_EQ(wire.ask(*wire.dialer, ask_back, "").body, "who?");
}

TEST_P(endpoints, streams_carry_parts_both_ways) {
    noted_stream got;
    auto const id = wire.dialer->open(talk, as_bytes("topic"), got);
    ASSERT_TRUE(id);
    wire.run();
    for (std::string_view const each : {"one", "two"}) {
        slice part = text(each);
        ASSERT_TRUE(wire.dialer->write(*id, {&part, 1}));
        wire.run();
    }
    EXPECT_EQ(got.parts, (std::vector<std::string>{"one", "two"}));
    EXPECT_FALSE(got.ended);
    ASSERT_TRUE(wire.dialer->end(*id));
    wire.run();
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(wire.log, (std::vector<std::string>{"part one", "part two", "end"}));
    EXPECT_TRUE(wire.acceptor->protocol().idle());
    EXPECT_TRUE(wire.dialer->protocol().idle());
}

TEST_P(endpoints, a_cancel_tells_the_handler_and_ends_its_answer) {
    noted_stream got;
    auto const id = wire.dialer->open(talk, {}, got);
    slice part = text("one");
    ASSERT_TRUE(wire.dialer->write(*id, {&part, 1}));
    wire.run();
    wire.dialer->cancel(*id);
    wire.run();
    EXPECT_EQ(wire.log, (std::vector<std::string>{"part one", "cancelled: cancelled by the peer"}));
    EXPECT_FALSE(got.ended);
    EXPECT_TRUE(wire.acceptor->protocol().idle());
    EXPECT_TRUE(wire.dialer->protocol().idle());
}

TEST_P(endpoints, a_cancel_is_the_last_of_its_write) {
    noted_stream got;
    auto const id = wire.dialer->open(talk, {}, got);
    wire.run();
    wire.dialer->cancel(*id);
    slice none{};
    outcome answer;
    ASSERT_TRUE(wire.dialer->call(echo, {&none, 1}, note(answer)));
    auto const writes = take_writes(wire.dialer->protocol().output());
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[0].size(), frame::header_size(GetParam()));
    EXPECT_EQ(std::to_integer<int>(writes[0][frame::kind_offset]), 3);
}

TEST_P(endpoints, disconnect_fails_what_is_pending_and_tells_handlers) {
    outcome first;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(first)));
    noted_stream stream;
    auto const id = wire.dialer->open(talk, {}, stream);
    ASSERT_TRUE(id);
    wire.run();
    wire.dialer->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(first.error, rpc_error::connection_lost);
    EXPECT_TRUE(stream.failed);
    EXPECT_EQ(stream.error, rpc_error::connection_lost);
    EXPECT_EQ(wire.dialer->call(echo, {&none, 1}, {}).error(), rpc_error::not_connected);
    EXPECT_EQ(wire.dialer->write(*id, {&none, 1}).error(), rpc_error::unknown_call);
    EXPECT_TRUE(wire.kept[0].active());
    wire.acceptor->disconnect(rpc_error::connection_lost);
    EXPECT_EQ(wire.log.size(), 1u);
    EXPECT_FALSE(wire.kept[0].active());
    wire.kept[0].success(text("too late"));
    EXPECT_TRUE(wire.acceptor->protocol().output().empty());
}

TEST_P(endpoints, what_a_handler_keeps_counts_until_its_answer) {
    outcome got;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(got)));
    wire.run();
    session const& of = wire.acceptor->protocol();
    std::size_t const before = of.memory_left();
    ASSERT_TRUE(wire.kept[0].keep(1 * mib));
    ASSERT_TRUE(wire.kept[0].keep(1 * mib));
    EXPECT_EQ(of.memory_left(), before - 2 * mib);
    EXPECT_FALSE(wire.kept[0].keep(of.memory_left() + 1));
    responder moved = std::move(wire.kept[0]);
    wire.kept.clear();
    EXPECT_EQ(of.memory_left(), before - 2 * mib);
    moved.success(text("done"));
    EXPECT_GE(of.memory_left(), before);
    EXPECT_TRUE(moved.keep(1 * mib)) << "nobody is asked any more";
    EXPECT_GE(of.memory_left(), before);
}

TEST_P(endpoints, above_the_mark_of_what_handlers_keep_no_request_is_started) {
    outcome got;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(got)));
    wire.run();
    session const& of = wire.acceptor->protocol();
    ASSERT_TRUE(wire.kept[0].keep(4 * mib));
    EXPECT_TRUE(of.wants_input());
    ASSERT_TRUE(wire.kept[0].keep(1));
    EXPECT_FALSE(of.wants_input());
    outcome next;
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(next)));
    wire.run();
    EXPECT_EQ(wire.kept.size(), 1u);
    wire.kept[0].success(text("done"));
    EXPECT_TRUE(of.wants_input());
    wire.run();
    EXPECT_EQ(wire.kept.size(), 2u);
}

TEST_P(endpoints, a_handler_stops_the_input_until_its_answer) {
    outcome got;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(got)));
    wire.run();
    wire.kept[0].stop_input();
    wire.kept[0].stop_input();
    wire.kept.push_back(std::move(wire.kept[0]));
    EXPECT_FALSE(wire.acceptor->protocol().wants_input());
    wire.kept.clear();
    EXPECT_TRUE(wire.acceptor->protocol().wants_input());
}

// Nobody hears an answer to an event, but what is kept for it counts all the same.
TEST_P(endpoints, events_are_counted_until_their_handlers_let_go) {
    slice none{};
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(wire.dialer->protocol().send_event(later, {&none, 1}, test_now_us));
    }
    wire.run();
    ASSERT_EQ(wire.kept.size(), 10u);
    session const& of = wire.acceptor->protocol();
    std::size_t const before = of.memory_left();
    for (responder& each : wire.kept) {
        EXPECT_FALSE(each.active());
        ASSERT_TRUE(each.keep(1 * mib));
    }
    EXPECT_EQ(of.memory_left(), before - 10 * mib);
    EXPECT_FALSE(of.wants_input());
    int told = 0;
    wire.acceptor->on_output([&] { ++told; });
    wire.kept.clear();
    EXPECT_EQ(of.memory_left(), before);
    EXPECT_TRUE(of.wants_input());
    EXPECT_GT(told, 0) << "who reads looks again";
    EXPECT_TRUE(wire.acceptor->protocol().output().empty()) << "and answers nothing";
}

TEST_P(endpoints, responders_survive_their_endpoint) {
    outcome got;
    slice none{};
    ASSERT_TRUE(wire.dialer->call(later, {&none, 1}, note(got)));
    wire.run();
    ASSERT_TRUE(wire.kept[0].keep(1 * mib));
    wire.kept[0].stop_input();
    wire.acceptor.reset();
    EXPECT_FALSE(wire.kept[0].active());
    wire.kept[0].success(text("nobody hears this"));
}

}  // namespace
}  // namespace trunkline::rpc
