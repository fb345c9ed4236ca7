#include <trunkline/memory/hub.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace trunkline::memory {
namespace {

namespace net_error = boost::asio::error;
using dial_result = result<std::unique_ptr<transport::connection>>;

struct hub_fixture : ::testing::Test {
    std::unique_ptr<transport::listener> listen(std::string_view url) {
        auto made = meeting.listen(loop, url, {});
        EXPECT_TRUE(made.has_value());
        return std::move(*made);
    }
    void accept_into_list(transport::listener& on) {
        on.start([this](auto made) { accepted.push_back(std::move(made)); });
    }
    void dial(std::string_view url) {
        dialed.reset();
        if (!dialer) {
            dialer = meeting.make_dialer(loop);
        }
        dialer->dial(url, [this](dial_result made) {
            ++answers;
            dialed = std::move(made);
        });
    }

    hub meeting;
    transport::simulated_runtime loop;
    std::unique_ptr<transport::dialer> dialer;
    std::vector<std::unique_ptr<transport::connection>> accepted;
    std::optional<dial_result> dialed;
    int answers = 0;
};

TEST_F(hub_fixture, dialer_and_listener_meet_by_name) {
    auto const store = listen("memory:store");
    auto const rooms = listen("memory:rooms");
    accept_into_list(*store);
    EXPECT_EQ(store->endpoint(), "memory:store");
    dial(store->endpoint());
    EXPECT_FALSE(dialed.has_value());
    loop.run_until_idle();
    ASSERT_TRUE(dialed.has_value());
    ASSERT_TRUE(dialed->has_value());
    ASSERT_EQ(accepted.size(), 1U);
    out_segment const segment{as_bytes("hi"), 2};
    EXPECT_EQ((**dialed)->write({&segment, 1}).size, 2U);
    std::array<std::byte, 8> buffer;
    std::array<transport::in_piece, 2> pieces;
    EXPECT_EQ(accepted[0]->read(buffer, pieces).wire_bytes, 2U);
}

TEST_F(hub_fixture, nobody_there_refuses) {
    dial("memory:nobody");
    loop.run_until_idle();
    EXPECT_EQ(dialed->error(), net_error::connection_refused);
    auto const unstarted = listen("memory:unstarted");
    dial("memory:unstarted");
    loop.run_until_idle();
    EXPECT_EQ(dialed->error(), net_error::connection_refused);
    EXPECT_EQ(answers, 2);
}

TEST_F(hub_fixture, bad_names_are_invalid) {
    for (char const* url : {"", "memory:", "memory", "tcp://h:1", "memory://host/x"}) {
        EXPECT_EQ(meeting.listen(loop, url, {}).error(),
                  transport::transport_error::invalid_endpoint)
            << url;
        dial(url);
        loop.run_until_idle();
        EXPECT_EQ(dialed->error(), transport::transport_error::invalid_endpoint) << url;
    }
}

TEST_F(hub_fixture, a_name_belongs_to_one_listener_at_a_time) {
    auto first = listen("memory:x");
    accept_into_list(*first);
    EXPECT_EQ(meeting.listen(loop, "memory:x", {}).error(), net_error::address_in_use);
    dial("memory:x");
    loop.run_until_idle();
    EXPECT_TRUE(dialed->has_value());
    first->close();
    auto const second = listen("memory:x");
    accept_into_list(*second);
    first.reset();  // must not take the name of its successor away
    dial("memory:x");
    loop.run_until_idle();
    EXPECT_TRUE(dialed->has_value());
}

TEST_F(hub_fixture, closing_refuses_those_on_their_way_and_leaves_the_accepted) {
    auto const listener = listen("memory:x");
    accept_into_list(*listener);
    dial("memory:x");
    loop.run_until_idle();
    auto const kept = std::move(**dialed);
    dial("memory:x");
    listener->close();
    loop.run_until_idle();
    EXPECT_EQ(dialed->error(), net_error::connection_refused);
    out_segment const segment{as_bytes("on"), 2};
    EXPECT_EQ(kept->write({&segment, 1}).size, 2U);
}

TEST_F(hub_fixture, the_sink_may_destroy_the_listener) {
    auto listener = listen("memory:x");
    auto const token = std::make_shared<int>(4);
    int seen = 0;
    listener->start([&, token](auto made) {
        listener.reset();
        seen = *token;
        accepted.push_back(std::move(made));
    });
    dial("memory:x");
    loop.run_until_idle();
    EXPECT_EQ(seen, 4);
    EXPECT_TRUE(dialed->has_value());
}

TEST_F(hub_fixture, destroying_the_dialer_answers_what_is_under_way) {
    auto const listener = listen("memory:x");
    accept_into_list(*listener);
    dial("memory:x");
    dialer.reset();
    EXPECT_EQ(dialed->error(), net_error::operation_aborted);
    loop.run_until_idle();
    EXPECT_EQ(answers, 1);
    EXPECT_TRUE(accepted.empty());
}

TEST_F(hub_fixture, a_cancelled_dial_that_was_accepted_ends_at_the_acceptor) {
    auto const listener = listen("memory:x");
    listener->start([this](auto made) {
        accepted.push_back(std::move(made));
        dialer.reset();  // between the accept and its answer
    });
    dial("memory:x");
    loop.run_until_idle();
    EXPECT_EQ(answers, 1);
    EXPECT_EQ(dialed->error(), net_error::operation_aborted);
    ASSERT_EQ(accepted.size(), 1U);
    std::array<std::byte, 8> buffer;
    std::array<transport::in_piece, 2> pieces;
    EXPECT_EQ(accepted[0]->read(buffer, pieces).status, transport::io_status::end);
}

TEST_F(hub_fixture, the_backlog_is_bounded) {
    auto const listener = listen("memory:x");
    accept_into_list(*listener);
    for (std::size_t count = 0; count <= backlog_max; ++count) {
        dial("memory:x");
    }
    loop.run_until_idle();
    EXPECT_EQ(accepted.size(), backlog_max);
    EXPECT_EQ(answers, static_cast<int>(backlog_max) + 1);
    dial("memory:x");
    loop.run_until_idle();
    EXPECT_TRUE(dialed->has_value());
}

TEST(hub, a_listener_whose_thread_ends_answers_its_dialers) {
    hub meeting;
    transport::simulated_runtime here;
    auto const dialer = meeting.make_dialer(here);
    std::optional<dial_result> dialed;
    {
        transport::simulated_runtime there;
        auto const listener = meeting.listen(there, "memory:x", {}).value();
        listener->start([](auto) {});
        dialer->dial("memory:x", [&](dial_result made) { dialed = std::move(made); });
    }
    here.run_until_idle();
    ASSERT_TRUE(dialed.has_value());
    EXPECT_EQ(dialed->error(), net_error::connection_refused);
}

TEST(hub, joins_threads) {
    constexpr int threads = 3;
    constexpr int dials = 50;
    hub meeting;
    transport::asio_runtime server;
    auto listener = meeting.listen(server, "memory:x", {}).value();
    std::vector<std::unique_ptr<transport::connection>> accepted;
    listener->start([&](auto made) { accepted.push_back(std::move(made)); });
    std::atomic<int> connected = 0;
    std::jthread serving([&] { server.run(); });
    {
        std::vector<std::jthread> clients;
        for (int thread = 0; thread < threads; ++thread) {
            clients.emplace_back([&] {
                transport::asio_runtime loop;
                std::vector<std::unique_ptr<transport::connection>> mine;
                auto const dialer = meeting.make_dialer(loop);
                for (int dial = 0; dial < dials; ++dial) {
                    dialer->dial("memory:x", [&](dial_result made) {
                        mine.push_back(std::move(made.value()));
                        ++connected;
                        if (mine.size() == dials) {
                            loop.stop();
                        }
                    });
                }
                loop.run();
            });
        }
    }
    server.stop();
    serving.join();
    EXPECT_EQ(connected, threads * dials);
    EXPECT_EQ(accepted.size(), static_cast<std::size_t>(threads * dials));
}

}  // namespace
}  // namespace trunkline::memory
