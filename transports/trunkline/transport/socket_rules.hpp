// What holds for every transport that is a bare stream of bytes over sockets: one test suite,
// instantiated once per transport.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/transport/socket_listener.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/transport/test_descriptor_famine.hpp>
#include <trunkline/transport/test_far_caller.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// A transport over sockets, by its functions.
struct socket_transport {
    std::string name;
    std::function<std::string(scratch_folder const&)> url;  ///< one where nobody listens
    result<listening_group> (*listen)(std::string_view url, std::size_t count);
    std::function<std::unique_ptr<dialer>(asio_runtime& loop, runtime::duration timeout,
                                          stream_filter filter)>
        make_dialer;
    result<std::vector<socket_address>> (*resolve)(std::string_view url);
    /// Of one socket of a group; empty: the sockets are the connections.
    std::function<std::unique_ptr<listener>(asio_runtime& loop, listening_socket socket,
                                            std::string endpoint, stream_filter filter)>
        make_listener = {};
    /// The client's end over a connected socket; empty: the socket.
    std::function<std::unique_ptr<byte_stream>(asio_runtime& loop, std::unique_ptr<byte_stream>)>
        wrap = {};

    /// The streams of its connections are bare descriptors.
    [[nodiscard]] bool is_bare() const { return !make_listener; }
};

inline std::ostream& operator<<(std::ostream& to, socket_transport const& which) {
    return to << which.name;
}

class socket_rules : public ::testing::TestWithParam<socket_transport> {
protected:
    using seconds = std::chrono::seconds;
    using milliseconds = std::chrono::milliseconds;

    void run_until(std::function<bool()> const& done) {
        auto const deadline = loop.now() + seconds(60);
        while (!done()) {
            ASSERT_LT(loop.now(), deadline) << "nothing happened for too long";
            auto const tick = loop.after(milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
    }

    [[nodiscard]] std::unique_ptr<listener> a_listener(listening_socket socket,
                                                       std::string const& endpoint,
                                                       stream_filter filter = {}) {
        if (GetParam().is_bare()) {
            return std::make_unique<socket_listener>(loop, std::move(socket), endpoint,
                                                     std::move(filter));
        }
        return GetParam().make_listener(loop, std::move(socket), endpoint, std::move(filter));
    }

    void listen(stream_filter filter = {}) {
        auto group = GetParam().listen(GetParam().url(folder), 1);
        ASSERT_TRUE(group.has_value()) << group.error().message();
        listening =
            a_listener(std::move(group->sockets.front()), group->endpoint, std::move(filter));
        listening->start([this](std::unique_ptr<connection> made) {
            if (acceptor.attached()) {
                others.push_back(std::move(made));
            } else {
                names.push_back(made->peer());
                acceptor.start(std::move(made));
            }
        });
    }

    [[nodiscard]] std::unique_ptr<dialer> a_dialer(stream_filter filter = {}) {
        return GetParam().make_dialer(loop, seconds(30), std::move(filter));
    }

    /// How a dial ends.
    result<std::unique_ptr<connection>> dial(std::string const& url, stream_filter filter = {}) {
        std::optional<result<std::unique_ptr<connection>>> made;
        auto const by = a_dialer(std::move(filter));
        by->dial(url, [&](auto got) { made.emplace(std::move(got)); });
        EXPECT_FALSE(made.has_value()) << "told from inside dial()";
        run_until([&] { return made.has_value(); });
        return std::move(*made);
    }

    /// A driver at each end.
    void connect() {
        listen();
        dialing.start(dial(listening->endpoint()).value());
        run_until([this] { return acceptor.attached(); });
    }

    /// A driver at the accepting end, and bytes at the other.
    void connect_raw() {
        listen();
        auto const pending = connect_socket(loop, GetParam().resolve(listening->endpoint()).value(),
                                            [this](auto made) { raw = wrapped(std::move(made)); });
        std::vector<std::byte> nothing(1);  // comes before a call; reading drives a handshake
        run_until([&] {
            EXPECT_TRUE(raw == nullptr || raw->read(nothing).status == io_status::would_block);
            return raw != nullptr && acceptor.attached();
        });
    }

    std::unique_ptr<byte_stream> wrapped(result<std::unique_ptr<byte_stream>> made) {
        return GetParam().wrap ? GetParam().wrap(loop, std::move(made.value()))
                               : std::move(made.value());
    }

    io_status raw_write(std::string_view bytes) {
        bytes_view const piece = as_bytes(bytes);
        return raw->write({&piece, 1}).status;
    }

    /// Reads until the end of the stream, or the error that ends it.
    void raw_read() {
        std::vector<std::byte> buffer(100'000);
        run_until([&] {
            auto const got = raw->read(buffer);
            raw_status = got.status;
            far.receive(bytes_view(buffer).first(got.size));
            return got.status == io_status::end || got.status == io_status::error;
        });
    }

    scratch_folder folder;
    asio_runtime loop;
    std::unique_ptr<listener> listening;
    std::vector<std::string> names;                   ///< of who was accepted
    std::vector<std::unique_ptr<connection>> others;  ///< accepted later
    peer dialing{loop, rpc::side::dialer};
    peer acceptor{loop, rpc::side::acceptor};
    std::unique_ptr<byte_stream> raw;
    io_status raw_status = io_status::ok;
    far_caller far;
};

TEST_P(socket_rules, calls_of_every_size_are_answered_both_ways) {
    connect();
    for (std::size_t const size : {0UL, 1UL, 65'535UL, 65'536UL, 900'000UL}) {
        std::string const body(size, 'x');
        auto const& forth = dialing.call(echo, body);
        auto const& back = acceptor.call(echo, body);
        run_until([&] { return forth.times == 1 && back.times == 1; });
        EXPECT_TRUE(forth.body == body) << size;
        EXPECT_TRUE(back.body == body) << size;
    }
    EXPECT_NE(names.front(), "");
}

TEST_P(socket_rules, nobody_listening_is_refused) {
    auto url = GetParam().url(folder);
    {
        auto const group = GetParam().listen(url, 1);
        url = group->endpoint;
    }
    EXPECT_EQ(dial(url).error(), boost::asio::error::connection_refused);
}

TEST_P(socket_rules, a_second_listener_is_refused_and_the_first_goes_on) {
    connect();
    auto const second = GetParam().listen(listening->endpoint(), 2);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error(), boost::asio::error::address_in_use);
    auto const& call = dialing.call(echo, "still here");
    run_until([&] { return call.times == 1; });
    EXPECT_EQ(call.body, "still here");
    EXPECT_TRUE(dial(listening->endpoint()).has_value());
}

TEST_P(socket_rules, a_listener_that_is_closed_refuses_and_leaves_its_connections_alone) {
    connect();
    auto const url = listening->endpoint();
    listening->close();
    EXPECT_EQ(dial(url).error(), boost::asio::error::connection_refused);
    auto const& call = dialing.call(echo, "still here");
    run_until([&] { return call.times == 1; });
    EXPECT_TRUE(GetParam().listen(url, 1).has_value());
}

TEST_P(socket_rules, sockets_of_a_group_accept_each_dial_once) {
    auto group = GetParam().listen(GetParam().url(folder), 3);
    ASSERT_TRUE(group.has_value());
    std::vector<std::unique_ptr<connection>> accepted;
    std::vector<std::unique_ptr<connection>> dialled;
    std::vector<std::unique_ptr<listener>> members;
    for (auto& socket : group->sockets) {
        members.push_back(a_listener(std::move(socket), group->endpoint));
        members.back()->start([&](auto made) { accepted.push_back(std::move(made)); });
    }
    auto const by = a_dialer();
    for (int i = 0; i < 50; ++i) {
        by->dial(group->endpoint, [&](auto made) { dialled.push_back(std::move(made.value())); });
    }
    run_until([&] { return dialled.size() == 50 && accepted.size() == 50; });
    members.erase(members.begin());
    members.erase(members.begin());
    if (group->endpoint.starts_with(
            "unix:")) {  // where the kernel spreads dials, it does so when they come
        EXPECT_TRUE(dial(group->endpoint).has_value());
    }
    members.clear();
    EXPECT_EQ(dial(group->endpoint).error(), boost::asio::error::connection_refused);
}

TEST_P(socket_rules, a_dialer_that_goes_tells_those_who_wait) {
    listen();
    std::vector<error_code> told;
    auto by = a_dialer();
    for (std::string const& url : {listening->endpoint(), std::string("no url")}) {
        by->dial(url, [&](auto made) { told.push_back(made.error()); });
    }
    by.reset();
    EXPECT_EQ(told, (std::vector<error_code>(2, boost::asio::error::operation_aborted)));
}

TEST_P(socket_rules, what_is_no_url_fails_before_anything_is_asked) {
    for (char const* const url :
         {"", "no url", "tcp:", "tcp://127.0.0.1", "tcp://127.0.0.1:1/path", "unix:", "unix:@",
          "unix://host/path", "unix:/a?b", "unix:/a%00b", "tls:", "tls://127.0.0.1",
          "tls://127.0.0.1:1/path", "ws://127.0.0.1:1/", "memory:name"}) {
        EXPECT_EQ(dial(url).error(), transport_error::invalid_endpoint) << url;
        EXPECT_EQ(GetParam().listen(url, 1).error(), transport_error::invalid_endpoint) << url;
    }
}

TEST_P(socket_rules, a_filter_stands_between_socket_and_connection_at_both_ends) {
    int seen = 0;
    stream_filter const counts = [&](std::unique_ptr<byte_stream> stream) {
        ++seen;
        return stream;
    };
    listen(counts);
    dialing.start(dial(listening->endpoint(), counts).value());
    run_until([&] { return seen == 2 && acceptor.attached(); });
    auto const none = [](std::unique_ptr<byte_stream>) { return nullptr; };
    EXPECT_EQ(dial(listening->endpoint(), none).error(), transport_error::handshake_refused);
}

TEST_P(socket_rules, a_filter_may_refuse) {
    listen([](std::unique_ptr<byte_stream>) { return nullptr; });
    auto made = dial(listening->endpoint());
    EXPECT_EQ(made.has_value(), GetParam().is_bare()) << "where there is a handshake, it fails";
    if (made) {
        dialing.start(std::move(*made));
        run_until([&] { return dialing.over(); });
    }
    EXPECT_FALSE(acceptor.attached());
}

TEST_P(socket_rules, running_out_of_descriptors_is_survived_without_spinning) {
    listen();
    auto const address = GetParam().resolve(listening->endpoint())->front();
    file_descriptor const one(::socket(address.family(), SOCK_STREAM, 0));
    {
        descriptor_famine const famine;
        ASSERT_EQ(::connect(one.get(), address.data(), address.size()), 0);
        EXPECT_LE(loop.context().run_for(milliseconds(50)), 3U);
        EXPECT_FALSE(acceptor.attached());
    }
    if (!GetParam().is_bare()) {
        dialing.start(dial(listening->endpoint()).value());
    }
    run_until([&] { return acceptor.attached(); });
}

// How it ends

TEST_P(socket_rules, a_close_arrives_behind_what_was_queued) {
    connect();
    for (int number = 0; number < 20; ++number) {
        dialing.call(echo, std::string(20'000, 'y'));
    }
    dialing.link().close(close_code::normal, "");
    run_until([this] { return dialing.over() && acceptor.over(); });
    EXPECT_EQ(acceptor.requests, 20);
    EXPECT_EQ(dialing.states.back(), connection_state::disconnected);
    EXPECT_EQ(acceptor.cause, transport_error::closed_by_peer);
}

TEST_P(socket_rules, a_drain_answers_and_closes) {
    connect();
    auto const& waiting = dialing.call(later, "");
    run_until([this] { return acceptor.kept.size() == 1; });
    acceptor.link().drain(close_code::going_away, "");
    acceptor.answer_later_calls();
    run_until([this] { return dialing.over() && acceptor.over(); });
    EXPECT_EQ(waiting.body, "at last");
    EXPECT_EQ(acceptor.states.back(), connection_state::disconnected);
}

TEST_P(socket_rules, a_peer_that_ended_its_direction_gets_its_answers_and_then_the_end) {
    connect_raw();
    raw_write(far.calls(3, later, ""));
    raw->shutdown_write();
    run_until([this] { return acceptor.kept.size() == 3; });
    run_until([this] { return acceptor.states.back() == connection_state::disconnecting; });
    acceptor.answer_later_calls();
    raw_read();
    EXPECT_EQ(raw_status, io_status::end);
    EXPECT_EQ(far.answers, 3);
    run_until([this] { return acceptor.over(); });
    EXPECT_EQ(acceptor.cause, transport_error::closed_by_peer);
}

TEST_P(socket_rules, an_end_within_a_frame_is_a_lost_link) {
    connect_raw();
    auto const frames = far.calls(1, echo, "x");
    raw_write(frames.substr(0, frames.size() - 1));
    raw->shutdown_write();
    run_until([this] { return acceptor.over(); });
    EXPECT_EQ(acceptor.states.back(), connection_state::error);
    EXPECT_EQ(acceptor.cause, transport_error::link_lost);
}

TEST_P(socket_rules, half_a_header_and_then_silence_ends_in_time) {
    acceptor.settings.limits.silence_timeout = milliseconds(600);
    connect_raw();
    auto const begin = loop.now();
    raw_write(far.calls(1, echo, "x").substr(0, 6));
    run_until([this] { return acceptor.over(); });
    EXPECT_GE(loop.now() - begin, milliseconds(600));
    EXPECT_EQ(acceptor.cause, transport_error::silent_peer);
    raw_read();
    EXPECT_NE(raw_status, io_status::ok);
}

TEST_P(socket_rules, garbage_ends_the_connection_or_is_skipped) {
    connect_raw();
    std::string garbage(300'000, '\xff');
    run_until([&] {
        bytes_view const piece = as_bytes(garbage);
        auto const wrote = raw->write({&piece, 1});
        garbage.erase(0, wrote.size);
        return garbage.empty() || wrote.status == io_status::error || acceptor.over();
    });
    run_until([this] { return acceptor.over(); });
    EXPECT_EQ(acceptor.states.back(), connection_state::error);
    EXPECT_EQ(acceptor.requests, 0);
}

TEST_P(socket_rules, writing_to_who_has_gone_is_an_error_and_no_signal) {
    connect();
    acceptor.destroy();
    auto const& call = dialing.call(echo, std::string(1'000'000, 'x'));
    run_until([&] { return dialing.over(); });
    EXPECT_TRUE(call.error);
}

TEST_P(socket_rules, an_idle_connection_folds_into_its_descriptor_or_stream) {
    connect();
    auto const& before = dialing.call(echo, "before");
    run_until([&] { return before.times == 1; });
    bool const folded = acceptor.refold([this](std::unique_ptr<byte_stream> stream) {
        file_descriptor bare = stream->release();
        EXPECT_EQ(bool(bare), GetParam().is_bare());
        if (!bare) {
            return std::make_unique<stream_connection>(std::move(stream));
        }
        return std::make_unique<stream_connection>(
            std::make_unique<socket_stream>(loop, std::move(bare)));
    });
    EXPECT_TRUE(folded);
    auto const& after = dialing.call(echo, "after");
    run_until([&] { return after.times == 1; });
    EXPECT_EQ(after.body, "after");
}

}  // namespace trunkline::transport::testing
