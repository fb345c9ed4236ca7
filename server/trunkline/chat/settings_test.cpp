#include <trunkline/chat/settings.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat {
namespace {

constexpr server::machine roomy{.cores = 4, .descriptors = 20'000};

TEST(chat_settings, are_settled_from_the_machine) {
    chat_options options;
    EXPECT_EQ(settle(options, roomy), "");
    EXPECT_EQ(options.threads, 4U);
    EXPECT_EQ(options.connections_max, 20'000 - server::reserved_descriptors);
    EXPECT_EQ(options.room.slow, rooms::slow_policy::close);
    EXPECT_EQ(options.spoken(), protocol::binary);
}

TEST(chat_settings, have_a_policy_for_each_word) {
    struct {
        char const* word;
        rooms::slow_policy policy;
    } const known[] = {{"wait", rooms::slow_policy::wait},
                       {"drop-oldest", rooms::slow_policy::drop_oldest},
                       {"keep-latest", rooms::slow_policy::keep_latest},
                       {"close", rooms::slow_policy::close}};
    for (auto const& each : known) {
        chat_options options;
        auto settings = settings_of(options);
        auto* const slow = config::find(settings, "slow-members");
        ASSERT_NE(slow, nullptr);
        EXPECT_TRUE(config::assign(*slow, each.word, config::origin::flag).has_value());
        EXPECT_EQ(settle(options, roomy), "");
        EXPECT_EQ(options.room.slow, each.policy);
    }
}

TEST(chat_settings, a_smaller_message_makes_a_smaller_frame) {
    chat_options options;
    options.message_size_max = 64 * kib;
    EXPECT_EQ(settle(options, roomy), "");
    EXPECT_EQ(options.frame_size_max, 64 * kib);
}

TEST(chat_settings, what_rests_is_half_of_what_may_wait_for_a_member_at_most) {
    chat_options options;
    EXPECT_EQ(settle(options, roomy), "");
    EXPECT_EQ(options.rest.messages_max, rooms::rest_limits().messages_max);
    EXPECT_EQ(options.rest.size_max, rooms::rest_limits().size_max);
    options.room.queue = {.messages_max = 10, .size_max = 2 * kib};
    EXPECT_EQ(settle(options, roomy), "");
    EXPECT_EQ(options.rest.messages_max, 5U);
    EXPECT_EQ(options.rest.size_max, 1 * kib);
}

TEST(chat_settings, say_what_is_wrong) {
    chat_options times;
    times.times.idle_timeout = times.times.ping_after;
    EXPECT_EQ(settle(times, roomy),
              "--idle-timeout is not longer than --ping-after; a peer needs time to answer a ping");
    chat_options host;
    host.host = "0.0.0.0";
    EXPECT_NE(settle(host, roomy).find("--allow-plain"), std::string::npos);
    host.allow_plain = true;
    EXPECT_EQ(settle(host, roomy), "");
    host.host = "nowhere";
    EXPECT_NE(settle(host, roomy).find("\"nowhere\" is not an address"), std::string::npos);
    chat_options many;
    many.connections_max = 100'000;
    EXPECT_NE(settle(many, roomy).find("raise ulimit -n"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::chat
