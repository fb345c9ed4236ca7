// Recorded sessions in which the server ends the connection, once more with our whole client on
// virtual time: handshake, driver, pending call. The hand-made server of the record speaks again.
#include <replay/published_names.hpp>
#include <replay/recorded_session.hpp>
#include <replay/upgrade_model.hpp>
#include <replay/websocket_model.hpp>
#include <stage/our_client.hpp>
#include <stage/raw_peer.hpp>
#include <stage/websocket_bytes.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/upgrade_key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::replay {
namespace {

using namespace std::chrono_literals;

bool server_ends(recorded_session const& session) {
    return session.who == cast::hand_made_server;
}

/// Speaks a recorded server's part to our client.
class ended_session {
public:
    explicit ended_session(recorded_session const& session) : session_(session) {
        auto pipe = transport::make_simulated_pipe(loop_, {});
        server_ = std::make_unique<stage::raw_peer>(std::move(pipe.second));
        client_ = std::make_unique<stage::our_client>(loop_, std::move(pipe.first),
                                                      session.client_layout);
    }

    void play() {
        for (recorded_event const& each : session_.events) {
            if (each.toward == direction::to_client) {
                loop_.run_for(1ms);  // whatever the client has to say before, it has said
                speak(each);
            } else if (each.what == traffic::websocket && !result_) {
                result_ = client_->call(method::len, {});
            }
        }
        loop_.run_for(10s);
    }

    [[nodiscard]] stage::our_client& client() { return *client_; }
    [[nodiscard]] stage::our_client::outcome const& result() const { return *result_; }

    /// What the client sent after its upgrade request.
    [[nodiscard]] std::vector<stage::received_frame> client_frames() const {
        bytes_view rest = bytes_view(server_->received()).subspan(request_size_);
        return stage::take_frames(rest);
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
        std::string_view const request = as_text(server_->received());
        request_size_ = request.find("\r\n\r\n") + 4;
        ASSERT_EQ(allowed_statuses(request.substr(0, request_size_)), std::vector{101});
        server_->send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
            websocket::accept_key_for(field_of(request, "Sec-WebSocket-Key")) + "\r\n\r\n");
        loop_.run_until([&] { return client_->connected(); }, 1s);
    }

    recorded_session const& session_;
    transport::simulated_runtime loop_;
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

TEST(ended_stack_sessions, our_client_loses_its_call_and_says_goodbye) {
    check_sessions(server_ends, [](recorded_session const& session) {
        ended_session played(session);
        played.play();
        EXPECT_TRUE(played.client().ended());
        EXPECT_TRUE(played.result().done);
        EXPECT_TRUE(played.result().error) << "a call without an answer must fail";
        auto const late = played.client().call(method::len, {});
        EXPECT_EQ(late->error, rpc::rpc_error::not_connected);
        std::vector<std::optional<std::uint16_t>> goodbyes;
        for (stage::received_frame const& each : played.client_frames()) {
            EXPECT_TRUE(each.masked);
            if (each.code == stage::op_close) {
                goodbyes.push_back(each.close_code());
            }
        }
        if (auto const code = server_close_code(session)) {
            EXPECT_EQ(goodbyes, std::vector{std::optional(*code)});
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
