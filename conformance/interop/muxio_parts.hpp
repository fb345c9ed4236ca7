// A call in parts as a thread makes it that has nothing else to do: it waits for every step.
#pragma once

#include <interop/muxio_service.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/rpc/endpoint.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace trunkline::interop {

/// Every function throws std::runtime_error when it cannot be done. Not to be used on the thread of
/// the connection.
class parts_call final : private rpc::response_stream {
public:
    parts_call(peer on, std::uint64_t method, byte_string const& metadata);
    parts_call(parts_call const&) = delete;
    parts_call& operator=(parts_call const&) = delete;
    /// Cancels a call whose answer has not ended.
    ~parts_call();

    void say(byte_string bytes);
    void say(part const& next);
    void end();
    void cancel();

    /// The next part, as it came; nothing once the answer has ended.
    [[nodiscard]] std::optional<byte_string> hear();

    /// Waits for the end, and drops what comes before it. Whether it is a failure.
    [[nodiscard]] bool fails();

    /// The next part, decoded.
    [[nodiscard]] part hear_part();
    [[nodiscard]] tally hear_tally();

private:
    void on_part(bytes_view bytes) override;
    void on_end() override;
    void on_failed(error_code error, rpc::status code, bytes_view body) override;

    void attempt(std::function<result<void>(rpc::endpoint&)> const& what);
    void close(std::string why);

    peer on_;
    std::uint32_t request_id_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<byte_string> heard_;
    bool ended_ = false;  // set on the thread of the connection
    std::string failed_;
};

}  // namespace trunkline::interop
