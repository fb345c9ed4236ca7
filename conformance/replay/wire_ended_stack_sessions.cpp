// Recorded sessions in which the server ends the connection, once more with our whole client:
// handshake, driver, pending call. The hand-made server of the record speaks again, on simulated
// pipes and over sockets.
#include <replay/published_names.hpp>
#include <replay/recorded_session.hpp>
#include <replay/upgrade_model.hpp>
#include <replay/websocket_model.hpp>
#include <stage/our_client.hpp>
#include <stage/raw_peer.hpp>
#include <stage/websocket_bytes.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/websocket/upgrade_key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::replay {
namespace {

using namespace std::chrono_literals;

constexpr stage::world::duration end_patience = 30s;

using link_pair =
    std::pair<std::unique_ptr<transport::byte_stream>, std::unique_ptr<transport::byte_stream>>;

/// Where a client and a hand-made server meet.
class meeting_place {
public:
    virtual ~meeting_place() = default;

    [[nodiscard]] virtual transport::runtime& loop() = 0;
    /// The client's end and the server's.
    [[nodiscard]] virtual link_pair connect() = 0;
    virtual bool run_until(std::function<bool()> const& done) = 0;
};

class simulated_place final : public meeting_place {
public:
    transport::runtime& loop() override { return loop_; }
    link_pair connect() override {
        auto pipe = transport::make_simulated_pipe(loop_, {});
        return {std::move(pipe.first), std::move(pipe.second)};
    }
    bool run_until(std::function<bool()> const& done) override {
        return loop_.run_until(done, end_patience);
    }

private:
    transport::simulated_runtime loop_;
};

class socket_place final : public meeting_place {
public:
    transport::runtime& loop() override { return loop_; }
    link_pair connect() override {
        auto const anywhere = transport::socket_address::parse("127.0.0.1", 0).value();
        transport::socket_acceptor acceptor(loop_,
                                            std::move(transport::listen_tcp(anywhere, 1)->front()));
        link_pair made;
        acceptor.start(
            [&](std::unique_ptr<transport::byte_stream> link) { made.second = std::move(link); });
        made.first = stage::connect(loop_, acceptor.address());
        EXPECT_TRUE(run_until([&] { return made.second != nullptr; }));
        return made;
    }
    bool run_until(std::function<bool()> const& done) override {
        return stage::run_until(loop_, done, end_patience);
    }

private:
    transport::asio_runtime loop_;
};

/// Speaks a recorded server's part to our client.
class ended_session {
public:
    ended_session(recorded_session const& session, meeting_place& place)
        : session_(session), place_(place) {
        link_pair ends = place.connect();
        server_ = std::make_unique<stage::raw_peer>(std::move(ends.second));
        client_ = std::make_unique<stage::our_client>(place.loop(), std::move(ends.first),
                                                      session.client_layout);
    }

    void play() {
        for (recorded_event const& each : session_.events) {
            if (each.toward == direction::to_client) {
                speak(each);
            } else if (each.what == traffic::websocket && !result_) {
                result_ = client_->call(method::len, {});
                EXPECT_TRUE(place_.run_until([&] { return !client_frames().empty(); }));
            } else if (each.code == stage::op_close && each.what == traffic::websocket) {
                EXPECT_TRUE(place_.run_until([&] { return !goodbyes().empty(); }));
            }
        }
        EXPECT_TRUE(place_.run_until([&] { return client_->ended() && result_->done; }));
    }

    [[nodiscard]] stage::our_client& client() { return *client_; }
    [[nodiscard]] stage::our_client::outcome const& result() const { return *result_; }

    /// What the client sent after its upgrade request.
    [[nodiscard]] std::vector<stage::received_frame> client_frames() const {
        bytes_view rest = bytes_view(server_->received()).subspan(request_size_);
        return stage::take_frames(rest);
    }

    /// The codes of the client's Close frames.
    [[nodiscard]] std::vector<std::optional<std::uint16_t>> goodbyes() const {
        std::vector<std::optional<std::uint16_t>> codes;
        for (stage::received_frame const& each : client_frames()) {
            if (each.code == stage::op_close) {
                codes.push_back(each.close_code());
            }
        }
        return codes;
    }

private:
    void speak(recorded_event const& event) {
        if (event.what == traffic::http) {
            accept_upgrade();
        } else if (event.what == traffic::websocket) {
            server_->send(stage::encode({.code = event.code,
                                         .payload = event.bytes,
                                         .fin = event.fin,
                                         .reserved = event.reserved,
                                         .masked = event.masked}));
        } else {
            server_->close();
        }
    }

    void accept_upgrade() {
        ASSERT_TRUE(place_.run_until(
            [&] { return as_text(server_->received()).find("\r\n\r\n") != std::string::npos; }));
        std::string_view const request = as_text(server_->received());
        request_size_ = request.find("\r\n\r\n") + 4;
        ASSERT_EQ(allowed_statuses(request.substr(0, request_size_)), std::vector{101});
        server_->send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
            websocket::accept_key_for(field_of(request, "Sec-WebSocket-Key")) + "\r\n\r\n");
        EXPECT_TRUE(place_.run_until([&] { return client_->connected(); }));
    }

    recorded_session const& session_;
    meeting_place& place_;
    std::unique_ptr<stage::raw_peer> server_;
    std::unique_ptr<stage::our_client> client_;
    std::shared_ptr<stage::our_client::outcome> result_;
    std::size_t request_size_ = 0;
};

/// What the recorded server closed with, if it said so.
std::optional<std::uint16_t> server_close_code(recorded_session const& session) {
    websocket_model client(false);
    for (recorded_event const& each : session.events) {
        if (each.what == traffic::websocket && each.toward == direction::to_client) {
            (void)client.take(each);
        }
    }
    return client.close_code();
}

template <class Place>
void check_at() {
    check_sessions(server_ends, [](recorded_session const& session) {
        Place place;
        ended_session played(session, place);
        played.play();
        EXPECT_TRUE(played.client().ended());
        EXPECT_TRUE(played.result().done);
        EXPECT_TRUE(played.result().error) << "a call without an answer must fail";
        auto const late = played.client().call(method::len, {});
        EXPECT_EQ(late->error, rpc::rpc_error::not_connected);
        for (stage::received_frame const& each : played.client_frames()) {
            EXPECT_TRUE(each.masked);
        }
        if (auto const code = server_close_code(session)) {
            EXPECT_EQ(played.goodbyes(), std::vector{std::optional(*code)});
        }
    });
}

TEST(ended_stack_sessions, our_client_loses_its_call_and_says_goodbye) {
    check_at<simulated_place>();
}

TEST(ended_stack_sessions, our_client_loses_its_call_and_says_goodbye_over_sockets) {
    check_at<socket_place>();
}

}  // namespace
}  // namespace trunkline::replay
