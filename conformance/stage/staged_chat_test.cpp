// The chat server on virtual time: rooms, names, limits, silence, slow readers and endings.
#include <stage/staged_chat.hpp>

#include <trunkline/chat_wire/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;
using chat_wire::binary_message;
using chat_wire::message_type;
using texts = std::vector<std::string>;

byte_string message(message_type type, std::string_view room, std::string_view payload = {}) {
    binary_message made;
    made.type = type;
    made.payload = as_bytes(payload);
    made.room = room;
    return chat_wire::testing::encoded(made);
}

chat::chat_options in_json() {
    chat::chat_options options;
    options.protocol = "json";
    return options;
}

struct both_protocols : ::testing::TestWithParam<std::string> {
    chat::chat_options options() const {
        chat::chat_options made;
        made.protocol = GetParam();
        return made;
    }
    bool is_json() const { return GetParam() == "json"; }
};

INSTANTIATE_TEST_SUITE_P(protocol, both_protocols, ::testing::Values("binary", "json"),
                         [](auto const& each) { return each.param; });

TEST_P(both_protocols, everybody_hears_everything_in_one_order) {
    staged_chat chat(options());
    chat_person ann(chat, "/", 1001);
    chat_person bob(chat, "/", 1002);
    ann.say("hello");
    bob.say("/name Bob");
    bob.say("hi");
    texts const heard_by_bob = bob.hear_texts();
    if (is_json()) {
        EXPECT_EQ(heard_by_bob,
                  (texts{"System: Welcome to the chat, User_1002! Type your messages to chat.",
                         "System: User_1002 has joined the chat!", "User_1001: hello",
                         "System: User_1002 is now known as Bob", "Bob: hi"}));
    } else {
        EXPECT_EQ(heard_by_bob, (texts{"general/System: Welcome user_2! You are connection #2",
                                       "general/System: user_2 joined", "general/user_1: hello",
                                       "general/System: user_2 is now Bob", "general/Bob: hi"}));
    }
    texts const heard_by_ann = ann.hear_texts();
    ASSERT_EQ(heard_by_ann.size(), 6U);
    EXPECT_TRUE(std::equal(heard_by_bob.begin() + 1, heard_by_bob.end(), heard_by_ann.begin() + 2));
}

TEST_P(both_protocols, a_room_is_that_of_the_url) {
    staged_chat chat(options());
    chat_person ann(chat, "/any/path?x=1&room=tea%20time", 1001);
    chat_person bob(chat, "/?room=tea+time", 1002);
    chat_person carl(chat, "/", 1003);
    std::ignore = ann.hear();
    std::ignore = carl.hear();
    bob.say("in tea");
    carl.say("in general");
    EXPECT_EQ(ann.hear_texts(), texts{is_json() ? "User_1002: in tea" : "tea time/user_2: in tea"});
    EXPECT_EQ(carl.hear_texts(),
              texts{is_json() ? "User_1003: in general" : "general/user_3: in general"});
    EXPECT_EQ(chat.hall().open("tea time")->members(), 2U);
}

TEST_P(both_protocols, a_wrong_name_of_a_room_means_general) {
    staged_chat chat(options());
    std::string const longest(64, 'r');
    for (std::string const& name : {std::string(), longest + "r", std::string("%ff"),
                                    std::string("%2"), std::string("%zz")}) {
        chat_person const one(chat, "/?room=" + name);
        EXPECT_EQ(chat.hall().open("general")->members(), 1U) << name;
    }
    chat_person const one(chat, "/?room=" + longest);
    EXPECT_EQ(chat.hall().open(longest)->members(), 1U);
}

TEST_P(both_protocols, who_leaves_is_announced_whatever_the_end) {
    for (int how = 0; how < 4; ++how) {
        staged_chat chat(options());
        chat_person stays(chat, "/", 1001);
        chat_person leaves(chat, "/", 1002);
        std::ignore = stays.hear();
        if (how == 0) {
            leaves.send({.code = op_close});
        } else if (how == 1) {
            leaves.send({.code = 3});  // no opcode
        } else if (how == 2) {
            leaves.link().shutdown();
        } else {
            leaves.link().close(true);
        }
        chat.run_for(1s);
        EXPECT_EQ(stays.hear_texts(), texts{is_json() ? "System: User_1002 has left the chat."
                                                      : "general/System: user_2 left"})
            << how;
        EXPECT_EQ(chat.visitors().size(), 1U);
        EXPECT_TRUE(how == 3 || leaves.ended());
    }
}

// Whether the peer answers or not.
TEST_P(both_protocols, the_stream_ends_within_a_second_of_a_close_or_an_error) {
    for (client_frame const& last : {client_frame{.code = op_close}, client_frame{.code = 3},
                                     client_frame{.code = op_text, .masked = false}}) {
        staged_chat chat(options());
        chat_person one(chat);
        one.link().send(encode(last));
        chat.run_for(999ms);
        EXPECT_TRUE(one.ended());
        EXPECT_TRUE(chat.last_link().counters(transport::pipe_end::second).closed);
    }
}

TEST_P(both_protocols, a_silent_peer_is_pinged_and_a_dead_one_goes) {
    staged_chat chat(options());
    chat_person one(chat);
    std::ignore = one.hear();
    EXPECT_EQ(chat.visitors().folded(), 1U);
    chat.run_for(28'900ms);  // a second passed before
    EXPECT_TRUE(one.hear().empty());
    chat.run_for(3'100ms);
    auto const pinged = one.hear();
    ASSERT_EQ(pinged.size(), 1U);
    EXPECT_EQ(pinged[0].code, op_ping);
    EXPECT_EQ(chat.visitors().folded(), 1U);
    one.send({.code = op_pong});
    EXPECT_EQ(chat.visitors().folded(), 1U);  // again
    chat.run_for(29'500ms);
    EXPECT_TRUE(one.hear().empty());  // it counts from the pong on
    chat.run_for(240s);
    auto const asked = one.hear();
    EXPECT_GE(asked.size(), 7U);
    EXPECT_LE(asked.size(), 9U);
    EXPECT_FALSE(one.ended());
    chat.run_for(35s);
    EXPECT_TRUE(one.ended());
    auto const last = one.hear();
    ASSERT_FALSE(last.empty());
    EXPECT_EQ(last.back().close_code(), 1001);
    EXPECT_EQ(chat.visitors().size(), 0U);
}

TEST_P(both_protocols, what_is_said_reaches_idle_members_without_waking_them) {
    staged_chat chat(options());
    std::vector<std::unique_ptr<chat_person>> people;
    for (int i = 0; i < 5; ++i) {
        people.push_back(std::make_unique<chat_person>(chat));
    }
    chat.run_for(2s);
    EXPECT_EQ(chat.visitors().folded(), 5U);
    for (auto const& each : people) {
        std::ignore = each->hear();
    }
    people[0]->say("one");
    people[0]->say("two");
    EXPECT_EQ(chat.visitors().folded(), 4U);
    for (auto const& each : people) {
        EXPECT_EQ(each->hear_texts().size(), 2U);
    }
}

TEST_P(both_protocols, a_stop_says_goodbye_to_all) {
    staged_chat chat(options());
    chat_person idle(chat);
    chat.run_for(2s);
    chat_person busy(chat);
    busy.say("x");
    std::ignore = idle.hear();
    std::ignore = busy.hear();
    chat.visitors().close();
    chat.run_for(990ms);
    for (chat_person* each : {&idle, &busy}) {
        auto const heard = each->hear();
        ASSERT_EQ(heard.size(), 1U);
        EXPECT_EQ(heard[0].close_code(), 1001);
        EXPECT_TRUE(each->ended());
    }
    EXPECT_EQ(chat.visitors().size(), 0U);
}

TEST_P(both_protocols, a_slow_reader_is_bounded_and_delays_nobody) {
    for (std::string const policy : {"close", "drop-oldest", "keep-latest"}) {
        auto made = options();
        made.slow_members = policy;
        made.room.queue = {.messages_max = 8, .size_max = 100'000};
        staged_chat chat(made, {.capacity = 4096});
        chat_person quick(chat);
        chat_person slow(chat);
        std::ignore = quick.hear();
        std::ignore = slow.hear();
        slow.link().read(false);
        for (int i = 0; i < 100; ++i) {
            quick.say(std::string(1000, 'x') + std::to_string(i));
            auto const heard = quick.hear();
            ASSERT_FALSE(heard.empty()) << i << policy;
            ASSERT_LE(rooms::shared_message::size_of_all(), 20'000U) << policy;
        }
        slow.link().read(true);
        chat.run_for(1s);
        auto const heard = slow.hear_texts();
        if (policy == "close") {
            EXPECT_TRUE(slow.ended());
            EXPECT_EQ(chat.visitors().size(), 1U);
            continue;
        }
        EXPECT_FALSE(slow.ended());
        std::size_t gaps = 0;
        for (std::string const& each : heard) {
            gaps += each.find("missed") != std::string::npos ? 1 : 0;
        }
        EXPECT_EQ(gaps, 1U) << policy;
        EXPECT_TRUE(heard.back().ends_with("x99")) << policy;
    }
}

TEST_P(both_protocols, a_room_that_waits_holds_its_speakers_back) {
    auto made = options();
    made.slow_members = "wait";
    made.room.queue = {.messages_max = 16, .size_max = 100'000};
    staged_chat chat(made, {.capacity = 4096});
    chat_person speaks(chat);
    chat_person slow(chat);
    std::ignore = speaks.hear();
    std::ignore = slow.hear();
    slow.link().read(false);
    for (int i = 0; i < 60; ++i) {
        speaks.say(std::string(1000, 'x'));
    }
    std::size_t const heard = speaks.hear().size();
    EXPECT_LT(heard, 30U);
    EXPECT_FALSE(slow.ended());
    slow.link().read(true);
    chat.run_for(5s);
    EXPECT_EQ(heard + speaks.hear().size(), 60U);
    EXPECT_EQ(slow.hear().size(), 60U);
}

TEST_P(both_protocols, a_large_room_hears_counts) {
    auto made = options();
    made.room.notice_members_max = 3;
    staged_chat chat(made);
    std::vector<std::unique_ptr<chat_person>> people;
    for (int i = 0; i < 39; ++i) {
        people.push_back(std::make_unique<chat_person>(chat, "/", 1001 + i));
    }
    auto const first = people[0]->hear_texts();
    EXPECT_LT(first.size(), 30U);
    EXPECT_EQ(first.back(), is_json()
                                ? "System: There are 35 in the chat; 5 have joined and 0 have left."
                                : "general/System: 35 here, 5 joined, 0 left");
    auto const last = people[38]->hear_texts();
    ASSERT_EQ(last.size(), 2U);  // its welcome and its own notice
    people[38]->say("/name Zed");
    EXPECT_EQ(people[38]->hear_texts().size(), 1U);
    EXPECT_TRUE(people[0]->hear_texts().empty());
    people[38]->say("hello");
    EXPECT_EQ(people[0]->hear_texts().size(), 1U);
}

TEST_P(both_protocols, limits_end_the_connection) {
    auto made = options();
    made.frame_size_max = 2000;
    made.message_size_max = 3000;
    staged_chat chat(made);
    std::string const most(2000, 'x');
    chat_person one(chat);
    one.say(most);
    EXPECT_FALSE(one.ended());
    one.send({.code = op_text, .payload = as_bytes(most), .fin = false});
    one.send({.code = op_continuation, .payload = as_bytes(std::string(1000, 'x'))});
    EXPECT_FALSE(one.ended());
    EXPECT_EQ(one.hear().size(), 4U);
    one.say(most + "x");
    chat.run_for(1s);
    EXPECT_TRUE(one.ended());
    chat_person two(chat);
    two.send({.code = op_text, .payload = as_bytes(most), .fin = false});
    two.send({.code = op_continuation, .payload = as_bytes(std::string(1001, 'x'))});
    chat.run_for(1s);
    EXPECT_TRUE(two.ended());
}

TEST_P(both_protocols, a_fragmented_message_is_one_with_a_ping_between) {
    staged_chat chat(options(), {.shape = transport::delivery_shape::one_byte});
    chat_person one(chat);
    std::ignore = one.hear();
    one.send({.code = op_text, .payload = as_bytes("ab"), .fin = false});
    one.send({.code = op_ping, .payload = as_bytes("p")});
    one.send({.code = op_continuation, .payload = as_bytes("cd")});
    auto const heard = one.hear();
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].code, op_pong);
    EXPECT_NE(as_text(heard[1].payload).find("abcd"), std::string_view::npos);
}

// Binary alone.

TEST(staged_chat, joins_and_leaves_rooms) {
    staged_chat chat;
    chat_person ann(chat, "/?room=home");
    chat_person bob(chat, "/?room=tea");
    std::ignore = ann.hear();
    std::ignore = bob.hear();
    ann.send_binary(message(message_type::chat, "tea", "not in tea"));
    EXPECT_EQ(ann.hear_texts(), texts{"home/user_1: not in tea"});
    ann.send_binary(message(message_type::join, "tea"));
    EXPECT_EQ(ann.hear_texts(), texts{"tea/System: user_1 joined"});
    EXPECT_EQ(bob.hear_texts(), texts{"tea/System: user_1 joined"});
    ann.send_binary(message(message_type::chat, "tea", "hello"));
    ann.send_binary(message(message_type::chat, "home", "at home"));
    ann.send_binary(message(message_type::chat, "nowhere", "lost"));
    ann.say("text");
    EXPECT_EQ(bob.hear_texts(), texts{"tea/user_1: hello"});
    EXPECT_EQ(ann.hear_texts(), (texts{"tea/user_1: hello", "home/user_1: at home",
                                       "home/user_1: lost", "home/user_1: text"}));
    ann.say("/name Ann");
    EXPECT_EQ(bob.hear_texts(), texts{"tea/System: user_1 is now Ann"});
    EXPECT_EQ(ann.hear_texts().size(), 2U);
    ann.send_binary(message(message_type::leave, "tea"));
    EXPECT_EQ(bob.hear_texts(), texts{"tea/System: Ann left"});
    EXPECT_TRUE(ann.hear_texts().empty());
    bob.say("alone");
    EXPECT_TRUE(ann.hear_texts().empty());
    ann.send_binary(message(message_type::join, "tea"));
    std::ignore = bob.hear();
    ann.link().close();
    chat.run_for(1s);
    EXPECT_EQ(bob.hear_texts(), texts{"tea/System: Ann left"});
}

TEST(staged_chat, drops_joins_and_leaves_that_mean_nothing) {
    staged_chat chat;
    chat_person one(chat, "/?room=home");
    std::ignore = one.hear();
    for (std::string const& room : {std::string("home"), std::string("general"), std::string(),
                                    std::string(65, 'r'), std::string("other")}) {
        one.send_binary(message(message_type::leave, room));
        if (room != "other") {
            one.send_binary(message(message_type::join, room));
        }
    }
    EXPECT_TRUE(one.hear().empty());
    EXPECT_EQ(chat.hall().rooms(), 1U);
    one.send_binary(message(message_type::join, "other"));
    one.send_binary(message(message_type::join, "other"));
    EXPECT_EQ(one.hear().size(), 1U);
    for (int i = 0; i < 40; ++i) {
        one.send_binary(message(message_type::join, "r" + std::to_string(i)));
    }
    EXPECT_EQ(one.hear().size(), chat::rooms_joined_max - 1);
    EXPECT_EQ(chat.hall().rooms(), 1 + chat::rooms_joined_max);
}

TEST(staged_chat, answers_pings_to_all) {
    staged_chat chat;
    chat_person ann(chat);
    chat_person bob(chat);
    std::ignore = ann.hear();
    std::ignore = bob.hear();
    ann.send_binary(message(message_type::ping, "general"));
    for (chat_person* each : {&ann, &bob}) {
        auto const heard = each->hear();
        ASSERT_EQ(heard.size(), 1U);
        auto const read =
            chat_wire::decode_binary(heard[0].payload, chat_wire::binary_layout::published);
        EXPECT_EQ(read->message.type, message_type::pong);
        EXPECT_EQ(read->message.user, 1U);
        EXPECT_TRUE(read->message.username.empty());
    }
}

TEST(staged_chat, answers_in_the_layout_of_the_document_whom_it_hears_speak_it) {
    staged_chat chat;
    chat_person ann(chat);
    chat_person bob(chat);
    std::ignore = ann.hear();
    std::ignore = bob.hear();
    byte_string const said = message(message_type::chat, "general", "hello");
    ann.send_binary(chat_wire::testing::in_document_layout(said));
    auto const to_ann = ann.hear();
    auto const to_bob = bob.hear();
    ASSERT_EQ(to_ann.size(), 1U);
    ASSERT_EQ(to_bob.size(), 1U);
    auto const read =
        chat_wire::decode_binary(to_ann[0].payload, chat_wire::binary_layout::document);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->size, to_ann[0].payload.size());
    EXPECT_EQ(as_text(read->message.payload), "hello");
    EXPECT_EQ(chat_wire::testing::in_document_layout(to_bob[0].payload), to_ann[0].payload);
    chat.run_for(5s);  // and folded, as well as in what is too large for a batch
    bob.say(std::string(100'000, 'x'));
    bob.say("small");
    auto const more = ann.hear();
    ASSERT_EQ(more.size(), 2U);
    for (received_frame const& each : more) {
        auto const whole =
            chat_wire::decode_binary(each.payload, chat_wire::binary_layout::document);
        ASSERT_TRUE(whole.has_value());
        EXPECT_EQ(whole->size, each.payload.size());
    }
}

TEST(staged_chat, drops_what_it_cannot_read) {
    staged_chat chat;
    chat_person one(chat);
    std::ignore = one.hear();
    one.send_binary({});
    one.send_binary(as_bytes("no message"));
    one.send_binary(message(message_type::pong, "general"));
    one.send_binary(message(message_type::ack, "general"));
    one.send_binary(message(message_type::system, "general", "x"));
    EXPECT_TRUE(one.hear().empty());
    EXPECT_FALSE(one.ended());
}

TEST(staged_chat, json_takes_no_binary_and_no_empty_name) {
    staged_chat chat(in_json());
    chat_person one(chat);
    std::ignore = one.hear();
    one.send_binary(message(message_type::chat, "general", "x"));
    one.say("/name ");
    EXPECT_TRUE(one.hear().empty());
    one.say("");
    EXPECT_EQ(one.hear().size(), 1U);
}

// More than one write has room for, to open connections and to idle ones.
TEST(staged_chat, delivers_many_messages_that_came_at_once) {
    staged_chat chat({}, {.capacity = 1 * mib});
    chat_person quick(chat);
    chat_person idle(chat);
    chat.run_for(2s);
    std::ignore = quick.hear();
    std::ignore = idle.hear();
    byte_string all;
    for (int i = 0; i < 1000; ++i) {
        auto const one = encode({.code = op_text, .payload = as_bytes(std::to_string(i))});
        all.insert(all.end(), one.begin(), one.end());
    }
    for (int round = 0; round < 2; ++round) {
        quick.link().send(all);
        chat.run_for(100ms);
        EXPECT_EQ(quick.hear().size(), 1000U);
        EXPECT_EQ(idle.hear().size(), 1000U);
        idle.say("now it is open");
        EXPECT_EQ(quick.hear().size(), 1U);
        EXPECT_EQ(idle.hear().size(), 1U);
    }
}

// Every cut of what is written, and links that take little: nothing is lost or mixed up.
TEST(staged_chat, is_the_same_however_links_deliver) {
    for (auto const shape : transport::all_delivery_shapes) {
        staged_chat chat({}, {.shape = shape, .capacity = 700});
        chat_person ann(chat);
        chat_person bob(chat);
        chat.run_for(3s);
        std::ignore = ann.hear();
        std::ignore = bob.hear();
        for (int i = 0; i < 50; ++i) {
            std::string const text = std::string(static_cast<std::size_t>(i * 37), 'x') + "!";
            ann.link().send(encode({.code = op_text, .payload = as_bytes(text)}));
            if (i % 10 == 0) {
                bob.link().send(encode({.code = op_ping}));
            }
        }
        chat.run_for(20s);
        auto const by_ann = ann.hear_texts();
        auto const by_bob = bob.hear_texts();
        ASSERT_EQ(by_ann.size(), 50U) << transport::name_of(shape);
        EXPECT_EQ(by_ann, by_bob);
        for (std::size_t i = 0; i < by_bob.size(); ++i) {
            EXPECT_EQ(by_bob[i].size(), std::string("general/user_1: !").size() + i * 37);
        }
    }
}

}  // namespace
}  // namespace trunkline::stage
