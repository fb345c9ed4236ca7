#include <replay/conversation_model.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::replay {
namespace {

// The models must give what the published programs sent, or they could excuse anything.
TEST(conversation_model, the_demonstration_is_answered_as_recorded) {
    check_sessions([](auto const& session) { return session.who == cast::demo_server; },
                   [](recorded_session const& session) {
                       demo_methods const methods = demo_methods_of(session);
                       auto const expected = predict(session, {}, [&](rule_set rules) {
                           return std::make_unique<demo_model>(methods, rules);
                       });
                       message_sorter recorded(session.server_layout);
                       for (recorded_message const& each : binary_messages(session, 0)) {
                           if (each.toward == direction::to_client) {
                               recorded.add(each.bytes);
                           }
                       }
                       std::vector<sent_message> answers;
                       std::ranges::copy_if(recorded.messages(), std::back_inserter(answers),
                                            [](auto const& each) { return each.type == 1; });
                       EXPECT_TRUE(same_answers(answers, expected[0].published, {}));
                   });
}

// Stores are modelled with the rules that the published server of each session kept. Answers to bad
// arguments differ in their texts between builds.
TEST(conversation_model, stores_answer_as_recorded) {
    check_sessions([](auto const& session) { return session.who == cast::store_server; },
                   [](recorded_session const& session) {
                       auto const expected = predict_store(session);
                       for (std::size_t number = 0; number < session.connections(); ++number) {
                           message_sorter recorded(session.server_layout);
                           for (recorded_message const& each : binary_messages(session, number)) {
                               if (each.toward == direction::to_client) {
                                   recorded.add(each.bytes);
                               }
                           }
                           EXPECT_TRUE(same_answers(recorded.messages(), expected[number].published,
                                                    {expected[number].published, {}, {}}));
                       }
                   });
}

sent_message answer_to(std::uint32_t request_id, std::string_view text) {
    wire_message call;
    call.request_id = request_id;
    bytes_view const body = as_bytes(text);
    return whole_answer(call, 0, {body.begin(), body.end()});
}

TEST(same_answers, differences_need_a_rule_that_explains_both_sides) {
    std::vector const recorded{answer_to(1, "old")};
    std::vector const ours{answer_to(1, "new")};
    EXPECT_TRUE(same_answers(recorded, recorded, {}));
    EXPECT_FALSE(same_answers(recorded, ours, {}));
    EXPECT_TRUE(same_answers(recorded, ours, {recorded, ours, {}}));
    EXPECT_FALSE(same_answers(recorded, ours, {ours, ours, {}}));
    EXPECT_FALSE(same_answers(recorded, {answer_to(1, "other")}, {recorded, ours, {}}));
    EXPECT_FALSE(same_answers(recorded, {}, {}));
    EXPECT_FALSE(same_answers({}, recorded, {}));
}

TEST(same_answers, order_is_free_but_number_is_not) {
    std::vector const recorded{answer_to(1, "a"), answer_to(2, "b"), answer_to(1, "c")};
    EXPECT_TRUE(
        same_answers(recorded, {answer_to(1, "c"), answer_to(1, "a"), answer_to(2, "b")}, {}));
    EXPECT_FALSE(
        same_answers(recorded, {answer_to(1, "a"), answer_to(1, "a"), answer_to(2, "b")}, {}));
}

}  // namespace
}  // namespace trunkline::replay
