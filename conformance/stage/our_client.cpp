#include <stage/our_client.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <gtest/gtest.h>
#include <boost/system/errc.hpp>

#include <optional>
#include <utility>

namespace trunkline::stage {

/// Passes everything on until it is cut; then every call fails as on a reset link.
class our_client::cuttable_link final : public transport::byte_stream {
public:
    cuttable_link(transport::runtime& loop, std::unique_ptr<transport::byte_stream> link)
        : loop_(loop), link_(std::move(link)) {}

    void cut() {
        link_->close(true);
        link_ = nullptr;
        telling_ = loop_.after({}, [this] {
            if (sink_ != nullptr) {
                sink_->on_ready(reads_, writes_);
            }
        });
    }

    transport::io_result read(mutable_bytes into) override {
        return link_ ? link_->read(into) : broken();
    }
    transport::io_result write(std::span<bytes_view const> pieces) override {
        return link_ ? link_->write(pieces) : broken();
    }
    [[nodiscard]] bool holds_unsent() const noexcept override {
        return link_ && link_->holds_unsent();
    }
    void shutdown_write() override {
        if (link_) {
            link_->shutdown_write();
        }
    }
    void close(bool abort) override {
        sink_ = nullptr;
        if (link_) {
            link_->close(abort);
        }
    }
    void watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) override {
        sink_ = sink;
        reads_ = read_interest;
        writes_ = write_interest;
        if (link_) {
            link_->watch(sink, read_interest, write_interest);
        }
    }
    void acknowledge_now() override {
        if (link_) {
            link_->acknowledge_now();
        }
    }
    void hold_back(bool on) override {
        if (link_) {
            link_->hold_back(on);
        }
    }
    [[nodiscard]] std::string peer() const override { return link_ ? link_->peer() : ""; }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return link_ ? link_->credentials() : std::nullopt;
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return link_ ? link_->certificate() : std::nullopt;
    }
    [[nodiscard]] transport::file_descriptor release() override { return {}; }

private:
    static transport::io_result broken() {
        return {transport::io_status::error, 0,
                make_error_code(boost::system::errc::connection_reset)};
    }

    transport::runtime& loop_;
    std::unique_ptr<transport::byte_stream> link_;
    std::unique_ptr<transport::timer> telling_;
    transport::readiness_sink* sink_ = nullptr;
    bool reads_ = false;
    bool writes_ = false;
};

our_client::our_client(transport::runtime& loop, std::unique_ptr<transport::byte_stream> link,
                       frame::layout layout)
    : layout_(layout), context_(loop) {
    auto cuttable = std::make_unique<cuttable_link>(loop, std::move(link));
    link_ = cuttable.get();
    opener_ = std::make_unique<websocket::opener>(
        context_, websocket::parse_ws_url("ws://127.0.0.1/ws").value(), std::move(cuttable),
        [this, &loop](result<std::unique_ptr<websocket::connection>> made) {
            transport::driver::options options;
            options.session.local_side = rpc::side::dialer;
            options.session.layout = layout_;
            driver_ = std::make_unique<transport::driver>(
                loop, std::move(made).value(), methods_, options,
                [this](transport::connection_state state, error_code) {
                    ended_ = ended_ || state == transport::connection_state::disconnected ||
                             state == transport::connection_state::error;
                });
            driver_->start();
        });
}

our_client::~our_client() = default;

bool our_client::hears() {
    return driver_->peer().protocol().held_size() > 0;
}

std::shared_ptr<our_client::outcome> our_client::call(std::uint64_t method_id,
                                                      bytes_view arguments) {
    auto const result = std::make_shared<outcome>();
    slice piece{arguments, {}};
    auto const made = driver_->peer().call(
        method_id, std::span(&piece, 1), [result](rpc::response const& response) {
            EXPECT_FALSE(result->done) << "a call was answered twice";
            *result = {true,
                       response.error,
                       static_cast<std::uint8_t>(response.code),
                       {response.body.begin(), response.body.end()}};
        });
    if (!made) {
        *result = {true, made.error(), 255, {}};
    }
    return result;
}

void our_client::close() {
    driver_->close(transport::close_code::normal, {});
}

void our_client::cut() {
    link_->cut();
}

byte_string write_arguments(std::string_view key, bytes_view payload) {
    return bitcode::encode(std::pair(as_bytes(key), payload)).to_vector();
}

byte_string read_arguments(std::string_view key) {
    return bitcode::encode(as_bytes(key)).to_vector();
}

byte_string found_value(bytes_view payload) {
    return bitcode::encode(std::optional(payload)).to_vector();
}

}  // namespace trunkline::stage
