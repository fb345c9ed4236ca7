// Recorded sessions of the generic demonstration: whole calls, calls in parts both ways, cancel,
// unknown methods, and calls from server to client, with us on either side.
#include <replay/conversation_model.hpp>
#include <replay/library_server.hpp>
#include <replay/session_replay.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace trunkline::replay {
namespace {

bool is_demo(recorded_session const& session) {
    return session.who == cast::demo_server;
}

/// Answers every part at once, as the demonstration did.
class part_echo final : public rpc::call_stream {
public:
    part_echo(rpc::request const& begun, rpc::responder answer) : answer_(std::move(answer)) {
        if (!begun.arguments.empty()) {
            say(demo_words::metadata, begun.arguments);
        }
    }

    void on_part(bytes_view part) override { say(demo_words::part, part); }
    void on_end() override {
        say(demo_words::farewell, {});
        answer_.end();
    }
    void on_cancelled(error_code) override {}

private:
    void say(std::string_view words, bytes_view rest) {
        std::array<slice, 2> pieces{slice{as_bytes(words), {}}, slice{rest, {}}};
        answer_.part(pieces);
    }

    rpc::responder answer_;
};

void serve_demo(rpc::dispatcher& table, demo_methods const& methods) {
    EXPECT_TRUE(table.add(methods.echo, [](rpc::request const& call, rpc::responder answer) {
        answer.success(slice{call.arguments, {}});
    }));
    EXPECT_TRUE(table.add(methods.fails, [](rpc::request const&, rpc::responder answer) {
        answer.system_error(demo_words::failure);
    }));
    EXPECT_TRUE(
        table.add_stream(methods.stream_echo, [](rpc::request const& begun, rpc::responder answer) {
            return std::make_unique<part_echo>(begun, std::move(answer));
        }));
}

rpc::dispatcher client_handlers(demo_methods const& methods) {
    rpc::dispatcher table;
    EXPECT_TRUE(table.add(methods.client_echo, [](rpc::request const& call, rpc::responder answer) {
        std::array<slice, 2> pieces{slice{as_bytes(demo_words::client), {}},
                                    slice{call.arguments, {}}};
        answer.success(pieces);
    }));
    return table;
}

std::vector<returned_call> recorded_returns(recorded_session const& session, std::size_t connection,
                                            direction toward) {
    std::vector<returned_call> returns;
    for (sent_message const& each : recorded_messages(session, connection, toward, 1)) {
        if (each.ended()) {
            returns.push_back({each.request_id, each.status(), each.payload()});
        }
    }
    std::ranges::sort(returns);
    return returns;
}

void check_server(recorded_session const& session, stand_in_maker const& make) {
    demo_methods const methods = demo_methods_of(session);
    auto const expected = predict(
        session, {}, [&](rule_set rules) { return std::make_unique<demo_model>(methods, rules); });
    auto outcomes = replay_as_server(session, make);
    for (std::size_t number = 0; number < outcomes.size(); ++number) {
        replay_outcome& outcome = outcomes[number];
        EXPECT_FALSE(outcome.ended) << outcome.ended.message();
        EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_client, 1),
                                 outcome.answers, expected[number]));
        EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_client, 0),
                                 outcome.calls, {}));
        std::ranges::sort(outcome.returned);
        EXPECT_EQ(outcome.returned, recorded_returns(session, number, direction::to_server));
        EXPECT_TRUE(outcome.lost.empty());
    }
}

TEST(demo_sessions, our_server_answers_and_calls_as_the_recorded_one) {
    check_sessions(is_demo, [](recorded_session const& session) {
        for (feed_shape const shape : all_feed_shapes) {
            SCOPED_TRACE(name_of(shape));
            rpc::dispatcher table;
            serve_demo(table, demo_methods_of(session));
            rpc::session_options options;
            options.local_side = rpc::side::acceptor;
            options.message_borders = keeps_borders(shape);
            check_server(session, [&] {
                return std::make_unique<served_connection>(table, options, shape);
            });
        }
    });
}

// From the bytes on the link to the handlers and back, as a program on the library has it.
TEST(demo_sessions, an_rpc_server_answers_and_calls_as_the_recorded_one) {
    check_sessions(is_demo, [](recorded_session const& session) {
        auto const serve = [methods = demo_methods_of(session)](rpc::dispatcher& table) {
            serve_demo(table, methods);
        };
        check_server(session, [&] { return std::make_unique<library_server>(serve); });
    });
}

/// A recorded client may pack parts and headers into frames as it likes; what arrives must be
/// equal.
struct received_call {
    std::uint32_t request_id;
    std::uint64_t method_id;
    byte_string arguments;
    bool ended;

    auto operator<=>(received_call const&) const = default;
};

std::vector<received_call> received(std::vector<sent_message> const& calls) {
    std::vector<received_call> seen;
    for (sent_message const& each : calls) {
        byte_string joined;
        for (raw_frame const& part : each.frames) {
            joined.insert(joined.end(), part.payload.begin(), part.payload.end());
        }
        joined.erase(joined.begin(), joined.begin() + 15);  // the header: metadata may be less
        seen.push_back({each.request_id, each.method_id, std::move(joined), each.ended()});
    }
    std::ranges::sort(seen);
    return seen;
}

void check_demo_client(recorded_session const& session, feed_shape shape) {
    SCOPED_TRACE(name_of(shape));
    demo_methods const methods = demo_methods_of(session);
    rpc::dispatcher const table = client_handlers(methods);
    auto outcomes = replay_as_client(session, table, methods.stream_echo, shape);
    for (std::size_t number = 0; number < outcomes.size(); ++number) {
        replay_outcome& outcome = outcomes[number];
        EXPECT_FALSE(outcome.ended) << outcome.ended.message();
        EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_server, 1),
                                 outcome.answers, {}));
        EXPECT_EQ(received(outcome.calls),
                  received(recorded_messages(session, number, direction::to_server, 0)));
        std::ranges::sort(outcome.returned);
        EXPECT_EQ(outcome.returned, recorded_returns(session, number, direction::to_client));
    }
}

TEST(demo_sessions, our_client_calls_and_answers_as_the_recorded_one) {
    check_sessions(is_demo, [](recorded_session const& session) {
        for (feed_shape const shape : all_feed_shapes) {
            check_demo_client(session, shape);
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
