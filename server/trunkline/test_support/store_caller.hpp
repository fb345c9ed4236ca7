// Store calls as bytes on a WebSocket, and their answers: what tests of the program need of RPC.
#pragma once

#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/test_support/ws_client.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::test_support {

struct answer {
    error_code lost;  ///< set when no answer came
    rpc::status code = rpc::status::success;
    std::string body;
};

/// Many calls on one connection; waits on request. The bodies are bitcode, as bytes.
class store_caller {
public:
    store_caller(std::string const& host, std::uint16_t port, std::string const& path = "/ws");
    ~store_caller();

    /// The wire bytes of one more call, not sent yet; its answer appears in answers() by number,
    /// counted from 0.
    [[nodiscard]] std::string call_bytes(std::uint64_t method_id, std::string_view arguments);

    /// The wire bytes of an event: a request without an answer.
    [[nodiscard]] std::string event_bytes(std::uint64_t method_id, std::string_view arguments);

    /// Sends a call and waits for its answer.
    answer call(std::uint64_t method_id, std::string_view arguments);

    /// Handles one frame. False when it was a Close or the end; last_frame() has it.
    bool receive_one();

    [[nodiscard]] ws_frame const& last_frame() const { return last_; }
    [[nodiscard]] std::map<std::size_t, answer> const& answers() const { return answers_; }
    [[nodiscard]] ws_client& socket() { return socket_; }

private:
    [[nodiscard]] std::string take_frames();

    ws_client socket_;
    ws_frame last_;
    std::map<std::size_t, answer> answers_;
    std::size_t calls_ = 0;
    rpc::dispatcher methods_;
    std::unique_ptr<rpc::endpoint> endpoint_;
};

}  // namespace trunkline::test_support
