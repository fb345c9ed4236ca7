// Our own client on a link of a world: WebSocket handshake, driver, calls.
#pragma once

#include <stage/stage.hpp>
#include <stage/websocket_bytes.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/opener.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace trunkline::stage {

class our_client {
public:
    /// How a call ended, once `done`.
    struct outcome {
        bool done = false;
        error_code error;
        std::uint8_t status = 255;
        byte_string body;
    };

    our_client(world& where, frame::layout layout)
        : our_client(where.loop(), where.connect(), layout) {}
    our_client(transport::runtime& loop, std::unique_ptr<transport::byte_stream> link,
               frame::layout layout);
    ~our_client();

    [[nodiscard]] bool connected() const { return driver_ != nullptr; }
    [[nodiscard]] bool ended() const { return ended_; }

    /// True once bytes of an answer have come that is not complete.
    [[nodiscard]] bool hears();

    [[nodiscard]] std::shared_ptr<outcome> call(std::uint64_t method_id, bytes_view arguments);

    /// Orderly.
    void close();
    /// The link breaks.
    void cut();

private:
    class cuttable_link;

    frame::layout layout_;
    rpc::dispatcher methods_;
    websocket::context context_;
    cuttable_link* link_ = nullptr;
    std::unique_ptr<websocket::opener> opener_;
    std::unique_ptr<transport::driver> driver_;
    bool ended_ = false;
};

/// Arguments and results of the store, in the form of the wire.
[[nodiscard]] byte_string write_arguments(std::string_view key, bytes_view payload);
[[nodiscard]] byte_string read_arguments(std::string_view key);
[[nodiscard]] byte_string found_value(bytes_view payload);

}  // namespace trunkline::stage
