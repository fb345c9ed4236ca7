#include <trunkline/conformance/simulated.hpp>

#include <trunkline/conformance/certificates.hpp>
#include <trunkline/conformance/pipe_network.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/tls/handshake.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/stream_connection.hpp>
#include <trunkline/websocket/acceptor.hpp>
#include <trunkline/websocket/opener.hpp>

#include <utility>

namespace trunkline::conformance {
namespace {

using connection_pointer = std::unique_ptr<transport::connection>;
using stream_pointer = std::unique_ptr<transport::byte_stream>;

// Tells of something that is ready at once, a turn later.
class ready final : public transport::pending_connection {
public:
    ready(transport::runtime& loop, connection_pointer made, language::made done)
        : made_(std::move(made)),
          later_(loop.after({}, [this, done = std::move(done)] { done(std::move(made_)); })) {}

private:
    connection_pointer made_;
    std::unique_ptr<transport::timer> later_;
};

class plain_frames final : public language {
public:
    explicit plain_frames(transport::runtime& loop) : loop_(loop) {}

    pending open(link end, std::string_view, made done) override {
        return admit(std::move(end), std::move(done));
    }
    pending admit(link end, made done) override {
        return std::make_unique<ready>(
            loop_, std::make_unique<transport::stream_connection>(std::move(end)), std::move(done));
    }

private:
    transport::runtime& loop_;
};

class tls_frames final : public language {
public:
    tls_frames(transport::runtime& loop, std::shared_ptr<guises const> who)
        : loop_(loop), who_(std::move(who)) {}

    pending open(link end, std::string_view, made done) override {
        return shake(tls::make_client_stream(loop_, std::move(end), who_->asking(), certified_name),
                     std::move(done));
    }
    pending admit(link end, made done) override {
        return shake(tls::make_server_stream(loop_, std::move(end), who_->serving()),
                     std::move(done));
    }

private:
    static pending shake(result<std::unique_ptr<tls::tls_stream>> stream, made done) {
        return std::make_unique<tls::handshake>(
            std::move(stream).value(), [done = std::move(done)](result<stream_pointer> ended) {
                if (ended) {
                    done(connection_pointer(
                        std::make_unique<transport::stream_connection>(std::move(*ended))));
                } else {
                    done(ended.error());
                }
            });
    }

    transport::runtime& loop_;
    std::shared_ptr<guises const> who_;
};

class messages final : public language {
public:
    /// In TLS as `who` where there is anybody.
    messages(transport::runtime& loop, std::shared_ptr<guises const> who, bool deflate,
             websocket::mask_generator const& masks = {})
        : loop_(loop), who_(std::move(who)), shared_(loop, options(deflate, masks)) {}

    pending open(link end, std::string_view url, made done) override {
        if (who_ != nullptr) {
            end = tls::make_client_stream(loop_, std::move(end), who_->asking(), certified_name,
                                          tls::spoken::http)
                      .value();
        }
        return std::make_unique<websocket::opener>(
            shared_, websocket::parse_ws_url(url).value(), std::move(end),
            [done = std::move(done)](result<std::unique_ptr<websocket::connection>> opened) {
                if (opened) {
                    done(connection_pointer(std::move(*opened)));
                } else {
                    done(opened.error());
                }
            });
    }

    pending admit(link end, made done) override {
        if (who_ != nullptr) {
            end = tls::make_server_stream(loop_, std::move(end), who_->serving(), tls::spoken::http)
                      .value();
        }
        return std::make_unique<guest>(shared_, std::move(end), std::move(done));
    }

private:
    // A server's handshake of its own: one acceptor for one link.
    class guest final : public transport::pending_connection {
    public:
        guest(websocket::context& shared, link end, made done)
            : acceptor_(shared, {.subprotocol = extension::subprotocol},
                        [done = std::move(done)](std::unique_ptr<websocket::connection> accepted,
                                                 websocket::accepted_request const&) {
                            done(connection_pointer(std::move(accepted)));
                        }) {
            acceptor_.add(std::move(end));
        }

    private:
        websocket::acceptor acceptor_;
    };

    static websocket::context_options options(bool deflate,
                                              websocket::mask_generator const& masks) {
        websocket::context_options made;
        made.masks = masks;
        made.deflate = deflate;
        return made;
    }

    transport::runtime& loop_;
    std::shared_ptr<guises const> who_;
    websocket::context shared_;
};

class pipe_fixture final : public fixture {
public:
    pipe_fixture(place const& where, std::string prefix, std::string suffix,
                 std::unique_ptr<language> speech, std::shared_ptr<guises> who = nullptr)
        : prefix_(std::move(prefix)),
          suffix_(std::move(suffix)),
          who_(std::move(who)),
          bare_(where.loop),
          pipes_(where, prefix_.substr(0, prefix_.find(':')), std::move(speech)) {}

    transport::network& network() override { return pipes_; }
    std::string url() override { return prefix_ + std::to_string(++listeners_) + suffix_; }
    faults* disturb() override { return &pipes_; }
    std::unique_ptr<transport::dialer> raw_dialer() override { return pipes_.make_dialer(bare_); }
    void pose(server_guise server, client_guise client) override {
        if (who_ != nullptr) {
            *who_ = {server, client};
        }
    }
    void renew_certificate() override { renew_trusted(); }
    std::size_t links() const override { return pipes_.links(); }

private:
    std::string prefix_;
    std::string suffix_;
    std::shared_ptr<guises> who_;  // null where nobody is told apart
    plain_frames bare_;
    pipe_network pipes_;
    int listeners_ = 0;
};

class memory_fixture final : public fixture {
public:
    explicit memory_fixture(transport::runtime& loop) : loop_(loop) {}

    transport::network& network() override { return names_; }
    std::string url() override { return "memory:" + std::to_string(++listeners_); }
    std::unique_ptr<transport::dialer> raw_dialer() override { return names_.make_dialer(loop_); }

private:
    transport::runtime& loop_;
    memory::hub names_;
    int listeners_ = 0;
};

}  // namespace

std::unique_ptr<language> plain_speech(transport::runtime& loop) {
    return std::make_unique<plain_frames>(loop);
}

std::unique_ptr<language> websocket_speech(transport::runtime& loop, std::uint64_t seed) {
    return std::make_unique<messages>(loop, nullptr, false, websocket::mask_generator(seed));
}

subject simulated(stack which) {
    switch (which) {
        case stack::plain:
            return {"plain", {}, [](place const& where) {
                        return std::make_unique<pipe_fixture>(where, "tcp://plain.test:", "",
                                                              plain_speech(where.loop));
                    }};
        case stack::tls:
            return {"tls", {.secure = true}, [](place const& where) {
                        auto const who = std::make_shared<guises>();
                        return std::make_unique<pipe_fixture>(
                            where, "tls://server.test:", "",
                            std::make_unique<tls_frames>(where.loop, who), who);
                    }};
        case stack::websocket:
        case stack::websocket_tls:
        case stack::websocket_deflate:
            break;
    }
    bool const secure = which == stack::websocket_tls;
    bool const deflate = which == stack::websocket_deflate;
    return {secure    ? "wss"
            : deflate ? "ws_deflate"
                      : "ws",
            {.message_borders = true,
             .half_close = false,
             .probe = true,
             .close_reason = true,
             .secure = secure,
             .compression = deflate},
            [secure, deflate](place const& where) {
                auto const who = secure ? std::make_shared<guises>() : nullptr;
                return std::make_unique<pipe_fixture>(
                    where, secure ? "wss://server.test:" : "ws://server.test:", "/ws",
                    std::make_unique<messages>(where.loop, who, deflate), who);
            }};
}

subject in_memory() {
    return {"memory", {.shapes = false, .message_borders = true}, [](place const& where) {
                return std::make_unique<memory_fixture>(where.loop);
            }};
}

std::vector<subject> simulated_subjects() {
    return {in_memory(),
            simulated(stack::plain),
            simulated(stack::websocket),
            simulated(stack::tls),
            simulated(stack::websocket_tls),
            simulated(stack::websocket_deflate)};
}

}  // namespace trunkline::conformance
