// A client or server as it is, and on the other end of its connection a peer that the rule plays.
#pragma once

#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/conformance/sides.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/transport/listener.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// What the real one of the two does, in the role of the run.
enum class real : std::uint8_t { called, calling };

/// A real side and a played one, connected.
class faced {
public:
    /// The real one.
    [[nodiscard]] peer const& tested() const noexcept {
        return client_ ? static_cast<peer const&>(*client_) : joined_->front();
    }
    /// The played one.
    [[nodiscard]] frame_peer& far() noexcept { return *far_; }

private:
    friend class facing;

    std::shared_ptr<std::vector<peer>> joined_ = std::make_shared<std::vector<peer>>();
    std::optional<bare_listener> door_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
    std::unique_ptr<transport::dialer> dialer_;  // of the played one: outlives its links
    std::unique_ptr<frame_peer> far_;            // goes first
};

/// Collects what the real side is to have, then connects the two.
class facing {
public:
    facing(world& at, real side)
        : at_(at),
          is_server_((side == real::called) == (at.options().role == initiator::client)),
          server_(at.a_server()),
          client_(at.a_client()) {}

    /// A handler of the real side.
    template <class Method, class Handler>
    facing& handle(Method const& of, Handler handler) {
        return tell([&](auto& builder) { builder.handle(of, std::move(handler)); });
    }

    /// Tells the builder of the real side, whichever it is.
    template <class Tell>
    facing& tell(Tell how) {
        is_server_ ? how(server_) : how(client_);
        return *this;
    }

    /// The one who dialled asks for the extension, and the other one agrees. A real client whose
    /// transport asks in its handshake does so only where the fixture has it.
    facing& extended() { return asking(true); }
    /// A real client asks for it, and the played server knows nothing of it.
    facing& asking_in_vain() { return asking(false); }

    /// Throws rule_broken when they cannot be connected.
    [[nodiscard]] faced connect() {
        faced made;
        is_server_ ? connect_server(made) : connect_client(made);
        expect(!granted_ || protocol_of(made.tested()).extended(),
               "the extension is not agreed to");
        return made;
    }

private:
    facing& asking(bool granted) {
        asks_ = true;
        granted_ = granted;
        client_.extension();
        return *this;
    }

    void connect_server(faced& made) {
        server_.on_connected([to = made.joined_](peer one) { to->push_back(std::move(one)); });
        made.server_ = value_of(server_.start(), "starting the server");
        made.dialer_ = at_.place().network().make_dialer(at_.loop());
        auto link =
            value_of(dial_bare(at_, *made.dialer_, made.server_->endpoints().front()), "a dial");
        made.far_ = std::make_unique<frame_peer>(at_, std::make_unique<bare_link>(std::move(link)));
        made.far_->greet();
        if (asks_ && granted_ && !made.far_->is_extended()) {
            made.far_->ask_for_extension();
        }
        expect(at_.comes_true([&] { return !made.joined_->empty(); }),
               "the server saw nobody connect");
    }

    void connect_client(faced& made) {
        made.door_.emplace(at_);
        auto const ended = std::make_shared<std::optional<result<rpc_client>>>();
        client_.url(made.door_->url()).async_connect([ended](result<rpc_client> client) {
            ended->emplace(std::move(client));
        });
        expect(at_.comes_true([&] { return made.door_->accepted() != 0; }), "nobody was accepted");
        made.far_ = std::make_unique<frame_peer>(at_, made.door_->take());
        if (asks_ && !made.far_->is_extended()) {
            // Over WebSocket it has asked in the handshake, if at all.
            expect(at_.comes_true([&] { return *ended || !made.far_->messages().empty(); }),
                   "the extension is not asked for");
        }
        if (!made.far_->messages().empty()) {
            answer_hello(*made.far_);
        }
        expect(at_.comes_true([&] { return ended->has_value(); }), "connecting never ended");
        made.client_ = value_of(std::move(**ended), "connecting");
    }

    void answer_hello(frame_peer& by) {
        auto const hello = by.await_call(0);
        if (granted_) {
            by.answer(hello, std::string(1, static_cast<char>(extension::version)));
            return;
        }
        std::string const unknown(1, static_cast<char>(rpc::status::method_not_found));
        by.say(whole_of(hello.stream_id, head_of(rpc::message_type::response, hello.head.request_id,
                                                 hello.head.method_id, unknown)));
    }

    world& at_;
    bool is_server_;
    rpc_server::builder server_;
    rpc_client::builder client_;
    bool asks_ = false;
    bool granted_ = false;
};

}  // namespace trunkline::conformance
