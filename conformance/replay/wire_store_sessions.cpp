// Recorded sessions of published store servers, with our dispatcher and a fresh store in their
// place.
#include <replay/conversation_model.hpp>
#include <replay/published_names.hpp>
#include <replay/session_replay.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/service.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace trunkline::replay {
namespace {

/// A fresh store and its methods.
struct served_store {
    explicit served_store(std::uint32_t alignment) {
        store::open_options options;
        options.alignment = alignment;
        data = store::store::open(folder / "store.bin", options).value();
        EXPECT_TRUE(store_service::add_methods(methods, *data));
    }

    scratch_folder folder;
    std::unique_ptr<store::store> data;
    rpc::dispatcher methods;
};

std::optional<std::uint16_t> close_code_of(error_code ended) {
    if (!ended) {
        return std::nullopt;
    }
    return ended == rpc::rpc_error::too_many_protocol_errors ? close::policy_violation
                                                             : close::message_too_big;
}

void check_session(recorded_session const& session, feed_shape shape) {
    SCOPED_TRACE(name_of(shape));
    served_store ours(alignment_of(session));
    auto const expected = predict_store(session);
    auto const outcomes = replay_as_server(session, ours.methods, shape);
    for (std::size_t number = 0; number < outcomes.size(); ++number) {
        SCOPED_TRACE("connection " + std::to_string(number));
        replay_outcome const& outcome = outcomes[number];
        EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_client, 1),
                                 outcome.answers, expected[number]));
        EXPECT_EQ(close_code_of(outcome.ended), rpc_close_code(session, number));
    }
}

TEST(store_sessions, our_server_answers_as_the_recorded_one) {
    check_sessions(is_store, [](recorded_session const& session) {
        for (feed_shape const shape : all_feed_shapes) {
            check_session(session, shape);
        }
    });
}

/// Published clients, not hand-made ones: every message of theirs is a whole call of one frame or
/// more.
bool is_published_client(recorded_session const& session) {
    auto const* client = session.meta.if_contains("client");
    return is_store(session) && client != nullptr &&
           std::string_view(client->as_string()).find("hand-made") == std::string_view::npos;
}

void check_store_client(recorded_session const& session, feed_shape shape) {
    SCOPED_TRACE(name_of(shape));
    rpc::dispatcher const nothing;
    auto outcomes = replay_as_client(session, nothing, 0, shape);
    for (std::size_t number = 0; number < outcomes.size(); ++number) {
        replay_outcome& outcome = outcomes[number];
        EXPECT_FALSE(outcome.ended);
        EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_server, 0),
                                 outcome.calls, {}));
        std::vector<returned_call> recorded;
        for (sent_message const& each :
             recorded_messages(session, number, direction::to_client, 1)) {
            recorded.push_back({each.request_id, each.status(), each.payload()});
        }
        std::ranges::sort(recorded);
        std::ranges::sort(outcome.returned);
        EXPECT_EQ(outcome.returned, recorded);
    }
}

TEST(store_sessions, our_client_calls_as_the_recorded_one) {
    check_sessions(is_published_client, [](recorded_session const& session) {
        for (feed_shape const shape : all_feed_shapes) {
            check_store_client(session, shape);
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
