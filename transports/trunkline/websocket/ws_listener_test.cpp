#include <trunkline/websocket/ws_listener.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/test_frames.hpp>
#include <trunkline/websocket/upgrade.hpp>
#include <trunkline/websocket/ws_dialer.hpp>

#include <boost/asio/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trunkline::websocket {
namespace {

using transport::io_status;
using namespace std::chrono_literals;

struct network {
    explicit network(std::string const& host = "127.0.0.1", listen_options options = {}) {
        auto const address = transport::socket_address::parse(host, 0);
        auto sockets = transport::listen_tcp(*address, 1);
        EXPECT_TRUE(sockets.has_value()) << sockets.error().message();
        listener = std::make_unique<ws_listener>(shared, loop, std::move(sockets->front()),
                                                 std::move(options));
        listener->start([this](std::unique_ptr<transport::connection> made) {
            accepted = std::move(made);
            check();
        });
    }

    /// Runs until `done`, at most 10 s.
    void run_until(std::function<bool()> done) {
        done_ = std::move(done);
        auto const patience = loop.after(10s, [this] {
            ADD_FAILURE() << "took too long";
            loop.stop();
        });
        auto const beat = std::make_shared<std::function<void()>>();
        std::unique_ptr<transport::timer> next;
        *beat = [this, &next, beat = beat.get()] {
            check();
            next = loop.after(1ms, *beat);
        };
        (*beat)();
        loop.run();
    }

    void check() {
        if (done_ && done_()) {
            loop.stop();
        }
    }

    result<std::unique_ptr<transport::connection>> dial(std::string const& url) {
        bool finished = false;
        result<std::unique_ptr<transport::connection>> out =
            make_error_code(boost::asio::error::in_progress);
        dialer.dial(url, [&](result<std::unique_ptr<transport::connection>> made) {
            out = std::move(made);
            finished = true;
        });
        EXPECT_FALSE(finished);
        run_until([&] { return finished; });
        return out;
    }

    transport::asio_runtime loop;
    context shared{loop};
    std::unique_ptr<ws_listener> listener;
    ws_dialer dialer{shared, loop};
    std::unique_ptr<transport::connection> accepted;
    std::function<bool()> done_;
};

std::string read_message(network& net, transport::connection& link) {
    std::string out;
    bool whole = false;
    std::vector<std::byte> buffer(1000);
    std::array<transport::in_piece, 4> pieces;
    net.run_until([&] {
        auto const got = link.read(buffer, pieces);
        for (std::size_t i = 0; i < got.pieces; ++i) {
            out += as_text(pieces[i].bytes);
            whole = whole || pieces[i].ends_message;
        }
        return whole || got.status == io_status::end || got.status == io_status::error;
    });
    return out;
}

void send_message(transport::connection& link, std::string_view text) {
    out_segment const segment{.bytes = as_bytes(text), .frame_size = text.size()};
    EXPECT_EQ(link.write({&segment, 1}).size, text.size());
}

TEST(ws_listener, dials_and_listens_on_both_families) {
    for (std::string const host : {"127.0.0.1", "::1"}) {
        network net(host);
        auto const url = net.listener->endpoint();
        EXPECT_THAT(url, ::testing::MatchesRegex("ws://(127.0.0.1|\\[::1\\]):[0-9]+/ws"));
        auto const client = net.dial(url + "?query=tolerated");
        ASSERT_TRUE(client.has_value()) << client.error().message();
        net.run_until([&] { return net.accepted != nullptr; });
        send_message(**client, "question");
        EXPECT_EQ(read_message(net, *net.accepted), "question");
        send_message(*net.accepted, "answer");
        EXPECT_EQ(read_message(net, **client), "answer");
        EXPECT_THAT((*client)->peer(), ::testing::HasSubstr(host));
        EXPECT_EQ(net.listener->unseen_connections(), 0U);
        net.accepted.reset();
    }
}

TEST(ws_listener, failures_name_their_cause) {
    network net;
    auto const url = net.listener->endpoint();
    auto const base = url.substr(0, url.size() - 3);
    EXPECT_EQ(net.dial(base + "/other").error(), make_error_code(upgrade_error::not_switching));
    EXPECT_EQ(net.dial("http://127.0.0.1/").error(),
              make_error_code(transport::transport_error::invalid_endpoint));
    EXPECT_EQ(net.dial("not a url").error(),
              make_error_code(transport::transport_error::invalid_endpoint));
    net.listener->close();
    EXPECT_EQ(net.dial(url).error(), boost::asio::error::connection_refused);
}

TEST(ws_listener, a_dial_has_a_deadline_and_can_be_given_up) {
    transport::asio_runtime loop;
    context_options options;
    options.handshake_timeout = 50ms;
    context shared(loop, options);
    // A server that accepts and says nothing.
    auto sockets = transport::listen_tcp(*transport::socket_address::parse("127.0.0.1", 0), 1);
    transport::socket_acceptor mute(loop, std::move(sockets->front()));
    std::unique_ptr<transport::byte_stream> held;
    mute.start([&](std::unique_ptr<transport::byte_stream> link) { held = std::move(link); });
    auto const url = "ws://" + mute.address().text() + "/ws";

    std::vector<error_code> errors;
    auto const note = [&](result<std::unique_ptr<transport::connection>> made) {
        errors.push_back(made.error());
        loop.stop();
    };
    auto dialer = std::make_unique<ws_dialer>(shared, loop);
    dialer->dial(url, note);
    loop.run();
    EXPECT_THAT(errors, ::testing::ElementsAre(
                            make_error_code(transport::transport_error::handshake_timeout)));
    dialer->dial(url, note);
    dialer->dial("nonsense", note);
    dialer.reset();
    EXPECT_EQ(errors.size(), 3U);
    EXPECT_EQ(errors[1], boost::asio::error::operation_aborted);
    EXPECT_EQ(errors[2], boost::asio::error::operation_aborted);
}

TEST(ws_listener, echo_stands_beside_rpc_and_admission_comes_first) {
    bool open = true;
    listen_options options;
    options.echo_path = "/echo";
    options.admit = [&](std::unique_ptr<transport::byte_stream> link) {
        return open ? std::move(link) : nullptr;
    };
    network net("127.0.0.1", options);
    auto url = net.listener->endpoint();
    url.replace(url.size() - 3, 3, "/echo");
    auto const client = net.dial(url);
    ASSERT_TRUE(client.has_value()) << client.error().message();
    send_message(**client, "hello wall");
    EXPECT_EQ(read_message(net, **client), "hello wall");
    EXPECT_EQ(net.accepted, nullptr);
    EXPECT_EQ(net.listener->unseen_connections(), 1U);
    open = false;
    EXPECT_FALSE(net.dial(url).has_value());
    net.listener->close();
    EXPECT_EQ(read_message(net, **client), "");
    auto const& link = dynamic_cast<connection&>(**client);
    ASSERT_NE(link.received_close(), nullptr);
    EXPECT_EQ(link.received_close()->code, 1001);
}

}  // namespace
}  // namespace trunkline::websocket
