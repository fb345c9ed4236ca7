// Our client of the store service for programs that do one thing after the other: it dials, calls,
// and runs the loop until something has happened.
#pragma once

#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/ws_dialer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace trunkline::interop {

/// The loop that all clients of a program share.
class wire_world {
public:
    wire_world() : shared_(loop_), dialer_(shared_, loop_) {}

    /// Runs the loop until `happened()`. False when `patience` ended before. Throws
    /// std::runtime_error once fail() was called.
    [[nodiscard]] bool wait(std::function<bool()> const& happened,
                            std::chrono::milliseconds patience);

    /// To be called by whatever may have made a wait come true.
    void look_again() { loop_.stop(); }

    /// For callbacks, out of which nothing may be thrown.
    void fail(std::string const& what) {
        failed_ = failed_.empty() ? what : failed_;
        look_again();
    }
    void require(bool holds, std::string const& what) {
        if (!holds) {
            fail(what);
        }
    }

    [[nodiscard]] transport::asio_runtime& loop() { return loop_; }
    [[nodiscard]] websocket::ws_dialer& dialer() { return dialer_; }

private:
    transport::asio_runtime loop_;
    websocket::context shared_;
    websocket::ws_dialer dialer_;
    std::string failed_;
};

/// How one call ended. The views of `value` point into `body`.
template <class Response>
struct reply {
    error_code lost;  ///< set when no answer came
    rpc::status code = rpc::status::success;
    std::vector<std::byte> body;
    std::optional<bitcode::decoded<Response>> value;  ///< of an answer that is a success
};

class wire_client {
public:
    /// Dials ws://HOST:PORT/ws; throws std::runtime_error when that fails.
    wire_client(wire_world& world, std::string const& address, frame::layout layout);

    /// Finds the layout out: asks for the length with one, and with the other when no answer comes
    /// in time, more patient each turn (rpc/FORMAT.md: a peer of the other layout stays silent).
    [[nodiscard]] static std::unique_ptr<wire_client> detect(wire_world& world,
                                                             std::string const& address);

    [[nodiscard]] frame::layout layout() const { return layout_; }

    /// The connection has ended, by whom ever.
    [[nodiscard]] bool ended() const { return ended_; }

    /// `done` is called exactly once, also when the call cannot be made.
    template <class Method>
    void call(Method const& method, typename Method::request const& request,
              std::function<void(std::shared_ptr<reply<typename Method::response>>)> done) {
        auto const got = std::make_shared<reply<typename Method::response>>();
        auto arguments = bitcode::encode(request);
        auto const made = driver_->peer().call(method.id, arguments.slices(),
                                               [this, got, done](rpc::response const& response) {
                                                   take(*got, response);
                                                   done(got);
                                                   world_.look_again();
                                               });
        if (!made) {
            got->lost = made.error();
            done(got);
        }
    }

    /// Calls and waits for the answer, whatever it is; throws std::runtime_error when none comes.
    template <class Method>
    std::shared_ptr<reply<typename Method::response>> try_ask(
        Method const& method, typename Method::request const& request) {
        std::shared_ptr<reply<typename Method::response>> got;
        call(method, request, [&got](auto const& answer) { got = answer; });
        if (!world_.wait([&got] { return got != nullptr; }, patience) || got->lost) {
            throw std::runtime_error("no answer to " + std::string(method.name));
        }
        return got;
    }

    /// As above; throws std::runtime_error with the text of any failure.
    template <class Method>
    std::shared_ptr<reply<typename Method::response>> ask(Method const& method,
                                                          typename Method::request const& request) {
        auto const got = try_ask(method, request);
        if (!got->value) {
            throw std::runtime_error(std::string(method.name) + ": " +
                                     std::string(as_text(got->body)));
        }
        return got;
    }

    static constexpr std::chrono::seconds patience{60};

private:
    template <class Response>
    void take(reply<Response>& got, rpc::response const& response) {
        got.lost = response.error;
        got.code = response.code;
        got.body.assign(response.body.begin(), response.body.end());
        if (!got.lost && got.code == rpc::status::success) {
            auto decoded = bitcode::decode<Response>(got.body);
            if (!decoded) {
                return world_.fail("an answer that is not bitcode: " + decoded.error().message());
            }
            got.value.emplace(std::move(*decoded));
        }
    }

    wire_world& world_;
    frame::layout layout_;
    rpc::dispatcher methods_;
    std::unique_ptr<transport::driver> driver_;
    bool ended_ = false;
};

}  // namespace trunkline::interop
