#include <trunkline/conform/played_server.hpp>

#include <trunkline/conform/played_guest.hpp>
#include <trunkline/conformance/pipe_network.hpp>
#include <trunkline/conformance/simulated.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/rpc/method_id.hpp>
#include <trunkline/tcp/tcp_endpoint.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_listener.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conform {
namespace {

using conformance::place;

// Clients speak what the URL says, and the server gets bare bytes.
class one_sided final : public conformance::language {
public:
    one_sided(transport::runtime& loop, bool over_websocket, std::uint64_t seed)
        : spoken_(over_websocket ? conformance::websocket_speech(loop, seed)
                                 : conformance::plain_speech(loop)),
          bare_(conformance::plain_speech(loop)) {}

    pending open(link end, std::string_view url, made done) override {
        return spoken_->open(std::move(end), url, std::move(done));
    }
    pending admit(link end, made done) override {
        return bare_->admit(std::move(end), std::move(done));
    }

private:
    std::unique_ptr<conformance::language> spoken_;
    std::unique_ptr<conformance::language> bare_;
};

std::string url_of(bool over_websocket) {
    return over_websocket ? "ws://server.test:1/ws" : "tcp://server.test:1";
}

class piped_stranger : public stranger {
public:
    piped_stranger(place const& where, bool over_websocket,
                   std::unique_ptr<conformance::language> speech, std::optional<std::uint64_t> echo)
        : stranger({.url = url_of(over_websocket), .echo_method = echo}),
          bare_(conformance::plain_speech(where.loop)),
          pipes_(where, over_websocket ? "ws" : "tcp", std::move(speech)) {}

    transport::network& network() override { return pipes_; }
    std::unique_ptr<transport::dialer> raw_dialer() override { return pipes_.make_dialer(*bare_); }

private:
    std::unique_ptr<conformance::language> bare_;
    conformance::pipe_network pipes_;
};

class played_stranger final : public piped_stranger {
public:
    played_stranger(place const& where, bool over_websocket, flaw what)
        : piped_stranger(where, over_websocket,
                         std::make_unique<one_sided>(where.loop, over_websocket, where.seed),
                         echo_method()),
          home_{.loop = where.loop, .over_websocket = over_websocket, .what = what},
          door_(network().listen(where.loop, url()).value()) {
        door_->start([this](std::unique_ptr<transport::connection> link) {
            guests_.push_back(admit(home_, std::move(link)));
        });
    }

private:
    household home_;
    std::vector<std::unique_ptr<played_guest>> guests_;
    std::unique_ptr<transport::listener> door_;
};

class own_stranger final : public piped_stranger {
public:
    own_stranger(place const& where, bool over_websocket)
        : piped_stranger(where, over_websocket,
                         over_websocket ? conformance::websocket_speech(where.loop, where.seed)
                                        : conformance::plain_speech(where.loop),
                         std::nullopt),
          server_(start(where.loop)) {}

private:
    rpc_server start(transport::runtime& loop) {
        rpc_server::builder made;
        made.listen(url()).over(network()).run_on(loop);
        return made.start().value();
    }

    rpc_server server_;
};

// Nothing but sockets: the server is a guest of each socket that comes.
class played_tcp final : public stranger {
public:
    played_tcp(transport::asio_runtime& loop, flaw what, std::chrono::milliseconds patience,
               transport::listening_group group)
        : stranger({.url = group.endpoint, .patience = patience}),
          sockets_(server_at(about()).value().make({.loop = loop, .sockets = &loop})),
          home_{.loop = loop, .over_websocket = false, .what = what},
          door_(loop, std::move(group.sockets.front()), about().url) {
        door_.start([this](std::unique_ptr<transport::connection> link) {
            guests_.push_back(admit(home_, std::move(link)));
        });
    }

    transport::network& network() override { return sockets_->network(); }
    std::unique_ptr<transport::dialer> raw_dialer() override { return sockets_->raw_dialer(); }

private:
    std::unique_ptr<conformance::fixture> sockets_;
    household home_;
    std::vector<std::unique_ptr<played_guest>> guests_;
    transport::socket_listener door_;
};

conformance::features on_pipes(bool over_websocket) {
    auto made = features_of(over_websocket ? "ws" : "tcp");
    made.virtual_time = true;
    return made;
}

}  // namespace

std::uint64_t echo_method() noexcept {
    return rpc::method_id("echo");
}

conformance::subject played_server(bool over_websocket, flaw what) {
    return {over_websocket ? "ws" : "tcp", on_pipes(over_websocket),
            [over_websocket, what](place const& where) {
                return std::make_unique<played_stranger>(where, over_websocket, what);
            }};
}

conformance::subject played_tcp_server(flaw what, std::chrono::milliseconds patience) {
    return {"tcp", features_of("tcp"), [what, patience](place const& where) {
                return std::make_unique<played_tcp>(*where.sockets, what, patience,
                                                    tcp::listen("tcp://127.0.0.1:0", 1).value());
            }};
}

conformance::subject own_server(bool over_websocket) {
    return {over_websocket ? "ws" : "tcp", on_pipes(over_websocket),
            [over_websocket](place const& where) {
                return std::make_unique<own_stranger>(where, over_websocket);
            }};
}

conformance::subject piped_door(bool over_websocket) {
    return {over_websocket ? "ws" : "tcp", on_pipes(over_websocket),
            [over_websocket](place const& where) {
                return std::make_unique<piped_stranger>(
                    where, over_websocket,
                    std::make_unique<one_sided>(where.loop, over_websocket, where.seed),
                    std::nullopt);
            }};
}

}  // namespace trunkline::conform
