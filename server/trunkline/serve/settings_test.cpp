#include <trunkline/serve/settings.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace trunkline::server {
namespace {

struct serve_settings : ::testing::Test {
    serve_options options;
    config::setting_list settings = settings_of(options);
    machine on{.cores = 3, .descriptors = 1000};

    using given = std::vector<std::pair<std::string_view, std::string_view>>;

    std::string settle_with(given const& flags) {
        for (auto const& [name, text] : flags) {
            config::setting* const known = config::find(settings, name);
            EXPECT_NE(known, nullptr) << name;
            auto const done = config::assign(*known, text, config::origin::flag);
            EXPECT_TRUE(done) << name << " " << text;
        }
        return settle(options, settings, on);
    }
};

TEST_F(serve_settings, name_each_limit_once) {
    std::map<std::string_view, int> names;
    for (config::setting const& one : settings) {
        EXPECT_EQ(++names[one.name], 1) << one.name;
        EXPECT_FALSE(one.meaning.empty()) << one.name;
    }
    // Each member of the structures of limits takes eight bytes: none may be missing.
    std::size_t const limits = (sizeof(session_limits) + sizeof(connection_limits) +
                                sizeof(websocket_limits) + sizeof(bitcode_limits)) /
                               8;
    auto const count = std::ranges::count_if(settings, &config::setting::is_limit);
    std::size_t const our_own = 3;  // connections, connections per peer, drain timeout
    std::size_t const others = 3;   // two that follow message-size-max, refuse_text is no limit
    EXPECT_EQ(static_cast<std::size_t>(count), limits + our_own - others);
}

TEST_F(serve_settings, have_defaults_within_their_own_bounds) {
    EXPECT_EQ(settle_with({}), "");
    for (config::setting& one : settings) {
        if (config::number_behind(one) != nullptr) {
            std::string const text = config::value_text(one);
            EXPECT_TRUE(config::assign(one, text, config::origin::flag)) << one.name << " " << text;
        }
    }
    EXPECT_EQ(settle(options, settings, on), "") << "the defaults, given, must not contradict";
}

TEST_F(serve_settings, frames_ahead_have_a_ceiling_that_a_turn_can_afford) {
    config::setting* const known = config::find(settings, "out-of-order-frames-max");
    EXPECT_TRUE(config::assign(*known, "65536", config::origin::flag));
    EXPECT_FALSE(config::assign(*known, "65537", config::origin::file));
}

TEST_F(serve_settings, leave_the_defaults_as_they_are) {
    EXPECT_EQ(settle_with({}), "");
    EXPECT_EQ(options.session.message_size_max, session_limits{}.message_size_max);
    EXPECT_EQ(options.session.held_size_max, session_limits{}.held_size_max);
    EXPECT_EQ(options.connection.silence_timeout, connection_limits{}.silence_timeout);
    EXPECT_EQ(options.threads, 3u);
    EXPECT_EQ(options.connections_max, 936u);
    EXPECT_EQ(options.connections_per_peer_max, 0u);
}

TEST_F(serve_settings, raise_what_contains_a_raised_limit) {
    EXPECT_EQ(settle_with({{"message-size-max", "64MiB"}, {"ping-after", "20s"}}), "");
    EXPECT_EQ(options.session.held_size_max, 72 * mib);
    EXPECT_EQ(options.session.frame_payload_size_max, 16 * mib);
    EXPECT_EQ(options.websocket.message_size_max, 64 * mib);
    EXPECT_EQ(options.websocket.frame_size_max, 64 * mib);
    EXPECT_EQ(options.bitcode.decoded_size_max, 72 * mib);
    EXPECT_EQ(options.connection.silence_timeout, std::chrono::seconds{60});
}

TEST_F(serve_settings, the_largest_of_several_raised_limits_counts) {
    EXPECT_EQ(settle_with({{"frame-payload-size-max", "32MiB"}, {"message-size-max", "24MiB"}}),
              "");
    EXPECT_EQ(options.session.held_size_max, 40 * mib);
}

TEST_F(serve_settings, lower_what_a_lowered_limit_contains) {
    EXPECT_EQ(
        settle_with(
            {{"held-size-max", "256KiB"}, {"open-streams-max", "10"}, {"silence-timeout", "3s"}}),
        "");
    EXPECT_EQ(options.session.message_size_max, 128 * kib);
    EXPECT_EQ(options.session.frame_payload_size_max, 128 * kib);
    EXPECT_EQ(options.bitcode.decoded_size_max, 256 * kib);
    EXPECT_EQ(options.session.unfinished_requests_max, 10u);
    EXPECT_EQ(options.connection.ping_after, std::chrono::seconds{1});
}

// Each limit at its least and at its most: what follows from it stays within its own bounds.
TEST_F(serve_settings, follow_within_their_own_bounds) {
    for (bool const least : {true, false}) {
        for (std::size_t i = 0; i < settings.size(); ++i) {
            serve_options fresh;
            std::swap(options, fresh);
            settings = settings_of(options);
            auto const* const kind = config::number_behind(settings[i]);
            if (kind == nullptr) {
                continue;
            }
            SCOPED_TRACE(settings[i].name);
            kind->set(least ? kind->minimum : kind->maximum);
            settings[i].from = config::origin::flag;
            if (!settle(options, settings, on).empty()) {
                continue;
            }
            for (auto const& other : settings) {
                auto const* const number = config::number_behind(other);
                if (number != nullptr && number->get() != 0) {
                    EXPECT_GE(number->get(), number->minimum) << other.name;
                    EXPECT_LE(number->get(), number->maximum) << other.name;
                }
            }
        }
    }
}

TEST_F(serve_settings, refuse_with_one_line) {
    struct row {
        given flags;
        std::string_view line;
    };
    for (auto const& [flags, line] : std::vector<row>{
             {{{"message-size-max", "64MiB"}, {"held-size-max", "64MiB"}},
              "--held-size-max 64MiB is too small for --message-size-max 64MiB: a connection must "
              "hold one message and 64KiB more; raise it to 72MiB or leave it out"},
             {{{"ping-after", "10s"}, {"silence-timeout", "10s"}},
              "--silence-timeout 10s is too small for --ping-after 10s: a peer needs time to "
              "answer "
              "a ping; raise it to 30s or leave it out"},
             {{{"host", "0.0.0.0"}},
              "--host 0.0.0.0 lets other machines in without encryption; add --allow-plain if that "
              "is meant, or stay on 127.0.0.1"},
             {{{"host", "example.org"}},
              "--host: \"example.org\" is not an address; write one such as 127.0.0.1 or ::1, or "
              "localhost"},
             {{{"ws-path", "ws"}},
              "--ws-path: \"ws\" is not a path; begin with / and leave out spaces, ? and #"},
             {{{"echo-path", "/a?b"}},
              "--echo-path: \"/a?b\" is not a path; begin with / and leave out spaces, ? and #"},
             {{{"echo-path", "/ws"}}, "--echo-path /ws is the path of the store; choose another"},
             {{{"listen", "tcp://0.0.0.0:1"}},
              "--listen tcp://0.0.0.0:1 lets other machines in without encryption; add "
              "--allow-plain if that is meant, or stay on 127.0.0.1"},
             {{{"allow-origin", "https://example.org/"}},
              "--allow-origin: \"https://example.org/\" is no origin of web pages; write scheme "
              "and "
              "host, and a port that is not the usual one, such as https://example.org"},
             {{{"unix-mode", "rw"}},
              "--unix-mode: \"rw\" are no permissions; write digits as for chmod, such as 0660"},
             {{{"listen", "unix:@x"}, {"port-file", "p"}},
              "--port-file: no endpoint has a port; leave it out, or add --port"},
             {{{"connections-max", "937"}},
              "--connections-max 937: the system allows 1000 open files, which is enough for 936; "
              "raise ulimit -n or lower the limit"}}) {
        serve_options fresh;
        std::swap(options, fresh);
        settings = settings_of(options);
        EXPECT_EQ(settle_with(flags), line);
    }
}

TEST_F(serve_settings, listen_by_default_unless_told_where) {
    EXPECT_EQ(settle_with({}), "");
    EXPECT_TRUE(options.listens_by_default);
    EXPECT_EQ(settle_with({{"listen", "unix:@x"}, {"listen", "tcp://127.0.0.1:0"}}), "");
    EXPECT_FALSE(options.listens_by_default);
    EXPECT_EQ(options.listen, (std::vector<std::string>{"unix:@x", "tcp://127.0.0.1:0"}));
    EXPECT_EQ(settle_with({{"port", "0"}}), "");
    EXPECT_TRUE(options.listens_by_default);
}

TEST_F(serve_settings, let_other_machines_in_when_asked_to) {
    EXPECT_EQ(settle_with({{"host", "::"}, {"allow-plain", "true"}}), "");
}

TEST_F(serve_settings, print_every_limit_with_value_unit_and_meaning) {
    EXPECT_EQ(settle_with({{"message-size-max", "64MiB"}}), "");
    std::string const text = limits_text(settings);
    EXPECT_NE(text.find("message-size-max          64MiB       bytes  one RPC message"), text.npos);
    EXPECT_NE(text.find("held-size-max             72MiB       bytes  everything held"), text.npos);
    EXPECT_NE(text.find("silence-timeout           15s         time   without any byte"),
              text.npos);
    EXPECT_NE(text.find("connections-max           936         count  connections at"), text.npos);
    EXPECT_NE(text.find("connections-per-peer-max  off         count  connections at"), text.npos);
    EXPECT_EQ(text.find("ws-path"), text.npos);
}

TEST(machine_facts, raise_the_soft_limit_on_descriptors) {
    machine const found = raise_and_read_machine();
    rlimit now{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
    EXPECT_EQ(now.rlim_cur, now.rlim_max);
    EXPECT_EQ(found.descriptors, now.rlim_cur);
    EXPECT_GE(found.cores, 1u);
}

}  // namespace
}  // namespace trunkline::server
