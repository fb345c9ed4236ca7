// Closes that this side asks for: what still goes out, and when they are over.
#include <trunkline/transport/driver.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/sweeper.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t news = 0x2e175;

struct closing : driver_fixture {
    void send_event(std::string_view words) {
        slice said = text(words);
        ASSERT_TRUE(near.link().peer().protocol().send_event(news, {&said, 1}, 0).has_value());
    }

    // All that has arrived, as it is.
    std::string far_bytes() {
        std::string all;
        std::vector<std::byte> buffer(1'000);
        for (;;) {
            auto const got = pipe.first->read(buffer);
            far_status = got.status;
            if (got.status != io_status::ok) {
                return all;
            }
            all += as_text(bytes_view(buffer).first(got.size));
        }
    }

    runtime::duration closed_after(runtime::duration most) {
        auto const begun = loop.now();
        while (!near.over() && loop.now() - begun < most) {
            loop.run_for(1ms);
        }
        return loop.now() - begun;
    }
};

// The peer does not end its side. Wherever in a tick of the sweeper the close begins.
TEST_F(closing, is_over_within_its_timeout_however_short) {
    for (auto const timeout : {1ms, 20ms, 100ms, 249ms, 250ms, 251ms, 700ms, 1000ms}) {
        for (auto const phase : {0ms, 10ms, 120ms, 240ms, 249ms}) {
            simulated_runtime clock;
            auto ends = make_simulated_pipe(clock, {});
            peer one(clock, rpc::side::acceptor);
            one.settings.limits.close_timeout = timeout;
            clock.run_for(phase);
            one.start(std::make_unique<stream_connection>(std::move(ends.second)));
            clock.run_until_idle();
            one.link().close(close_code::normal, "");
            auto const least = timeout < sweeper::tick ? timeout : timeout - sweeper::tick;
            clock.run_for(least - 1ms);
            EXPECT_FALSE(one.over()) << timeout.count() << " ms, from " << phase.count();
            clock.run_for(timeout - least + 1ms);
            EXPECT_TRUE(one.over()) << timeout.count() << " ms, from " << phase.count();
        }
    }
}

// An event cannot be written before the peer has shown which layout it speaks.
TEST_F(closing, waits_for_a_peer_that_is_about_to_speak_while_it_has_an_event_for_it) {
    open();
    send_event("last words");
    near.link().close(close_code::normal, "");
    loop.run_for(100ms);
    EXPECT_EQ(far_bytes(), "");
    EXPECT_FALSE(near.over());
    far_write(calls(2, later, ""));
    loop.run_until_idle();
    EXPECT_NE(far_bytes().find("last words"), std::string::npos);
    EXPECT_EQ(far_status, io_status::end);
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_EQ(near.states, (states{connection_state::connected, connection_state::disconnecting,
                                   connection_state::disconnected}));
}

TEST_F(closing, waits_no_longer_for_a_peer_that_does_not_speak_than_it_may_take) {
    open();
    send_event("last words");
    near.link().close(close_code::normal, "");
    near.link().close(close_code::normal, "again");
    EXPECT_LE(closed_after(10s), near.settings.limits.close_timeout);
    EXPECT_EQ(far_bytes(), "");
    EXPECT_EQ(near.cause, transport_error::closed);
}

TEST_F(closing, is_over_at_once_where_the_peer_ends_before_it_has_spoken) {
    open();
    send_event("last words");
    near.link().close(close_code::normal, "");
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_TRUE(near.over());
}

TEST_F(closing, does_not_wait_where_nothing_is_to_be_said) {
    open();
    near.link().close(close_code::normal, "");
    loop.run_until_idle();
    EXPECT_EQ(far_bytes(), "");
    EXPECT_EQ(far_status, io_status::end);
}

TEST_F(closing, a_drain_waits_for_the_layout_of_its_events_too) {
    open();
    send_event("last words");
    near.link().drain(close_code::going_away, "");
    loop.run_for(near.settings.limits.drain_quiet + 10ms);
    EXPECT_FALSE(near.over());
    far_write(calls(2, echo, ""));
    loop.run_for(2s);
    std::string const heard = far_bytes();
    EXPECT_NE(heard.find("last words"), std::string::npos);
    EXPECT_TRUE(near.over());
}

}  // namespace
}  // namespace trunkline::transport::testing
